import type { LSTM } from '../layers/lstm.js';
import type { Look } from './cells.js';
import type { LevelParameters } from './copies.js';
import { lstmSums, type Read } from './lstm-sums.js';
import { bounded, boundedSlope, type Spec, squash } from './nonlinearity.js';
import type { Products } from './products.js';
import { each } from './sequence.js';

interface OwnLSTM {
  readonly coupled?: boolean;
  readonly cellClip?: number;
}

export function lstmCell(
  layer: LSTM,
  products: Products,
  parameters: LevelParameters,
  [gate, candidate, cell]: readonly Spec[],
): Look {
  const H = layer.hiddenSize;
  const { coupled, cellClip: bound = 0 } = layer.config() as OwnLSTM;
  const [cellClip, stays] = [Math.fround(bound), Math.fround(layer.zoneout.c)];
  const { sums, gate: read, cell: readCell } = lstmSums(layer, products, parameters);
  const peepholes = parameters.weight_peephole?.data;
  const through = (spec: Spec | undefined, a: Float32Array) =>
    squash(layer.runtime, spec as Spec, bounded(layer, a));
  const weighed = (n: number, values: Float32Array) =>
    values.map((value, at) => value * (peepholes?.[n * H + (at % H)] ?? 0));
  const withPeephole = (a: Float32Array, n: number, from: Float32Array) =>
    peepholes ? each((value, seen) => value + seen, a, weighed(n, from)) : a;
  return (x, h, c, next) => {
    const a = sums(x, h, c.length / H) as [Float32Array, Float32Array, Float32Array, Float32Array];
    const i = through(gate, read(0, withPeephole(a[0], 0, c)).values);
    const f = coupled ? i.map((value) => 1 - value) : through(gate, read(1, withPeephole(a[1], 1, c)).values);
    const g = through(candidate, read(2, a[2]).values);
    // Under zoneout the cell after a step is not the one that o and the nonlinearity read.
    const candidates = stays > 0 ? cellsOf({ i, f, g }, c, cellClip) : next;
    const outer = read(3, withPeephole(a[3], 2, candidates));
    const inner = readCell(candidates);
    const [o, shown] = [through(gate, outer.values), through(cell, inner.values)];
    const byOutput = backOf(layer, outer, gate as Spec, o, shown);
    return {
      ...{ gates: { i, f, g, o }, shown, open: backOf(layer, inner, cell as Spec, shown, o) },
      keep: cellClip > 0 ? each((u, y) => (Math.abs(y) < cellClip ? u : 0), f, candidates) : f,
      ...(stays > 0 && { beside: new Float32Array(c.length).fill(stays) }),
      ...(peepholes && { peek: (d: Float32Array) => weighed(2, byOutput(d)) }),
    };
  };
}

/** From the gradient of a product `by`∘`y` to that of what `y` was made of. */
function backOf(layer: LSTM, { values, back }: Read, spec: Spec, y: Float32Array, by: Float32Array) {
  const slope = boundedSlope(layer, spec, bounded(layer, values), y);
  return (d: Float32Array) => back(each((u, v, w) => u * v * w, d, by, slope));
}

/** ĉ = f∘c + i∘g in the order of the core, cut where it has a bound. */
function cellsOf(
  { i, f, g }: Record<'i' | 'f' | 'g', Float32Array>,
  c: Float32Array,
  bound: number,
): Float32Array {
  const written = each((u, v) => u * v, i, g);
  const cells = each((u, v, w) => Math.fround(u * v) + w, f, c, written);
  return bound > 0 ? cells.map((value) => Math.min(Math.max(value, -bound), bound)) : cells;
}
