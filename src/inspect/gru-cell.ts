import type { GRU } from '../layers/gru.js';
import type { Look } from './cells.js';
import { bounded, type Spec, squash } from './nonlinearity.js';
import { block, type Products } from './products.js';
import { each } from './sequence.js';

export function gruCell(layer: GRU, products: Products, [gate, candidate]: readonly Spec[]): Look {
  const H = layer.hiddenSize;
  const { runtime } = layer;
  const before = (layer.config() as { resetAfter?: boolean }).resetAfter === false;
  const gates = products.product(['ih', 'hh'], 0, 2 * H);
  const input = products.product(before ? ['ih', 'hh'] : ['ih'], 2 * H, H);
  const hidden = before ? undefined : products.product(['hh'], 2 * H, H);
  const stays = Math.fround(layer.zoneout.h);
  return (x, h) => {
    const batch = h.length / H;
    const a = gates(batch, x, h);
    const [r, z] = [0, 1].map((n) => squash(runtime, gate as Spec, bounded(layer, block(a, n, 2, H)))) as [
      Float32Array,
      Float32Array,
    ];
    const sum = hidden
      ? each((first, u, second) => first + Math.fround(u * second), input(batch, x), r, hidden(batch, h))
      : input(
          batch,
          x,
          each((u, v) => u * v, r, h),
        );
    const n = squash(runtime, candidate as Spec, bounded(layer, sum));
    const keep = stays > 0 ? z.map((u) => stays + (1 - stays) * u) : z;
    return { gates: { r, z, n }, keep, open: (d) => d };
  };
}
