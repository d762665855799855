import { describe, expect, it } from 'vitest';
import {
  Activation,
  Embedding,
  GRU,
  Linear,
  LSTM,
  mse,
  RNN,
  type Runtime,
  Sequential,
  SGD,
  type Tensor,
  Trainer,
} from '../../src/index.js';
import { layerOf } from '../../src/layers/registry.js';
import { expectAllBits, expectBits, tensor } from '../helpers/bits.js';
import { type Variant, variants } from '../helpers/variants.js';

/* Skipped steps, after the end of a sequence or masked, are not read: inputs, ids and gradients there may be anything. */

const { NaN: nan } = Number;
const [B, T] = [3, 4];
const LENGTHS = [4, 0, 2];
const skipped = (n: number) => n % T >= LENGTHS[Math.floor(n / T) % B];
const MASK = { data: Uint8Array.from({ length: B * T }, (_, n) => Number(!skipped(n))), shape: [B, T] };
const CELLS = { LSTM, GRU, RNN } as const;
type Cell = keyof typeof CELLS;

/** Ids [B, T] with `other` at skipped steps. */
function idsOf(other: number, timeMajor = false) {
  const id = (b: number, t: number) => (skipped(b * T + t) ? other : (b + 2 * t) % 5);
  const shape = timeMajor ? [T, B] : [B, T];
  const data = Int32Array.from({ length: B * T }, (_, n) =>
    timeMajor ? id(n % B, Math.floor(n / B)) : id(Math.floor(n / T), n % T),
  );
  return { data, shape };
}

/** Values [B, T, width] with `other` at skipped steps. */
function valuesOf(name: string, width: number, other: number) {
  const { data, shape } = tensor(name, B, T, width);
  return { data: data.map((x, n) => (skipped(Math.floor(n / width)) ? other : x)), shape };
}

interface Model {
  forward(input: never, options: object): { output: Tensor };
  backward(gradient: { output: Tensor }): { input?: Tensor };
  readonly parameters: ReadonlyMap<string, { readGrad(): Float32Array; shape: readonly number[] }>;
}

/** Output where it counts, the gradient of the input, and those of the parameters. */
function results(model: Model, input: object, gradient: Tensor, options: object) {
  const { output } = model.forward(input as never, { ...options, record: true });
  const back = model.backward({ output: gradient });
  const width = output.shape[2];
  const counted = output.data.filter((_, n) => !skipped(Math.floor(n / width)));
  const gradients = [...model.parameters].map(([name, one]) => [
    name,
    { data: one.readGrad(), shape: one.shape },
  ]);
  return {
    output: { data: counted, shape: [counted.length] },
    ...(back.input && { input: back.input }),
    ...Object.fromEntries(gradients),
  };
}

