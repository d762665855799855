import { GRU, LSTM, RNN, type Runtime, type Tensor } from '../../../src/index.js';
import { boundActivations, ourActivation } from './activations.js';
import type { Attributes, OnnxTensor, RecurrentNode } from './format.js';

const KINDS = { GRU, LSTM, RNN };

/** Of each block of ours, which one of ONNX it is: i f g o from i o f c, r z n from z r h; i f o from i o f for peepholes. */
const BLOCKS = { LSTM: [0, 2, 3, 1], GRU: [1, 0, 2], RNN: [0] };
const PEEPHOLES = [0, 2, 1];

/** The node on a layer of this package; outputs have the operator's names and shapes. */
export function runLayer(node: RecurrentNode, runtime: Runtime): Record<string, Tensor> {
  const { operator, attributes, inputs } = node;
  const X = inputs['X'] as OnnxTensor;
  const layout = attributes.layout ?? 0;
  const options = { runtime, timeMajor: layout === 0, ...optionsOf(node) };
  const layer = new KINDS[operator](X.shape[2], attributes.hidden_size, options);
  layer.loadStateDict(stateDictOf(node));
  const { initial_h, initial_c, sequence_lens } = inputs;
  const results = layer.forward(X as Tensor, {
    ...(initial_h && { h0: statesFirst(initial_h, layout) }),
    ...(initial_c && { c0: statesFirst(initial_c, layout) }),
    ...(sequence_lens && { lengths: sequence_lens.data as Int32Array }),
  });
  layer.dispose();
  const { output, hN, cN } = results as typeof results & { cN?: Tensor };
  return {
    Y: withDirections(output, directionsOf(attributes), layout),
    Y_h: statesFirst(hN, layout),
    ...(cN && { Y_c: statesFirst(cN, layout) }),
  };
}

function directionsOf({ direction }: Attributes): 1 | 2 {
  return direction === 'bidirectional' ? 2 : 1;
}

function optionsOf({ operator, attributes, inputs }: RecurrentNode) {
  const { direction, clip, input_forget, linear_before_reset } = attributes;
  const bound = boundActivations(operator, attributes, directionsOf(attributes));
  const lists = bound?.map((list) => list.map(ourActivation));
  return {
    bias: 'B' in inputs,
    ...(direction === 'bidirectional' && { bidirectional: true }),
    ...(direction === 'reverse' && { reverse: true }),
    // No type tells the lists of three kinds apart.
    ...(lists && { activations: (lists.length === 1 ? lists[0] : lists) as never }),
    ...(clip !== undefined && { clip }),
    ...(input_forget === 1 && { coupled: true }),
    ...('P' in inputs && { peepholes: true }),
    ...(operator === 'GRU' && linear_before_reset !== 1 && { resetAfter: false }),
  };
}

function stateDictOf({ operator, attributes, inputs }: RecurrentNode): Record<string, Tensor> {
  const { hidden_size: H } = attributes;
  const directions = directionsOf(attributes);
  const rows = BLOCKS[operator].length * H;
  const dict: Record<string, Tensor> = {};
  for (let d = 0; d < directions; d++) {
    const suffix = d === 0 ? '_l0' : '_l0_reverse';
    const put = (name: string, from: string, blocks: number[], width: number, offset = 0) => {
      const share = partOf(inputs[from] as OnnxTensor, d, directions).subarray(offset * H);
      const shape = width === 0 ? [blocks.length * H] : [blocks.length * H, width];
      dict[name + suffix] = { data: turned(share, blocks, H * Math.max(width, 1)), shape };
    };
    put('weight_ih', 'W', BLOCKS[operator], (inputs['X'] as OnnxTensor).shape[2]);
    put('weight_hh', 'R', BLOCKS[operator], H);
    if ('B' in inputs) {
      put('bias_ih', 'B', BLOCKS[operator], 0);
      put('bias_hh', 'B', BLOCKS[operator], 0, rows / H);
    }
    if ('P' in inputs) put('weight_peephole', 'P', PEEPHOLES, 0);
  }
  return dict;
}

function partOf({ data }: OnnxTensor, d: number, directions: number): Float32Array {
  const size = data.length / directions;
  return (data as Float32Array).subarray(d * size, (d + 1) * size);
}

/** Block n of the result is block `blocks[n]` of the data. */
function turned(data: Float32Array, blocks: number[], size: number): Float32Array {
  const out = new Float32Array(blocks.length * size);
  for (const [n, block] of blocks.entries())
    out.set(data.subarray(block * size, (block + 1) * size), n * size);
  return out;
}

/** Between [directions, batch, hidden] and layout 1's [batch, directions, hidden], either way. */
function statesFirst({ data, shape }: Tensor | OnnxTensor, layout: number): Tensor {
  if (layout === 0) return { data: data as Float32Array, shape };
  return swapped(data as Float32Array, shape);
}

/** From [a, b, width] to [b, a, width]. */
function swapped(data: Float32Array, [a, b, width]: readonly number[]): Tensor {
  const out = new Float32Array(data.length);
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++)
      out.set(data.subarray((i * b + j) * width, (i * b + j + 1) * width), (j * a + i) * width);
  return { data: out, shape: [b, a, width] };
}

/** Ours end in [batch, directions * hidden] or, batch first, in [time, directions * hidden]; ONNX parts the directions. */
function withDirections({ data, shape }: Tensor, directions: number, layout: number): Tensor {
  const [first, second, width] = shape;
  const hidden = width / directions;
  if (layout === 1) return { data, shape: [first, second, directions, hidden] };
  const out = new Float32Array(data.length);
  for (let t = 0; t < first; t++) {
    const from = t * second * width;
    const step = swapped(data.subarray(from, from + second * width), [second, directions, hidden]);
    out.set(step.data, from);
  }
  return { data: out, shape: [first, directions, second, hidden] };
}
