import { describe, expect, it } from 'vitest';
import { loadModel, saveModel } from '../../src/files/index.js';
import { GRU, Linear, LSTM, RNN, type Runtime, Sequential, type Tensor } from '../../src/index.js';
import { expectBits, tensor } from '../helpers/bits.js';
import { type Variant, variants } from '../helpers/variants.js';

const KINDS = { GRU, LSTM, RNN };
type Kind = keyof typeof KINDS;
const MERGES = ['concat', 'sum', 'mul', 'average'] as const;

const SIZES = [
  { I: 1, H: 1, batch: 1, steps: 1 },
  { I: 3, H: 5, batch: 2, steps: 7 },
  { I: 4, H: 8, batch: 3, steps: 4 },
  { I: 7, H: 17, batch: 5, steps: 9 },
];

/** [batch, time, features] from the last step to the first. */
function backwards({ data, shape }: Tensor): Tensor {
  const [batch = 0, steps = 0, width = 0] = shape;
  const out = new Float32Array(data.length);
  for (let b = 0; b < batch; b++)
    for (let t = 0; t < steps; t++) {
      const from = (b * steps + t) * width;
      out.set(data.subarray(from, from + width), (b * steps + steps - 1 - t) * width);
    }
  return { data: out, shape };
}

function expectClose(name: string, actual: Float32Array, expected: ArrayLike<number>) {
  const most = Math.max(...Array.from(expected, Math.abs), 1e-3);
  actual.forEach((value, n) => {
    expect(Math.abs(value - (expected[n] as number)), `${name} at ${n}`).toBeLessThanOrEqual(2e-6 * most);
  });
}

/** A layer in reverse gives what a forward one gives for the sequence turned round. */
function checkReverse(kind: Kind, runtime: Runtime, { I, H, batch, steps }: (typeof SIZES)[0]) {
  const ahead = new KINDS[kind](I, H, { runtime, seed: 2, numLayers: 2 });
  const back = new KINDS[kind](I, H, { runtime, seed: 2, numLayers: 2, reverse: true });
  const input = tensor('input', batch, steps, I);
  const h0 = tensor('h0', 2, batch, H);
  const a = ahead.forward(backwards(input), { h0, record: true });
  const b = back.forward(input, { h0, record: true });
  expectBits('output', b.output, backwards(a.output));
  expectBits('hN', b.hN, a.hN);
  const d = tensor('gradient', batch, steps, H);
  const da = ahead.backward({ output: backwards(d), hN: h0 });
  const db = back.backward({ output: d, hN: h0 });
  expectBits('dx', db.input, backwards(da.input));
  expectBits('dh0', db.h0, da.h0);
  for (const [name, parameter] of back.parameters)
    expectClose(name, parameter.readGrad(), (ahead.parameters.get(name) as typeof parameter).readGrad());
}

/** One layer each way, with the weights of a bidirectional one. */
function oneWay(kind: Kind, both: GRU | LSTM | RNN, reverse: boolean) {
  const layer = new KINDS[kind](both.inputSize, both.hiddenSize, { runtime: both.runtime, reverse });
  const suffix = reverse ? '_reverse' : '';
  for (const [name, parameter] of layer.parameters)
    parameter.write((both.parameters.get(name + suffix) as typeof parameter).read());
  return layer;
}

const half = ({ data, shape }: Tensor, n: number): Tensor => {
  const size = data.length / 2;
  return { data: data.slice(n * size, (n + 1) * size), shape: [1, ...shape.slice(1)] };
};

/** What a merge makes of both outputs, and of its gradient for each. */
const MERGED = {
  sum: { out: (a: number, b: number) => Math.fround(a + b), back: (d: number) => d },
  average: {
    out: (a: number, b: number) => Math.fround(Math.fround(a + b) * 0.5),
    back: (d: number) => d * 0.5,
  },
  mul: {
    out: (a: number, b: number) => Math.fround(a * b),
    back: (d: number, other: number) => Math.fround(d * other),
  },
};

/** Columns n·H … (n + 1)·H of the last axis. */
function columns({ data, shape }: Tensor, n: number, H: number): Tensor {
  const rows = data.length / (2 * H);
  const out = new Float32Array(rows * H);
  for (let r = 0; r < rows; r++) out.set(data.subarray((2 * r + n) * H, (2 * r + n + 1) * H), r * H);
  return { data: out, shape: [...shape.slice(0, -1), H] };
}