function ids({ create }: Variant) {
  it('the listed example: an id out of range after the end', () => {
    const lstm = new LSTM(5, 4, { runtime: create() });
    const { output } = lstm.forward({ data: Int32Array.of(1, 99), shape: [1, 2] }, { lengths: [1] });
    expect([...output.data.subarray(4)]).toEqual([0, 0, 0, 0]);
    const { output: alone } = lstm.forward({ data: Int32Array.of(1), shape: [1, 1] });
    expect([...output.data.subarray(0, 4)]).toEqual([...alone.data]);
  });

  const models: [string, (runtime: Runtime) => Model, timeMajor?: boolean][] = [
    ...(['LSTM', 'GRU', 'RNN'] as const).flatMap(
      (cell): [string, (runtime: Runtime) => Model, boolean?][] => [
        [cell, (runtime) => new CELLS[cell](5, 6, { seed: 1, runtime }) as never],
        [
          `${cell}, input dropout`,
          (runtime) => new CELLS[cell](5, 6, { inputDropout: 0.3, seed: 1, runtime }) as never,
        ],
        [
          `${cell}, both directions`,
          (runtime) => new CELLS[cell](5, 6, { bidirectional: true, seed: 1, runtime }) as never,
        ],
        [
          `Embedding and ${cell}`,
          (runtime) =>
            new Sequential(
              new Embedding(5, 3, { seed: 2, runtime }),
              new CELLS[cell](3, 6, { seed: 1, runtime }) as LSTM,
            ) as never,
        ],
      ],
    ),
    [
      'Embedding, Linear, LSTM, Linear',
      (runtime) =>
        new Sequential(
          new Sequential(new Embedding(5, 3, { seed: 2, runtime }), new Linear(3, 3, { seed: 3, runtime })),
          new LSTM(3, 6, { seed: 1, runtime }),
          new Linear(6, 6, { seed: 4, runtime }),
        ) as never,
    ],
    ['Embedding', (runtime) => new Embedding(5, 6, { seed: 2, runtime }) as never],
    [
      'Embedding, Linear',
      (runtime) =>
        new Sequential(
          new Embedding(5, 3, { seed: 2, runtime }),
          new Linear(3, 6, { seed: 3, runtime }),
        ) as never,
    ],
  ];

  it.each(models)('%s', (_, make) => {
    const width = (model: Model) => model.forward(idsOf(0) as never, {}).output.shape[2];
    for (const options of [
      { lengths: LENGTHS },
      { mask: MASK },
      { lengths: LENGTHS, mask: MASK, training: true },
    ]) {
      const run = (other: number, filler: number) => {
        const model = make(create());
        // Only the gradient after an end is not read where masked steps repeat the state.
        const more = 'lengths' in options ? filler : 0;
        return results(model, idsOf(other), valuesOf('dy', width(model), more), options);
      };
      for (const other of [-1, 99, 5, -(2 ** 31)]) expectAllBits(`${other}`, run(other, nan), run(0, 0));
    }
  });

  it('time first', () => {
    const make = () =>
      new Sequential(
        new Embedding(5, 3, { seed: 2, runtime: create() }),
        new LSTM(3, 4, { timeMajor: true, seed: 1, runtime: create() }),
      );
    expect(make).toThrow(/another runtime/);
    const runtime = create();
    const model = new Sequential(
      new Embedding(5, 3, { seed: 2, runtime }),
      new LSTM(3, 4, { timeMajor: true, seed: 1, runtime }),
    );
    const expected = model.forward(idsOf(0, true), { lengths: LENGTHS }).output;
    expectBits('output', model.forward(idsOf(-1, true), { lengths: LENGTHS }).output, expected);
  });

  it('the output of an Embedding is 0 there, and ids that count are checked', () => {
    const embedding = new Embedding(5, 2, { runtime: create() });
    const input = { data: Int32Array.of(1, -1, 2, 99), shape: [2, 2] };
    const { output } = embedding.forward(input, { lengths: [1, 1] });
    expect([...output.data.subarray(2, 4), ...output.data.subarray(6)]).toEqual([0, 0, 0, 0]);
    expect(() => embedding.forward(input, { lengths: [2, 1] })).toThrow(
      /^input\[1\] expected an id from 0 to 4, got -1/,
    );
    expect(() => embedding.forward(Int32Array.of(1, -1))).toThrow(RangeError);
    expect(() => embedding.forward(Int32Array.of(1), { lengths: [2] })).toThrow(/^lengths\[0\] expected/);
    expect(() =>
      embedding.forward({ data: new Int32Array(8), shape: [2, 2, 2] }, { lengths: [1, 1] }),
    ).toThrow(/^input expected/);
  });
}

