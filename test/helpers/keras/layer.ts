import { GRU, LSTM, RNN, type Runtime, type Tensor } from '../../../src/index.js';

const KINDS = { LSTM, GRU, SimpleRNN: RNN };
/** Of each block of ours, which one of Keras it is: i f g o from i f c o, r z n from z r h. */
const BLOCKS = { LSTM: [0, 1, 2, 3], GRU: [1, 0, 2], SimpleRNN: [0] };
const ACTIVATIONS = { tanh: 'tanh', sigmoid: 'sigmoid', relu: 'relu' } as const;
const MERGES = { concat: 'concat', sum: 'sum', mul: 'mul', ave: 'average' } as const;
/** Keras 2 has clip(0.2 x + 0.5, 0, 1), Keras 3 relu6(x + 3) / 6. */
const SLOPES = { 2: 0.2, 3: 1 / 6 };

/** A layer's configuration under Keras's names, and its weights as `get_weights` gives them. */
export interface KerasLayer {
  kind: keyof typeof KINDS;
  keras: 2 | 3;
  activation?: keyof typeof ACTIVATIONS;
  recurrent_activation?: 'sigmoid' | 'hard_sigmoid';
  return_sequences?: boolean;
  go_backwards?: boolean;
  stateful?: boolean;
  reset_after?: boolean;
  zero_output_for_mask?: boolean;
  /** The merge mode of a Bidirectional around it. */
  merge_mode?: keyof typeof MERGES;
  weights: Tensor[];
}

export interface KerasInput {
  /** [batch, time, features], or [time, features] */
  input: Tensor;
  /** [batch, time] */
  mask?: Tensor;
  /** [1, batch, units], and the second for an LSTM alone. */
  states?: Tensor[];
}

/** The output in Keras's order of steps: as they are taken, so the last one first where they go backwards. */
export function runKeras(keras: KerasLayer, given: KerasInput, runtime: Runtime): Tensor {
  const { kind, weights, stateful, go_backwards } = keras;
  const [features, units] = [weights[0].shape[0], weights[1].shape[0]];
  const keeps = stateful && !go_backwards;
  const options = { runtime, ...optionsOf(keras), ...(keeps && { stateful: true }) };
  const layer = new KINDS[kind](features, units, options);
  layer.loadStateDict(stateDictOf(keras));
  const call = (h0?: Tensor, c0?: Tensor) =>
    layer.forward(given.input, {
      record: keeps,
      ...(h0 && { h0 }),
      ...(c0 && { c0 }),
      ...(given.mask && { mask: { data: Uint8Array.from(given.mask.data), shape: given.mask.shape } }),
    }) as { output: Tensor; hN: Tensor; cN?: Tensor };
  const first = call(...(given.states ?? []));
  // Keras 2's stateful layers run in either direction, ours forward alone.
  const result = !stateful ? first : keeps ? call() : call(first.hN, first.cN);
  const turn = go_backwards && keras.return_sequences;
  return turn ? lastFirst(result.output) : result.output;
}

function optionsOf(keras: KerasLayer) {
  const { kind, activation = 'tanh', recurrent_activation = 'sigmoid', merge_mode } = keras;
  const gate =
    recurrent_activation === 'sigmoid'
      ? ('sigmoid' as const)
      : { name: 'hardSigmoid' as const, alpha: SLOPES[keras.keras], beta: 0.5 };
  const own = ACTIVATIONS[activation];
  const lists = { LSTM: [gate, own, own], GRU: [gate, own], SimpleRNN: [own] };
  const biases = biasesOf(keras);
  const list = lists[kind];
  return {
    bias: biases === 0 ? false : biases === 1 ? ('single' as const) : true,
    // No type tells the lists of three kinds apart.
    activations: (merge_mode ? [list, list] : list) as never,
    returnSequences: keras.return_sequences ?? false,
    ...(keras.go_backwards && { reverse: true }),
    ...(merge_mode && { bidirectional: true, merge: MERGES[merge_mode] }),
    ...(kind === 'GRU' && { resetAfter: keras.reset_after ?? false }),
    // A Bidirectional that returns sequences sets it on both of its layers.
    ...((keras.zero_output_for_mask || (merge_mode && keras.return_sequences)) && {
      maskedOutput: 'zeros' as const,
    }),
  };
}

/** How many biases a direction has: a GRU that resets after the product has two, in one tensor. */
function biasesOf({ weights, merge_mode }: KerasLayer): number {
  const [, , bias] = weights;
  if (weights.length === (merge_mode ? 4 : 2)) return 0;
  return bias.shape.length;
}

function stateDictOf(keras: KerasLayer): Record<string, Tensor> {
  const { weights, merge_mode } = keras;
  if (!merge_mode) return oneDirection(keras, weights, '_l0');
  const half = weights.length / 2;
  return {
    ...oneDirection(keras, weights.slice(0, half), '_l0'),
    ...oneDirection(keras, weights.slice(half), '_l0_reverse'),
  };
}

function oneDirection({ kind }: KerasLayer, [kernel, recurrent, bias]: Tensor[], suffix: string) {
  const blocks = BLOCKS[kind];
  const dict: Record<string, Tensor> = {
    [`weight_ih${suffix}`]: turned(kernel, blocks),
    [`weight_hh${suffix}`]: turned(recurrent, blocks),
  };
  if (bias === undefined) return dict;
  const size = bias.shape.at(-1) as number;
  ['bias_ih', 'bias_hh'].slice(0, bias.shape.length).forEach((name, n) => {
    const data = bias.data.slice(n * size, (n + 1) * size) as Float32Array;
    const { data: values } = turned({ data, shape: [1, size] }, blocks);
    dict[name + suffix] = { data: values, shape: [size] };
  });
  return dict;
}

/** From [rows, blocks · units] to [blocks · units, rows], block n of the result being block `blocks[n]`. */
function turned({ data, shape: [rows, columns] }: Tensor, blocks: number[]): Tensor {
  const units = columns / blocks.length;
  const out = new Float32Array(rows * columns);
  for (const [n, block] of blocks.entries())
    for (let u = 0; u < units; u++)
      for (let k = 0; k < rows; k++) out[(n * units + u) * rows + k] = data[k * columns + block * units + u];
  return { data: out, shape: [columns, rows] };
}

/** [batch, time, width] or [time, width], the last step first. */
function lastFirst({ data, shape }: Tensor): Tensor {
  const [steps, width] = shape.slice(-2);
  const out = new Float32Array(data.length);
  for (let row = 0; row < data.length / width; row++) {
    const [b, t] = [Math.floor(row / steps), row % steps];
    out.set(data.subarray(row * width, (row + 1) * width), (b * steps + steps - 1 - t) * width);
  }
  return { data: out, shape };
}
