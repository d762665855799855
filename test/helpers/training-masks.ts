import type { Tensor } from '../../src/index.js';
import type { ActivationSpec } from '../reference/activations.js';
import { GATES, type Kind } from '../reference/options.js';
import { type AnyLayer, make, type OptionCase } from './options.js';

/** Gates that stand open make any of these layers h_t = W x_t + U h_{t-1}, and the LSTM add that up in c where it remembers. */
const OPEN: Record<
  Kind,
  { activations: ActivationSpec[]; block: number; bias: (remember: boolean) => number[] }
> = {
  LSTM: { activations: ['sigmoid', 'affine', 'affine'], block: 2, bias: (f) => [40, f ? 40 : -200, 0, 40] },
  GRU: { activations: ['sigmoid', 'affine'], block: 2, bias: () => [40, -200, 0] },
  RNN: { activations: ['affine'], block: 0, bias: () => [0] },
};

type Weight = 'weight_ih_l0' | 'weight_hh_l0';

/** Such a layer: `entry` gives W or U, the other one is 0. */
export function openLayer(
  one: OptionCase,
  more: object,
  weight: Weight,
  entry: (row: number, column: number) => number,
  remember = false,
): AnyLayer {
  const { activations, block, bias } = OPEN[one.kind];
  const H = one.hiddenSize;
  const layer = make({ ...one, options: { ...one.options, activations } }, more);
  for (const parameter of layer.parameters.values()) parameter.write(new Float32Array(parameter.size));
  const blocks = bias(remember);
  layer.parameters
    .get('bias_ih_l0')
    ?.write(Float32Array.from({ length: GATES[one.kind] * H }, (_, n) => blocks[Math.floor(n / H)]));
  const target = layer.parameters.get(weight) as NonNullable<ReturnType<typeof layer.parameters.get>>;
  const columns = target.shape[1] as number;
  const inBlock = (row: number) => Math.floor(row / H) === block;
  target.write(
    Float32Array.from({ length: target.size }, (_, n) => {
      const row = Math.floor(n / columns);
      return inBlock(row) ? entry(row % H, n % columns) : 0;
    }),
  );
  return layer;
}

export const identity = (row: number, column: number) => Number(row === column);

export function full(value: number, ...shape: number[]): Tensor {
  return { data: new Float32Array(shape.reduce((product, n) => product * n, 1)).fill(value), shape };
}

/** The masks [batch, size] that a layer of this seed draws for its first sequence in training. */
export function maskOf(one: OptionCase, more: object, weight: Weight): number[][] {
  const { batch, time, inputSize, hiddenSize } = one;
  const ofInput = weight === 'weight_ih_l0';
  const layer = openLayer(one, more, weight, identity);
  const { output } = layer.forward(full(ofInput ? 1 : 0, batch, time, inputSize), {
    h0: full(ofInput ? 0 : 1, 1, batch, hiddenSize),
    training: true,
  });
  layer.dispose();
  return Array.from({ length: batch }, (_, b) => [
    ...output.data.subarray(b * time * hiddenSize, (b * time + 1) * hiddenSize),
  ]);
}

/**
 * Which old values zoneout kept, 1 for each: [batch][time][unit]. x_t = 2^t, so c_t adds up those of the steps that c was not kept
 * at, and h_t is 2^t (in an LSTM with the old c beside it) where it was not.
 */
export function zoneoutOf(one: OptionCase, more: object): { h: number[][][]; c: number[][][] } {
  const { batch, time, inputSize, hiddenSize: H, kind } = one;
  const layer = openLayer(one, more, 'weight_ih_l0', (_, column) => Number(column === 0), true);
  const input = full(0, batch, time, inputSize);
  for (let at = 0; at < batch * time; at++) input.data[at * inputSize] = 2 ** (at % time);
  const { output, cN } = layer.forward(input, { training: true });
  layer.dispose();
  const each = (value: (b: number, t: number, u: number) => number) =>
    Array.from({ length: batch }, (_, b) =>
      Array.from({ length: time }, (_, t) => Array.from({ length: H }, (_, u) => value(b, t, u))),
    );
  const last = (b: number, u: number) => cN?.data[b * H + u] ?? 0;
  const before = (b: number, t: number, u: number) => last(b, u) % 2 ** t;
  const h = each((b, t, u) =>
    Number(output.data[(b * time + t) * H + u] !== 2 ** t + (kind === 'LSTM' ? before(b, t, u) : 0)),
  );
  return { h, c: each((b, t, u) => 1 - (Math.floor(last(b, u) / 2 ** t) % 2)) };
}