/** A layer of the user's own that is NaN for rows of zeros, as a norm is. */
function normalizer(runtime: Runtime, fill: number) {
  return {
    runtime,
    parameters: new Map(),
    parameterCount: 0,
    forward: ({ data, shape }: Tensor) => ({
      output: { data: data.map((x) => (x === 0 ? fill : x)), shape },
    }),
    backward: ({ output: { data, shape } }: { output: Tensor }) => ({
      input: { data: data.map((x) => (x === 0 ? fill : x)), shape },
    }),
    zeroGrad() {},
    stateDict: () => ({}),
    loadStateDict() {},
    dispose() {},
  };
}

function values({ create }: Variant) {
  const models: Record<string, (runtime: Runtime, fill: number) => Model> = {
    'Linear, LSTM, Linear': (runtime) =>
      new Sequential(
        new Linear(3, 3, { seed: 3, runtime }),
        new Activation('relu', { runtime }),
        new LSTM(3, 6, { seed: 1, runtime }),
        new Linear(6, 2, { seed: 4, runtime }),
      ) as never,
    'GRU twice, zeros where masked': (runtime) =>
      new Sequential(
        new GRU(3, 5, { seed: 1, maskedOutput: 'zeros', runtime }),
        new Linear(5, 4, { seed: 3, runtime }),
        new GRU(4, 5, { seed: 2, maskedOutput: 'zeros', runtime }),
        new Linear(5, 2, { seed: 4, runtime }),
      ) as never,
    'a layer of the user’s own between them': (runtime, fill) =>
      new Sequential(
        new LSTM(3, 6, { seed: 1, runtime }),
        normalizer(runtime, fill) as never,
        new Linear(6, 2, { seed: 4, runtime }),
      ) as never,
  };
  it.each(Object.entries(models))('%s', (name, make) => {
    const run = (other: number) =>
      results(make(create(), other), valuesOf('x', 3, other), valuesOf('dy', 2, other), {
        lengths: LENGTHS,
        ...(name.startsWith('GRU') && { mask: MASK }),
      });
    const expected = run(0);
    for (const other of [nan, Number.POSITIVE_INFINITY]) expectAllBits(`${other}`, run(other), expected);
  });

  it('a trainer with lengths, whose own loss is NaN after the ends', () => {
    const run = (other: number) => {
      const runtime = create();
      const model = new Sequential(
        new LSTM(3, 5, { seed: 1, runtime }),
        new Linear(5, 2, { seed: 2, runtime }),
      );
      const loss = (output: Tensor, target: Tensor, options: object) => {
        const result = mse(output, target, options);
        return { ...result, grad: valuesOf('own', 2, other) };
      };
      const trainer = new Trainer<Tensor>(model, { loss, optimizer: new SGD(model) });
      trainer.trainStep({
        input: valuesOf('x', 3, other),
        target: valuesOf('y', 2, other),
        lengths: LENGTHS,
      });
      return model.stateDict();
    };
    expectAllBits('weights', run(nan), run(0));
  });
}

