import { describe, expect, it } from 'vitest';
import {
  Adam,
  AdamW,
  clipGradNorm,
  clipGradValue,
  crossEntropy,
  gradNorm,
  Linear,
  LSTM,
  mse,
  type Optimizer,
  type Parameter,
  RMSprop,
  type Runtime,
  Sequential,
  SGD,
  type Tensor,
} from '../../src/index.js';
import { expectAllBits, expectBits, IDS, ids, languageModel, tensor } from '../helpers/bits.js';
import { type Variant, variants } from '../helpers/variants.js';
import { closedForm, elementCount } from '../vectors/closed-form.js';

const SIZES = [1, 3, 4, 5, 7, 8, 9, 17];

/** Two parameters of a layer that is never run, [rows, 3] and [rows], with gradients of this size. */
function withGradients(runtime: Runtime, rows: number, scale = 1): Parameter[] {
  const parameters = [...new Linear(3, rows, { runtime }).parameters.values()];
  parameters.forEach((parameter, n) => {
    parameter.writeGrad(Float32Array.from(closedForm(`${n}`, elementCount(parameter.shape), scale)));
  });
  return parameters;
}

const gradients = (parameters: Parameter[]) => parameters.map((parameter) => parameter.readGrad());

function normOf(arrays: Float32Array[]): number {
  return Math.sqrt(arrays.flatMap((array) => [...array]).reduce((sum, d) => sum + d * d, 0));
}

function checkClipNorm(runtime: Runtime, rows: number) {
  for (const [scale, max] of [
    [1, 0.5],
    [1e-3, 1e-9],
    [2 ** 60, 3],
    [2 ** -70, 1],
  ]) {
    const parameters = withGradients(runtime, rows, scale);
    const before = gradients(parameters);
    const expected = normOf(before);
    expect(gradNorm(parameters) / expected).toBeCloseTo(1, 12);
    expect(clipGradNorm(parameters, max) / expected).toBeCloseTo(1, 12);
    const after = gradients(parameters);
    expect(normOf(after)).toBeLessThanOrEqual(max * (1 + 1e-6));
    const factor = Math.min(1, max / (expected + 1e-6));
    after.forEach((values, n) => {
      values.forEach((d, at) =>
        expect(Math.abs(d - before[n][at] * factor)).toBeLessThanOrEqual(Math.abs(d) * 2e-7 + 1e-45),
      );
    });
  }
}

/** Gradients that need no clipping or cannot be clipped keep their bits. */
function checkLeftAlone(runtime: Runtime, rows: number) {
  const parameters = withGradients(runtime, rows);
  const [before] = gradients(parameters);
  clipGradNorm(parameters, normOf(gradients(parameters)) * 1.01);
  clipGradValue(parameters, 1);
  expectBits('below the bound', parameters[0].readGrad(), before);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const last = new Float32Array(rows).fill(value, rows - 1);
    parameters[1].writeGrad(last);
    expect(clipGradNorm(parameters, 0.1)).toBe(value);
    expect(parameters[1].readGrad()).toEqual(last);
    expectBits('beside it', parameters[0].readGrad(), before);
  }
}

function checkClipValue(runtime: Runtime, rows: number) {
  const parameters = withGradients(runtime, rows);
  const before = gradients(parameters);
  clipGradValue(parameters, 0.25);
  gradients(parameters).forEach((values, n) => {
    expectBits(
      `${n}`,
      values,
      before[n].map((d) => Math.max(-0.25, Math.min(0.25, d))),
    );
  });
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e-45];
  parameters[1].writeGrad(Float32Array.from({ length: rows }, (_, n) => odd[n % 5]));
  clipGradValue(parameters, 2);
  const clipped = [Number.NaN, 2, -2, -0, 1e-45].map(Math.fround);
  expect(parameters[1].readGrad()).toEqual(Float32Array.from({ length: rows }, (_, n) => clipped[n % 5]));
}

function checkWithoutGradients(runtime: Runtime) {
  const model = new Linear(3, 5, { runtime });
  const before = model.stateDict();
  expect(gradNorm(model)).toBe(0);
  expect(clipGradNorm(model, 1)).toBe(0);
  clipGradValue(model, 1);
  new Adam(model).step();
  expectAllBits('weights', model.stateDict(), before);
}

/** Gradients of parts of a batch add up to that of the whole, and the step that follows is the same. */
function checkAccumulation(runtime: Runtime) {
  const [whole, parts] = [languageModel(runtime), languageModel(runtime)];
  parts.loadStateDict(whole.stateDict());
  const rows = ids('rows', 6, 5);
  const run = (model: Sequential, from: number, to: number) => {
    const part = { data: rows.data.slice(from * 5, to * 5), shape: [to - from, 5] };
    const { output } = model.forward(part, { record: true });
    const { grad } = crossEntropy(output, part, { reduction: 'sum', runtime });
    model.backward({ output: { ...grad, data: grad.data.map((d) => d / 30) } });
  };
  const optimizers = [whole, parts].map((model) => new SGD(model, { lr: 0.5, momentum: 0.9 }));
  for (let step = 0; step < 3; step++) {
    run(whole, 0, 6);
    for (const from of [0, 2, 4]) run(parts, from, from + 2);
    for (const [name, parameter] of whole.parameters) {
      const [a, b] = [parameter.readGrad(), (parts.parameters.get(name) as Parameter).readGrad()];
      const max = a.reduce((most, d) => Math.max(most, Math.abs(d)), 0);
      a.forEach((d, at) => expect(Math.abs(d - b[at]), name).toBeLessThanOrEqual(2e-6 + 1e-5 * max));
    }
    for (const optimizer of optimizers) optimizer.step();
    optimizers[0].zeroGrad();
    parts.zeroGrad();
  }
}

