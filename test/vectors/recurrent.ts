import { readFileSync } from 'node:fs';
import { closedForm, closedFormParameter, elementCount } from './closed-form.js';

/** A tensor of more than 1,000 elements is stored as 64 of them, its sum and its weighted sum. */
export interface StoredTensor {
  max: number;
  values: number[];
  sum?: number;
  weighted?: number;
}

/** A name stands for another tensor of the same group, equal bit for bit. */
type Group = Record<string, StoredTensor | string>;

export interface RecurrentConfig {
  id: string;
  cell: 'lstm' | 'rnn_tanh' | 'rnn_relu';
  inputSize: number;
  hiddenSize: number;
  numLayers: number;
  batch: number;
  time: number;
  bias: boolean;
  forward: Group;
  gradients: Group;
  parameters: Group;
}

interface RecurrentFile {
  torch: string;
  closedForm: { name: string; index: number; value: number }[];
  configs: RecurrentConfig[];
}

export function readVectors<T>(file: 'recurrent.json' | 'more.json' | 'variants.json'): T {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as T;
}

export function readRecurrent(): RecurrentFile {
  return readVectors<RecurrentFile>('recurrent.json');
}

export function storedTensor(group: Group, name: string): StoredTensor {
  const entry = group[name];
  if (entry === undefined) throw new Error(`no tensor "${name}" among ${Object.keys(group).join(', ')}`);
  return typeof entry === 'string' ? storedTensor(group, entry) : entry;
}

/** PyTorch's names and shapes, in PyTorch's order; `gates` is 4 for an LSTM, 1 for a plain RNN. */
export function parameterShapes(
  gates: number,
  {
    inputSize,
    hiddenSize,
    numLayers,
    bias = true,
  }: Pick<RecurrentConfig, 'inputSize' | 'hiddenSize' | 'numLayers'> & { bias?: boolean },
): Map<string, number[]> {
  const shapes = new Map<string, number[]>();
  const rows = gates * hiddenSize;
  for (let layer = 0; layer < numLayers; layer++) {
    shapes.set(`weight_ih_l${layer}`, [rows, layer === 0 ? inputSize : hiddenSize]);
    shapes.set(`weight_hh_l${layer}`, [rows, hiddenSize]);
    if (!bias) continue;
    shapes.set(`bias_ih_l${layer}`, [rows]);
    shapes.set(`bias_hh_l${layer}`, [rows]);
  }
  return shapes;
}

export interface NamedTensor {
  data: Float64Array;
  shape: number[];
}

function tensor(name: string, shape: number[]): NamedTensor {
  return { data: closedForm(name, elementCount(shape)), shape };
}

/** What goes into a configuration: input and states, the parameters, and the gradients of the results. */
export function recurrentInputs(config: RecurrentConfig) {
  const { id, cell, inputSize, hiddenSize, numLayers, batch, time } = config;
  const state = [numLayers, batch, hiddenSize];
  const shapes = parameterShapes(cell === 'lstm' ? 4 : 1, config);
  const parameter = (name: string, shape: number[]): [string, NamedTensor] => [
    name,
    { data: closedFormParameter(`${id}/${name}`, shape, hiddenSize), shape },
  ];
  return {
    input: tensor(`${id}/input`, [batch, time, inputSize]),
    h0: tensor(`${id}/h0`, state),
    c0: tensor(`${id}/c0`, state),
    parameters: new Map([...shapes].map(([name, shape]) => parameter(name, shape))),
    gradOutput: tensor(`${id}/G_output`, [batch, time, hiddenSize]),
    gradHN: tensor(`${id}/G_hN`, state),
    gradCN: tensor(`${id}/G_cN`, state),
  };
}

/** How far `actual` is from what is stored, elements and sums apart. */
export function deviations(
  actual: ArrayLike<number>,
  stored: StoredTensor,
): { element: number; sum: number } {
  const count = actual.length;
  const whole = stored.sum === undefined;
  if (whole && stored.values.length !== count)
    throw new Error(`${stored.values.length} elements stored, got ${count}`);
  let element = 0;
  stored.values.forEach((value, j) => {
    element = larger(element, Math.abs(actual[whole ? j : (j * 7919) % count] - value));
  });
  if (whole) return { element, sum: 0 };
  let sum = -(stored.sum ?? 0);
  let weighted = -(stored.weighted ?? 0);
  for (let i = 0; i < count; i++) {
    sum += actual[i];
    weighted += (actual[i] * (((i * 7919) % 101) - 50)) / 64;
  }
  return { element, sum: larger(Math.abs(sum), Math.abs(weighted)) };
}

/** Math.max, except that NaN counts as infinitely far. */
function larger(a: number, b: number): number {
  return a >= b ? a : Number.isNaN(b) ? Infinity : b;
}
