import type { Layer, Runtime, Tensor } from '../../src/index.js';
import { type Design, type Options, optionShapes, outputSize } from '../reference/options.js';
import { closedForm, elementCount } from '../vectors/closed-form.js';
import type { Network } from './inspect-reference.js';
import { type AnyLayer, make } from './options.js';

/** A layer that is looked into, and what it is given. */
export interface InspectCase extends Design {
  batch: number;
  time: number;
  lengths?: readonly number[];
  mask?: readonly (readonly number[])[];
}

const lengths = [5, 3, 1];
const mask = [
  [1, 0, 1, 1, 0],
  [0, 1, 0, 0, 1],
  [1, 1, 1, 1, 1],
];

function of(kind: Design['kind'], options: Options = {}, more: Partial<InspectCase> = {}): InspectCase {
  return { kind, inputSize: 3, hiddenSize: 4, batch: 2, time: 5, options, ...more };
}

const BOTH = { numLayers: 2, bidirectional: true } as const;

export const CASES: [string, InspectCase][] = [
  ['LSTM', of('LSTM')],
  ['LSTM of one unit', of('LSTM', {}, { inputSize: 1, hiddenSize: 1, batch: 1, time: 9 })],
  ['LSTM of 7 units, three levels', of('LSTM', { numLayers: 3 }, { hiddenSize: 7, time: 3 })],
  ['LSTM, both directions', of('LSTM', BOTH)],
  ['LSTM, last step, both directions', of('LSTM', { ...BOTH, returnSequences: false })],
  ['LSTM, reverse', of('LSTM', { reverse: true, numLayers: 2, returnSequences: false })],
  ['LSTM, directions added', of('LSTM', { ...BOTH, merge: 'sum' })],
  ['LSTM, directions multiplied', of('LSTM', { ...BOTH, merge: 'mul', returnSequences: false })],
  ['LSTM, directions averaged', of('LSTM', { ...BOTH, merge: 'average' })],
  ['LSTM without biases', of('LSTM', { bias: false })],
  ['LSTM of one bias', of('LSTM', { bias: 'single' })],
  ['LSTM with a projection', of('LSTM', { projSize: 2, numLayers: 2 })],
  ['LSTM with peepholes', of('LSTM', { peepholes: true, numLayers: 2 })],
  ['LSTM, coupled', of('LSTM', { coupled: true })],
  ['LSTM, cells cut', of('LSTM', { cellClip: 0.35 })],
  ['LSTM, sums cut, peepholes', of('LSTM', { clip: 0.5, peepholes: true })],
  [
    'LSTM, other nonlinearities',
    of('LSTM', { activations: ['hardSigmoid', 'softsign', { name: 'scaledTanh', alpha: 1.5, beta: 0.5 }] }),
  ],
  ['LSTM, cells normalized', of('LSTM', { layerNorm: 'cell', numLayers: 2 }, { batch: 1 })],
  [
    'LSTM, cells normalized, cut, projected, with peepholes',
    of('LSTM', { layerNorm: 'cell', cellClip: 0.35, clip: 1.2, projSize: 2, peepholes: true }),
  ],
  [
    'LSTM, cells normalized without biases, mask and lengths',
    of(
      'LSTM',
      { bidirectional: true, layerNorm: 'cell', bias: false, normEpsilon: 0.1 },
      { batch: 3, mask, lengths },
    ),
  ],
  ['LSTM, gates normalized', of('LSTM', { layerNorm: 'gate', numLayers: 2, projSize: 2 })],
  ['LSTM, gates normalized, peepholes', of('LSTM', { layerNorm: 'gate', peepholes: true, bias: 'single' })],
  ['LSTM, gates normalized, coupled', of('LSTM', { bidirectional: true, layerNorm: 'gate', coupled: true })],
  ['LSTM, zoneout', of('LSTM', { zoneout: 0.3, numLayers: 2 })],
  ['LSTM, zoneout of h', of('LSTM', { zoneout: { h: 0.4 }, projSize: 2, returnSequences: false })],
  [
    'LSTM, zoneout of c, peepholes, cells cut',
    of('LSTM', { zoneout: { c: 0.2 }, peepholes: true, cellClip: 0.4 }),
  ],
  [
    'LSTM, zoneout, mask and lengths',
    of(
      'LSTM',
      { bidirectional: true, zoneout: { h: 0.1, c: 0.5 }, learnInitial: true },
      { batch: 3, mask, lengths },
    ),
  ],
  [
    'LSTM, zoneout, cells normalized, reverse',
    of('LSTM', { zoneout: { h: 0.3, c: 0.6 }, layerNorm: 'cell', reverse: true, returnSequences: false }),
  ],
  ['LSTM, learned start', of('LSTM', { ...BOTH, learnInitial: true })],
  ['LSTM, lengths', of('LSTM', BOTH, { batch: 3, time: 5, lengths })],
  [
    'LSTM, lengths, last step',
    of('LSTM', { ...BOTH, returnSequences: false }, { batch: 3, time: 5, lengths }),
  ],
  ['LSTM, mask', of('LSTM', { ...BOTH, learnInitial: true }, { batch: 3, time: 5, mask })],
  [
    'LSTM, mask and lengths, peepholes',
    of('LSTM', { peepholes: true, projSize: 2 }, { batch: 3, time: 5, mask, lengths }),
  ],
  ['GRU', of('GRU', { numLayers: 2 })],
  ['GRU, both directions', of('GRU', { ...BOTH, returnSequences: false })],
  ['GRU of 5 units, reset before', of('GRU', { resetAfter: false }, { hiddenSize: 5 })],
  ['GRU of one bias, mask and lengths', of('GRU', { bias: 'single' }, { batch: 3, time: 5, mask, lengths })],
  ['GRU, zoneout', of('GRU', { zoneout: 0.3, numLayers: 2 }, { batch: 3, mask })],
  ['RNN, zoneout', of('RNN', { zoneout: 0.3, ...BOTH }, { batch: 3, lengths })],
  ['RNN', of('RNN', { numLayers: 2 })],
  [
    'RNN, relu, both directions, lengths',
    of('RNN', { ...BOTH, nonlinearity: 'relu' }, { batch: 3, time: 5, lengths }),
  ],
];