function empty({ create }: Variant) {
  it.each(['LSTM', 'GRU', 'RNN'] as Cell[])('a sequence of no steps keeps its initial state: %s', (cell) => {
    for (const more of [
      {},
      { numLayers: 2, bidirectional: true },
      { reverse: true },
      { returnSequences: false },
    ]) {
      const layer = new CELLS[cell](3, 5, { ...more, seed: 1, runtime: create() }) as LSTM;
      const states = 'numLayers' in more ? 4 : 1;
      const h0 = tensor('h0', states, B, 5);
      const c0 = tensor('c0', states, B, 5);
      const given = { h0, ...(cell === 'LSTM' && { c0 }) };
      const { output, hN } = layer.forward(valuesOf('x', 3, nan), {
        ...given,
        lengths: LENGTHS,
        record: true,
      });
      const dh = tensor('dh', states, B, 5);
      const { input, h0: dh0 } = layer.backward({ hN: dh }) as { input: Tensor; h0: Tensor };
      for (let n = 0; n < states; n++) {
        const at = (n * B + 1) * 5;
        expect(hN.data.slice(at, at + 5)).toEqual(h0.data.slice(at, at + 5));
        expect(dh0.data.slice(at, at + 5)).toEqual(dh.data.slice(at, at + 5));
      }
      if (output.shape.length === 3)
        expect(output.data.slice(T * output.shape[2], 2 * T * output.shape[2]).every((x) => x === 0)).toBe(
          true,
        );
      expect(input.data.every((x, n) => Number.isFinite(x) && (!skipped(Math.floor(n / 3)) || x === 0))).toBe(
        true,
      );
    }
  });

  it('no sequence has any step', () => {
    const lstm = new LSTM(3, 5, { runtime: create() });
    const { output, hN, cN } = lstm.forward(valuesOf('x', 3, nan), { lengths: [0, 0, 0], record: true });
    const { input } = lstm.backward({ output });
    for (const { data } of [output, hN, cN, input as Tensor]) expect(data.every((x) => x === 0)).toBe(true);
    for (const parameter of lstm.parameters.values())
      expect(parameter.readGrad().every((x) => x === 0)).toBe(true);
  });

  it.each(['LSTM', 'GRU', 'RNN'] as Cell[])('a batch of no sequences: %s', (cell) => {
    for (const more of [{}, { numLayers: 2, bidirectional: true }, { timeMajor: true }, { zoneout: 0.2 }]) {
      const layer = new CELLS[cell](3, 5, { ...more, runtime: create() }) as LSTM;
      const shape = 'timeMajor' in more ? [4, 0] : [0, 4];
      const input = { data: new Float32Array(0), shape: [...shape, 3] };
      for (const options of [{ training: true }, { training: true, lengths: [] }]) {
        const { output, hN } = layer.forward(input, options);
        const twice = 'bidirectional' in more;
        expect(output).toEqual({ data: new Float32Array(0), shape: [...shape, twice ? 10 : 5] });
        expect(hN.shape).toEqual([twice ? 4 : 1, 0, 5]);
        expect(layer.backward({ output }).input).toEqual(input);
      }
      layer.forward({ data: new Int32Array(0), shape });
    }
  });

  it('a batch of no rows, in a Sequential and a trainer', () => {
    const runtime = create();
    const model = new Sequential(
      new Embedding(5, 3, { runtime }),
      new LSTM(3, 4, { runtime }),
      new Activation('tanh', { runtime }),
      new Linear(4, 2, { runtime }),
    );
    const input = { data: new Int32Array(0), shape: [0, 4] };
    const { output } = model.forward(input, { record: true });
    expect(output.shape).toEqual([0, 4, 2]);
    model.backward({ output });
    const before = model.stateDict();
    const trainer = new Trainer<Tensor>(model, { loss: mse, optimizer: new SGD(model, { lr: 0.1 }) });
    expect(trainer.trainStep({ input, target: output })).toMatchObject({ loss: 0, gradNorm: 0, step: 1 });
    expectAllBits('weights', model.stateDict(), before);
  });

  it('no time step at all is refused', () => {
    const lstm = new LSTM(3, 5, { runtime: create() });
    for (const shape of [
      [2, 0, 3],
      [0, 3],
      [0, 0, 3],
    ])
      expect(() => lstm.forward({ data: new Float32Array(0), shape })).toThrow(
        /^input expected at least one time step, got shape/,
      );
  });
}