type Make = (model: Linear | Sequential) => Optimizer<{ lr: number }>;

const OPTIMIZERS: Record<string, Make> = {
  SGD: (model) => new SGD(model, { lr: 0.3 }),
  'SGD with momentum': (model) => new SGD(model, { lr: 0.1, momentum: 0.9 }),
  'SGD with nesterov': (model) => new SGD(model, { lr: 0.1, momentum: 0.9, nesterov: true }),
  RMSprop: (model) => new RMSprop(model, { lr: 0.01 }),
  'RMSprop, centered': (model) => new RMSprop(model, { lr: 0.01, centered: true, momentum: 0.5, eps: 1e-3 }),
  Adam: (model) => new Adam(model, { lr: 0.03 }),
  AdamW: (model) => new AdamW(model, { lr: 0.03, weightDecay: 0.001 }),
};

/** Plain descent is too slow for it. */
const recalling = Object.entries(OPTIMIZERS).filter(([name]) => name !== 'SGD');

/** The symbol that came first, asked for at the end. */
function checkRecall(runtime: Runtime, make: Make) {
  const model = new Sequential(
    new LSTM(IDS, 16, { returnSequences: false, runtime }),
    new Linear(16, IDS, { runtime }),
  );
  const optimizer = make(model);
  const rows = ids('rows', 40, 6);
  const data = new Float32Array(40 * 6 * IDS);
  rows.data.forEach((id, n) => {
    data[n * IDS + id] = 1;
  });
  const target = Int32Array.from({ length: 40 }, (_, n) => rows.data[n * 6]);
  const losses: number[] = [];
  for (let step = 0; step < 300; step++) {
    const { output } = model.forward({ data, shape: [40, 6, IDS] }, { training: true });
    const { loss, grad } = crossEntropy(output, target, { runtime });
    losses.push(loss);
    model.backward({ output: grad }, { inputGradient: false });
    clipGradNorm(model, 1);
    optimizer.step();
    model.zeroGrad();
  }
  expect(losses[0]).toBeGreaterThan(2);
  expect(losses[299]).toBeLessThan(0.6);
}

/** A line through points; the answer is known. */
function checkLine(runtime: Runtime, make: Make) {
  const model = new Linear(2, 1, { runtime });
  const optimizer = make(model);
  const input = tensor('points', 32, 2);
  const data = Float32Array.from(
    { length: 32 },
    (_, n) => 2 * input.data[2 * n] - input.data[2 * n + 1] + 0.5,
  );
  const target: Tensor = { data, shape: [32, 1] };
  for (let step = 0; step < 500; step++) {
    const { output } = model.forward(input, { training: true });
    model.backward({ output: mse(output, target, { runtime }).grad });
    optimizer.step();
    optimizer.zeroGrad();
    if (step === 250) optimizer.lr *= 0.1;
  }
  const { weight, bias } = model.stateDict();
  [...weight.data, ...bias.data].forEach((value, n) => {
    expect(Math.abs(value - [2, -1, 0.5][n])).toBeLessThan(0.05);
  });
}

/** Where all gradients are equal the variance is zero, and rounding must not make it less. */
function checkConstantGradients(runtime: Runtime, options: { alpha?: number; momentum?: number }) {
  const parameters = withGradients(runtime, 17);
  const optimizer = new RMSprop(parameters, { lr: 1e-6, centered: true, ...options });
  for (let step = 0; step < 3000; step++) optimizer.step();
  for (const parameter of parameters) expect(parameter.read().every(Number.isFinite)).toBe(true);
}

function suite({ name, create }: Variant) {
  describe(`clipping [${name}]`, () => {
    it.each(SIZES)('by norm, %s rows', (rows) => checkClipNorm(create(), rows));
    it.each(SIZES)('of what needs none, %s rows', (rows) => checkLeftAlone(create(), rows));
    it.each(SIZES)('by value, %s rows', (rows) => checkClipValue(create(), rows));
    it('before the first backward', () => checkWithoutGradients(create()));
  });

  describe(`optimizers [${name}]`, () => {
    it('step after gradients that were added up by hand', () => checkAccumulation(create()));
    it.each(recalling)('%s learns to recall', (_, make) => checkRecall(create(), make));
    it.each(Object.entries(OPTIMIZERS))('%s finds a line', (_, make) => checkLine(create(), make));
    it.each([{}, { alpha: 0.9 }, { momentum: 0.9 }, { alpha: 0.5 }])(
      'RMSprop, centered, stays finite under constant gradients: %o',
      (options) => checkConstantGradients(create(), options),
    );
  });
}

variants.forEach(suite);