/** A layer with closed-form weights, the same network in float64, its input, and weights of its output for a loss. */
export function subject(name: string, one: InspectCase, runtime: Runtime, more: object = {}) {
  const { batch, time, inputSize, lengths: ends, mask: masks } = one;
  const params: Record<string, Float32Array> = {};
  const layer = make(one, { runtime, seed: 1, ...more });
  for (const [key, shape] of optionShapes(one)) {
    const scale = shape.length === 1 ? 0.6 : 1.5 / Math.sqrt(shape[1]);
    params[key] = Float32Array.from(closedForm(`${name}/${key}`, elementCount(shape), scale));
    layer.parameters.get(key)?.write(params[key]);
  }
  const data = Float32Array.from(closedForm(`${name}/x`, batch * time * inputSize, 1.5));
  const rows = Array.from({ length: batch }, (_, b) =>
    Array.from({ length: time }, (_, t) => [
      ...data.slice((b * time + t) * inputSize, (b * time + t + 1) * inputSize),
    ]),
  );
  const sequences = one.options.returnSequences ?? true;
  const shape = sequences ? [batch, time, outputSize(one)] : [batch, outputSize(one)];
  const sequence = {
    ...(ends && { lengths: ends }),
    ...(masks && { mask: { data: Uint8Array.from(masks.flat()), shape: [batch, time] } }),
  };
  const net: Network = {
    ...one,
    params,
    input: rows,
    ...(ends && { lengths: ends }),
    ...(masks && { mask: masks }),
  };
  const input: Tensor = { data, shape: [batch, time, inputSize] };
  const gradient: Tensor = { data: Float32Array.from(closedForm(`${name}/d`, elementCount(shape))), shape };
  return { layer: layer as AnyLayer & Layer, net, input, sequence, gradient };
}