function stateful({ create }: Variant) {
  it('prediction by recorded forwards goes on from the states before', () => {
    const runtime = create();
    const model = new LSTM(3, 5, { stateful: true, seed: 1, runtime });
    const whole = new LSTM(3, 5, { seed: 1, runtime }).forward(tensor('x', B, T, 3)).output;
    const part = (n: number) => {
      const { data } = tensor('x', B, T, 3);
      const rows = Array.from({ length: B }, (_, b) => [
        ...data.subarray((b * T + n) * 3, (b * T + n + 2) * 3),
      ]);
      return { data: Float32Array.from(rows.flat()), shape: [B, 2, 3] };
    };
    const parts = [0, 2].map((n) => model.forward(part(n), { record: true }).output);
    model.forward(part(0)); // Leaves the states as they are.
    for (const [n, { data }] of parts.entries())
      for (let b = 0; b < B; b++)
        expect(data.slice(b * 10, b * 10 + 10)).toEqual(
          whole.data.slice((b * T + 2 * n) * 5, (b * T + 2 * n + 2) * 5),
        );
  });

  it('a partial batch inside run: the message says what to do', async () => {
    const runtime = create();
    const model = new LSTM(3, 2, { stateful: true, runtime });
    const trainer = new Trainer<Tensor>(model, { loss: mse, optimizer: new SGD(model) });
    const batch = (rows: number) => ({ input: tensor('x', rows, 2, 3), target: tensor('y', rows, 2, 2) });
    const run = async () => {
      for await (const _ of trainer.run([batch(4), batch(3)]));
    };
    await expect(run()).rejects.toThrow(
      /^input expected a batch of 4, .*\[1, 4, 2\], got 3: .*dropLast.*reset: true.*resetState\(\)/,
    );
  });
}

function paddingIndex({ create }: Variant) {
  it('is a row of zeros without a gradient', () => {
    const runtime = create();
    const [plain, padded] = [
      new Embedding(5, 3, { seed: 1, runtime }),
      new Embedding(5, 3, { paddingIdx: 2, seed: 1, runtime }),
    ];
    const rows = (layer: Embedding) => layer.stateDict().weight.data;
    expect([...rows(padded).subarray(6, 9)]).toEqual([0, 0, 0]);
    expect(rows(padded).filter((_, n) => n < 6 || n >= 9)).toEqual(
      rows(plain).filter((_, n) => n < 6 || n >= 9),
    );
    const input = Int32Array.of(0, 2, 2, 4);
    for (const layer of [plain, padded]) {
      layer.forward(input, { record: true });
      layer.backward({ output: tensor('dy', 4, 3) });
    }
    const gradient = (layer: Embedding) => layer.parameters.get('weight')?.readGrad() as Float32Array;
    expect([...gradient(padded).subarray(6, 9)]).toEqual([0, 0, 0]);
    expect(
      gradient(plain)
        .subarray(6, 9)
        .some((x) => x !== 0),
    ).toBe(true);
    expect(gradient(padded).filter((_, n) => n < 6 || n >= 9)).toEqual(
      gradient(plain).filter((_, n) => n < 6 || n >= 9),
    );
  });

  it('negative ones count from the end, loaded weights stay, and configurations keep it', () => {
    const runtime = create();
    const layer = new Embedding(5, 3, { paddingIdx: -1, runtime });
    expect(layer.paddingIdx).toBe(4);
    const weight = tensor('weight', 5, 3);
    layer.loadStateDict({ weight });
    expectBits('loaded', layer.forward(Int32Array.of(4)).output, {
      data: weight.data.slice(12),
      shape: [1, 3],
    });
    const again = layerOf(layer.config(), runtime) as Embedding;
    expect(again.paddingIdx).toBe(4);
    expect(new Embedding(5, 3, { runtime }).config()).toEqual({ type: 'Embedding', count: 5, size: 3 });
  });

  it.each([5, -6, 1.5, nan])('refuses %s', (paddingIdx) => {
    expect(() => new Embedding(5, 3, { paddingIdx, runtime: create() })).toThrow(
      /^paddingIdx expected an id/,
    );
  });
}

function suite(variant: Variant) {
  describe(`skipped steps [${variant.name}]`, () => {
    describe('ids', () => ids(variant));
    describe('values', () => values(variant));
    describe('empty sequences and batches', () => empty(variant));
    describe('stateful layers', () => stateful(variant));
    describe('padding index', () => paddingIndex(variant));
  });
}

variants.forEach(suite);
