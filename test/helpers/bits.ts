import { expect } from 'vitest';
import {
  Dropout,
  Embedding,
  Linear,
  LSTM,
  type LSTMOptions,
  RNN,
  type Runtime,
  Sequential,
  type Tensor,
} from '../../src/index.js';
import { closedForm, elementCount } from '../vectors/closed-form.js';

/** A recurrent layer of the suites: its cell and its sizes. */
export interface Case {
  cell: 'lstm' | 'tanh' | 'relu';
  I: number;
  H: number;
  layers: number;
}

export const CASES: Case[] = [
  { cell: 'lstm', I: 1, H: 1, layers: 1 },
  { cell: 'lstm', I: 5, H: 7, layers: 1 },
  { cell: 'lstm', I: 3, H: 17, layers: 2 },
  { cell: 'lstm', I: 5, H: 8, layers: 3 },
  { cell: 'lstm', I: 17, H: 64, layers: 1 },
  { cell: 'tanh', I: 5, H: 7, layers: 3 },
  { cell: 'tanh', I: 9, H: 64, layers: 1 },
  { cell: 'relu', I: 3, H: 17, layers: 2 },
];

/** What both cells take and give, where the RNN has no cell state. */
export interface Recurrent {
  forward(
    input: Tensor,
    options?: { h0?: Tensor; c0?: Tensor; record?: boolean },
  ): { output: Tensor; hN: Tensor; cN?: Tensor };
  backward(gradient: { output?: Tensor; hN?: Tensor; cN?: Tensor }): {
    input?: Tensor;
    h0: Tensor;
    c0?: Tensor;
  };
  stream: LSTM['stream'];
}

export function recurrent(
  { cell, I, H, layers }: Case,
  runtime: Runtime,
  options: Omit<LSTMOptions, 'activations'> = {},
) {
  const all = { numLayers: layers, seed: 3, runtime, ...options };
  const layer = cell === 'lstm' ? new LSTM(I, H, all) : new RNN(I, H, { ...all, nonlinearity: cell });
  return layer as LSTM | RNN as Recurrent & (LSTM | RNN);
}

export const IDS = 11;

/** Embedding, LSTM, Dropout, Linear: the whole of a language model. */
export function languageModel(runtime: Runtime) {
  return new Sequential(
    new Embedding(IDS, 5, { runtime }),
    new LSTM(5, 17, { numLayers: 2, runtime }),
    new Dropout(0.5, { runtime }),
    new Linear(17, IDS, { runtime }),
  );
}

/** The same over values, so that there is a gradient of the input. */
export function valueModel(runtime: Runtime) {
  return new Sequential(
    new Linear(3, 6, { runtime }),
    new LSTM(6, 9, { runtime }),
    new Dropout(0.5, { runtime }),
    new Linear(9, 4, { runtime }),
  );
}

export function tensor(name: string, ...shape: number[]): Tensor {
  return { data: Float32Array.from(closedForm(name, elementCount(shape))), shape };
}

export function ids(name: string, ...shape: number[]) {
  const values = closedForm(name, elementCount(shape)).map((value) => ((value + 1) / 2) * IDS);
  return { data: Int32Array.from(values), shape };
}

/** The states of a case, or their gradients; the RNN has no `c`. */
export function states(name: string, { cell, H, layers }: Case, batch: number) {
  const h = tensor(`${name}/h`, layers, batch, H);
  return { h, ...(cell === 'lstm' && { c: tensor(`${name}/c`, layers, batch, H) }) };
}

/** Indices `from` to `to` of one axis. */
export function slice<D extends Float32Array | Int32Array>(
  { data, shape }: { data: D; shape: readonly number[] },
  axis: number,
  from: number,
  to = from + 1,
): { data: D; shape: number[] } {
  const inner = elementCount(shape.slice(axis + 1));
  const outer = elementCount(shape.slice(0, axis));
  const result = shape.map((extent, at) => (at === axis ? to - from : extent));
  const sliced = data.slice(0, elementCount(result)) as D;
  for (let n = 0; n < outer; n++) {
    const start = (n * shape[axis] + from) * inner;
    sliced.set(data.subarray(start, start + (to - from) * inner), n * (to - from) * inner);
  }
  return { data: sliced, shape: result };
}

/** The same values with axes 0 and 1 the other way round. */
export function transpose({ data, shape }: Tensor): Tensor {
  const [first, second, ...rest] = shape;
  const width = elementCount(rest);
  const turned = new Float32Array(data.length);
  for (let a = 0; a < first; a++) {
    for (let b = 0; b < second; b++) {
      turned.set(
        data.subarray((a * second + b) * width, (a * second + b + 1) * width),
        (b * first + a) * width,
      );
    }
  }
  return { data: turned, shape: [second, first, ...rest] };
}

export function reshape({ data }: Tensor, ...shape: number[]): Tensor {
  return { data, shape };
}

type Values = Tensor | Float32Array;

/** Equal bit for bit, and in shape where both are tensors; −0 is not 0, and there is nothing but finite numbers. */
export function expectBits(name: string, actual: Values | undefined, expected: Values | undefined): void {
  if (actual === undefined || expected === undefined) {
    expect(actual, name).toBe(expected);
    return;
  }
  if ('shape' in actual && 'shape' in expected)
    expect(actual.shape, `shape of ${name}`).toEqual(expected.shape);
  const [a, b] = [actual, expected].map((values) => ('data' in values ? values.data : values));
  expect(a.length, `length of ${name}`).toBe(b.length);
  expect(b.every(Number.isFinite), `${name} is finite`).toBe(true);
  const [x, y] = [a, b].map((data) => new Uint32Array(data.buffer, data.byteOffset, data.length));
  const apart = x.findIndex((bits, n) => bits !== y[n]);
  expect(apart < 0 ? 'equal' : `${a[apart]} for ${b[apart]} at ${apart}`, name).toBe('equal');
}

/** {@link expectBits} for each member. */
export function expectAllBits(
  name: string,
  actual: Record<string, Values | undefined>,
  expected: Record<string, Values | undefined>,
): void {
  expect(Object.keys(actual).sort(), name).toEqual(Object.keys(expected).sort());
  for (const key of Object.keys(expected)) expectBits(`${name}: ${key}`, actual[key], expected[key]);
}