function checkMerge(
  kind: Kind,
  runtime: Runtime,
  merge: (typeof MERGES)[number],
  sizes: (typeof SIZES)[0],
  last: boolean,
) {
  const { I, H, batch, steps } = sizes;
  const both = new KINDS[kind](I, H, { runtime, bidirectional: true, merge, returnSequences: !last });
  const ways = [false, true].map((reverse) => oneWay(kind, both, reverse)) as [LSTM, LSTM];
  const input = tensor('input', batch, steps, I);
  const h0 = tensor('h0', 2, batch, H);
  const { output, hN } = both.forward(input, { h0, record: true });
  const outs = ways.map((layer, n) => layer.forward(input, { h0: half(h0, n), record: true })) as [
    ReturnType<LSTM['forward']>,
    ReturnType<LSTM['forward']>,
  ];
  const [a, b] = outs.map((out) => (last ? { ...out.hN, shape: [batch, H] } : out.output)) as [
    Tensor,
    Tensor,
  ];
  outs.forEach((out, n) => expectBits(`hN ${n}`, half(hN, n), out.hN));
  const d = tensor('gradient', ...output.shape);
  let parts: [Tensor, Tensor];
  if (merge === 'concat') {
    expect(output.shape.at(-1)).toBe(2 * H);
    [a, b].forEach((way, n) => expectBits(`half ${n}`, columns(output, n, H), way));
    parts = [columns(d, 0, H), columns(d, 1, H)];
  } else {
    const { out, back } = MERGED[merge];
    expectBits(
      'output',
      output.data,
      a.data.map((value, n) => out(value, b.data[n] as number)),
    );
    parts = [
      { ...a, data: d.data.map((value, n) => back(value, b.data[n] as number)) },
      { ...b, data: d.data.map((value, n) => back(value, a.data[n] as number)) },
    ];
  }
  const got = both.backward({ output: d });
  const each = ways.map((layer, n) =>
    layer.backward(
      last ? { hN: { ...(parts[n] as Tensor), shape: [1, batch, H] } } : { output: parts[n] as Tensor },
    ),
  ) as unknown as [{ input: Tensor; h0: Tensor }, { input: Tensor; h0: Tensor }];
  expectClose(
    'dx',
    got.input.data,
    each[0].input.data.map((value, n) => value + (each[1].input.data[n] as number)),
  );
  each.forEach((way, n) => expectBits(`dh0 ${n}`, half(got.h0, n), way.h0));
  ways.forEach((layer, n) => {
    for (const [name, parameter] of layer.parameters)
      expectBits(name, parameter.readGrad(), both.parameters.get(name + (n ? '_reverse' : ''))?.readGrad());
  });
}

function checkFiles(runtime: Runtime) {
  const model = new Sequential(
    new LSTM(3, 4, { runtime, bidirectional: true, numLayers: 2, dropout: 0.5 }),
    new RNN(8, 5, { runtime, bidirectional: true, merge: 'average' }),
    new LSTM(5, 4, { runtime, reverse: true }),
    new Linear(4, 2, { runtime }),
  );
  const x = tensor('x', 2, 6, 3);
  const { model: loaded } = loadModel(saveModel(model), { runtime });
  expectBits('output', loaded.forward(x).output, model.forward(x).output);
}

function refusals(runtime: Runtime) {
  const make = (options: object) => () => new LSTM(3, 4, { runtime, ...options });
  expect(make({ merge: 'sum' })).toThrow(/^merge expected bidirectional: true/);
  expect(make({ bidirectional: true, merge: 'plus' })).toThrow(RangeError);
  expect(make({ bidirectional: true, reverse: true })).toThrow(/^reverse expected .*bidirectional: true/);
  expect(make({ bidirectional: true, stateful: true })).toThrow(
    /^stateful expected a layer that runs forward/,
  );
  expect(make({ bidirectional: 1 })).toThrow(TypeError);
  const both = new LSTM(3, 4, { runtime, bidirectional: true });
  expect(() => both.stream()).toThrow(/stream expected a layer that runs forward only, got bidirectional/);
  expect(() => new Sequential(both, new Linear(8, 2, { runtime })).stream()).toThrow(TypeError);
  expect(() => both.forward(tensor('x', 1, 2, 3), { h0: tensor('h', 1, 1, 4) })).toThrow(
    '"h0" expected shape [2 * numLayers, batch, hiddenSize] = [2, 1, 4], got [1, 1, 4]',
  );
}

function suite({ name, create }: Variant) {
  describe(`directions [${name}]`, () => {
    for (const kind of ['LSTM', 'GRU', 'RNN'] as const) {
      it(`${kind} in reverse`, () => {
        for (const sizes of SIZES) checkReverse(kind, create(), sizes);
      });
      it.each(MERGES)(`${kind} both ways, %s`, (merge) => {
        for (const sizes of SIZES)
          for (const last of [false, true]) checkMerge(kind, create(), merge, sizes, last);
      });
    }
    it('are saved with the model', () => checkFiles(create()));
    it('that do not go together are refused', () => refusals(create()));
  });
}

variants.forEach(suite);
