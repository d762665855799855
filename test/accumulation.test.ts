import { describe, expect, it } from 'vitest';
import { lanes } from '../src/data/index.js';
import { loadModel, saveModel } from '../src/files/index.js';
import {
  Adam,
  accuracy,
  type Batch,
  chainedScheduler,
  cosineAnnealingLR,
  crossEntropy,
  Dropout,
  Embedding,
  type Integers,
  type Layer,
  Linear,
  type Loss,
  LSTM,
  linearLR,
  mse,
  type Progress,
  perplexity,
  type Runtime,
  reduceLROnPlateau,
  Sequential,
  SGD,
  type Tensor,
  Trainer,
  type TrainerOptions,
} from '../src/index.js';
import { expectAllBits, IDS, ids, tensor } from './bits.js';
import { bad, expectRefusal, thrownBy } from './refusals.js';
import { type Variant, variants } from './variants.js';

/** Rows of one batch as several, where each ends. */
function parts<
  Target extends { data: { slice(from: number, to: number): unknown }; shape: readonly number[] },
>({ input, target, mask }: { input: Tensor; target: Target; mask?: number[] }, ...ends: number[]) {
  const rows = <T extends typeof input | Target>({ data, shape }: T, from: number, to: number) => {
    const width = (data as Float32Array).length / shape[0];
    return {
      data: data.slice(from * width, to * width),
      shape: [to - from, ...shape.slice(1)],
    } as unknown as T;
  };
  return ends.map((to, n) => {
    const from = n === 0 ? 0 : ends[n - 1];
    const width = mask ? mask.length / input.shape[0] : 0;
    return {
      input: rows(input, from, to) as Tensor,
      target: rows(target, from, to),
      ...(mask && { mask: mask.slice(from * width, to * width) }),
    };
  });
}

interface Case {
  make(runtime: Runtime): Layer;
  loss: unknown;
  batch: { input: Tensor; target: never; mask?: number[] };
  lr?: number;
}

const weight = new Float32Array(4).map((_, n) => 1 + n);
const sumOfSquares = (output: Tensor, target: Tensor) => mse(output, target, { reduction: 'sum' });
const meanOfRows: Loss<Tensor> = (output, target) => {
  const rows = output.shape[0];
  const data = output.data.map((x, n) => (x - target.data[n]) / rows);
  const loss = output.data.reduce((sum, x, n) => sum + (x - target.data[n]) ** 2, 0) / (2 * rows);
  return { loss, grad: { data, shape: output.shape } };
};

const sequences = (runtime: Runtime) =>
  new Sequential(new LSTM(3, 6, { runtime }), new Linear(6, 4, { runtime }));

/** As many as count is as different in each part as it can be. */
const classes = () => {
  const target = { data: ids('t', 9, 5).data.map((id) => id % 4), shape: [9, 5] };
  target.data.fill(-100, 3, 14);
  return target;
};

const CASES: Record<string, Case> = {
  'classes, some of them ignored and masked': {
    make: sequences,
    loss: crossEntropy,
    batch: {
      input: tensor('x', 9, 5, 3),
      target: classes() as never,
      mask: Array.from({ length: 45 }, (_, n) => (n % 7 === 0 || n > 40 ? 0 : 1)),
    },
  },
  'weighted classes': {
    make: sequences,
    loss: (output: Tensor, target: Integers, options: object) =>
      crossEntropy(output, target, { ...options, weight }),
    batch: { input: tensor('x', 9, 5, 3), target: classes() as never },
  },
  'squared errors': {
    make: sequences,
    loss: mse,
    batch: { input: tensor('x', 9, 5, 3), target: tensor('y', 9, 5, 4) as never },
  },
  'a sum': {
    make: sequences,
    loss: sumOfSquares,
    lr: 0.001,
    batch: { input: tensor('x', 9, 5, 3), target: tensor('y', 9, 5, 4) as never },
  },
  "a mean of the user's own": {
    make: (runtime) => new Linear(3, 2, { runtime }),
    loss: meanOfRows,
    batch: { input: tensor('x', 9, 3), target: tensor('y', 9, 2) as never },
  },
};

/** Several small batches are one large one, but for rounding: loss, norm, metrics and weights. */
function checkEqual({ make, loss, batch, lr = 0.2 }: Case, create: Variant['create'], clip: object) {
  const begin = (accumulate: number) => {
    const model = make(create());
    const optimizer = new SGD(model, { lr, momentum: 0.9 });
    return new Trainer<never>(model, { loss: loss as never, optimizer, accumulate, ...clip });
  };
  const [one, several] = [begin(1), begin(3)];
  for (let step = 1; step <= 4; step++) {
    const expected = one.trainStep(batch);
    const told = parts(batch, 1, 6, 9).map((part) => several.trainStep(part as never));
    expect(told.map(({ step, pending }) => [step, pending])).toEqual([
      [step - 1, 1],
      [step - 1, 2],
      [step, undefined],
    ]);
    expect(told[2].loss / expected.loss).toBeCloseTo(1, 5);
    expect(told[2].gradNorm / expected.gradNorm).toBeCloseTo(1, 5);
  }
  for (const [name, { data }] of Object.entries(several.model.stateDict())) {
    const { data: expected } = one.model.stateDict()[name];
    expect(Math.max(...data.map((x, n) => Math.abs(x - expected[n]))), name).toBeLessThan(2e-5);
  }
  expect(several.step).toBe(4);
}

type Options = Partial<TrainerOptions<Integers>>;

function languageModel(runtime: Runtime) {
  return new Sequential(
    new Embedding(IDS, 5, { runtime }),
    new LSTM(5, 9, { numLayers: 2, dropout: 0.3, stateful: true, runtime }),
    new Dropout(0.4, { runtime }),
    new Linear(9, IDS, { runtime }),
  );
}

const data = () => lanes(ids('text', 300), { batch: 4, steps: 7, epochs: 4 });
const held = () => lanes(ids('held', 60), { batch: 2, steps: 6 });

function options(): Options {
  const cosine = cosineAnnealingLR({ tMax: 12, etaMin: 0.001 });
  const plateau = reduceLROnPlateau({ patience: 0, threshold: 0.01, factor: 0.7 });
  return {
    accumulate: 3,
    clipNorm: 1,
    schedule: chainedScheduler([linearLR({ totalIters: 4 }), cosine, plateau]),
    metrics: { perplexity: perplexity() as never, accuracy: accuracy() },
    validation: { batches: held(), every: 2, monitor: 'perplexity' },
    earlyStopping: { patience: 6 },
    bestWeights: 'restore',
  };
}

function begin(model: Layer, more: Options = {}) {
  const optimizer = new Adam(model, { lr: 0.02 });
  return new Trainer<Integers>(model, { loss: crossEntropy, optimizer, ...options(), ...more });
}

/** What is told, but for how fast. */
async function told(trainer: Trainer<Integers>, batches: Iterable<Batch<Integers>>) {
  const all: Partial<Progress>[] = [];
  for await (const { samplesPerSecond, secondsLeft, ...one } of trainer.run(batches)) all.push(one);
  return all;
}

/** So many batches, and then what is no end: the place is right behind them. */
function* upTo<T>(count: number, all: Iterable<T>): Generator<T> {
  let left = count;
  for (const one of all) {
    yield one;
    if (--left === 0) throw new Error('far enough');
  }
}

const file = (trainer: Trainer<Integers>, batches: ReturnType<typeof data>) =>
  saveModel(trainer.model, { trainer, batches });

/** Saved after any batch, in the middle of a step, and gone on with from the file: all as if it had never stopped. */
async function checkResumed(create: Variant['create'], stop: number) {
  const [whole, stopped] = [begin(languageModel(create())), begin(languageModel(create()))];
  const [all, some] = [data(), data()];
  const expected = await told(whole, all);
  expect(expected.length).toBeGreaterThan(8);
  const before: Partial<Progress>[] = [];
  const run = async () => {
    for await (const { samplesPerSecond, secondsLeft, ...one } of stopped.run(upTo(stop, some)))
      before.push(one);
  };
  await expect(run()).rejects.toThrow('far enough');
  const bytes = file(stopped, some);
  expect(Buffer.compare(file(stopped, some), bytes)).toBe(0);
  const { model, training } = loadModel<Sequential>(bytes, { runtime: create() });
  const resumed = begin(model);
  const rest = data();
  if (!training?.batches) return expect.fail('no training');
  resumed.loadStateDict(training.trainer);
  rest.loadStateDict(training.batches);
  expect(Buffer.compare(file(resumed, rest), bytes), 'loaded and saved again').toBe(0);
  bytes.fill(0);
  const after = await told(resumed, rest);
  expect([...before, ...after]).toEqual(expected);
  expect(Buffer.compare(file(resumed, rest), file(whole, all)), 'at the end').toBe(0);
}

/** What lies in the gradients between the batches of a step is none of it, and what waits is not disturbed. */
function checkUndisturbed(create: Variant['create']) {
  const [trainer, other] = [begin(languageModel(create())), begin(languageModel(create()))];
  const all = [...data()].slice(0, 6);
  for (const [n, batch] of all.entries()) {
    expect(trainer.trainStep(batch)).toEqual(other.trainStep(batch));
    for (const parameter of trainer.model.parameters.values())
      parameter.writeGrad(new Float32Array(parameter.size).fill(n % 2 === 0 ? 5 : Number.NaN));
  }
  expect(trainer.step).toBe(2);
  expectAllBits('weights', trainer.model.stateDict(), other.model.stateDict());
}

/** A loss that is what `spoil` makes of it, where that is asked for. */
function spoilt(spoil: (loss: number, grad: Float32Array) => number) {
  const state = { on: false };
  const loss: Loss<Integers> = (...given) => {
    const result = crossEntropy(...given);
    return state.on ? { ...result, loss: spoil(result.loss, result.grad.data) } : result;
  };
  return { state, loss };
}

const SPOILS: Record<string, [spoil: (loss: number, grad: Float32Array) => number, what: RegExp]> = {
  'a loss of NaN': [() => Number.NaN, /^step 2: the loss is NaN; nothing was changed$/],
  'a loss of Infinity': [
    () => Number.POSITIVE_INFINITY,
    /^step 2: the loss is Infinity; nothing was changed$/,
  ],
  'a gradient of NaN': [
    (loss, grad) => {
      grad[3] = Number.NaN;
      return loss;
    },
    /^step 2: the norm of the gradient of "0\.weight" is NaN; nothing was changed$/,
  ],
  'gradients that overflow': [
    (loss, grad) => {
      grad.fill(3e38);
      return loss;
    },
    /^step 2: the norm of the gradient of "\d\.\w+" is (NaN|Infinity); nothing was changed$/,
  ],
};

/** In whichever batch of a step: stopped or left out, everything is as it was, what waits for the step too. */
function checkNotFinite(
  create: Variant['create'],
  accumulate: number,
  position: number,
  kind: string,
  skip: boolean,
) {
  const [spoil, message] = SPOILS[kind];
  const { state, loss } = spoilt(spoil);
  const more: Options = { accumulate, loss, onNonFinite: skip ? 'skip' : 'stop' };
  const trainer = begin(languageModel(create()), more);
  const untroubled = begin(languageModel(create()), { accumulate });
  const all = [...data()];
  const before = accumulate + position;
  for (const batch of all.slice(0, before))
    expect(trainer.trainStep(batch)).toEqual(untroubled.trainStep(batch));
  const bytes = saveModel(trainer.model, { trainer });
  state.on = true;
  const broken = { ...all[before], reset: true };
  if (skip) {
    const { step, skipped, pending } = trainer.trainStep(broken);
    expect(skipped).toMatch(message);
    expect([step, pending]).toEqual([1, undefined]);
  } else expect(thrownBy(() => trainer.trainStep(broken)).message).toMatch(message);
  state.on = false;
  expect(trainer.step).toBe(1);
  expect(Buffer.compare(saveModel(trainer.model, { trainer }), bytes), 'nothing was changed').toBe(0);
  for (const batch of all.slice(before, before + 6))
    expect(trainer.trainStep(batch)).toEqual(untroubled.trainStep(batch));
  expect(
    Buffer.compare(
      saveModel(trainer.model, { trainer }),
      saveModel(untroubled.model, { trainer: untroubled }),
    ),
  ).toBe(0);
}

/** A run goes on over what it leaves out, tells of it, and makes no validation for it. */
async function checkSkippingRun(runtime: Runtime) {
  const { state, loss } = spoilt(() => Number.NaN);
  const trainer = begin(languageModel(runtime), {
    ...{ accumulate: 1, loss, onNonFinite: 'skip', earlyStopping: undefined },
    validation: { batches: held(), every: 1 },
    schedule: undefined,
    metrics: {},
  } as Options);
  function* batches() {
    for (const [n, batch] of [...data()].slice(0, 5).entries()) {
      state.on = n === 1 || n === 2;
      yield batch;
    }
  }
  const measured: unknown[] = [];
  for await (const { step, skipped, validation } of trainer.run(batches())) {
    state.on = false;
    measured.push([step, skipped?.slice(0, 6), validation?.step]);
  }
  expect(measured).toEqual([
    [1, undefined, 1],
    [1, 'step 2', undefined],
    [1, 'step 2', undefined],
    [2, undefined, 2],
    [3, undefined, 3],
  ]);
}

function checkStates(runtime: Runtime) {
  const trainer = begin(languageModel(runtime));
  const [batch] = data();
  trainer.trainStep(batch);
  const state = trainer.stateDict();
  const load = (accumulated: object) => () =>
    trainer.loadStateDict({ ...state, accumulated: bad({ ...state.accumulated, ...accumulated }) });
  expectRefusal(
    load({ gradients: [] }),
    RangeError,
    /^state\.accumulated expected gradients of 11 parameters/,
  );
  expectRefusal(load({ batches: 3 }), RangeError, /batches expected fewer than accumulate = 3, got 3/);
  expectRefusal(load({ divisor: null }), TypeError, /^state\.accumulated expected/);
  const gradients = [tensor('x', 2), ...(state.accumulated?.gradients.slice(1) ?? [])];
  expectRefusal(load({ gradients }), RangeError, /gradients\[0\]" expected shape/);
  expect(trainer.stateDict()).toEqual(state);
  const other = begin(trainer.model, { accumulate: 1 });
  expectRefusal(() => other.loadStateDict(state), RangeError, /fewer than accumulate = 1, got 1/);
}

/** With a parameter that takes no gradient. */
async function checkThreads(create: Variant['create']) {
  const run = async (threads: number) => {
    const runtime = create();
    const model = new Sequential(
      new Embedding(IDS, 5, { runtime }),
      new LSTM(5, 9, { stateful: true, runtime }),
      new Linear(9, IDS, { runtime }),
    );
    const [frozen] = model.parameters.values();
    frozen.requiresGrad = false;
    const optimizer = new SGD(model, { lr: 0.1 });
    const trainer = new Trainer<Integers>(model, { loss: crossEntropy, optimizer, accumulate: 3, threads });
    const seen = await told(trainer, [...data()].slice(0, 12));
    return { seen, weights: model.stateDict() };
  };
  const [one, two, again] = [await run(1), await run(2), await run(2)];
  expect(again).toEqual(two);
  expect(two.seen.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
  for (const [n, { loss }] of two.seen.entries()) expect(loss).toBeCloseTo(one.seen[n].loss as number, 5);
}

const clippings = [{}, { clipNorm: 0.05 }, { clipValue: 0.01 }];

function suite({ name, create }: Variant) {
  describe(`accumulated gradients [${name}]`, () => {
    describe.each(clippings)('with %o', (clip) => {
      it.each(Object.entries(CASES))('are those of one batch: %s', (_, one) => checkEqual(one, create, clip));
    });
    it.each([1, 2, 3, 4, 16, 17, 18])('resume after batch %s', (stop) => checkResumed(create, stop));
    it('are not disturbed', () => checkUndisturbed(create));
    it('on several threads', () => checkThreads(create));
    it('refuse the states of others', () => checkStates(create()));
  });

  describe(`what is not finite [${name}]`, () => {
    describe.each(Object.keys(SPOILS))('%s', (kind) => {
      it.each([
        [1, 0],
        [3, 0],
        [3, 1],
        [3, 2],
      ])('stops, %s batches a step, after %s', (accumulate, position) =>
        checkNotFinite(create, accumulate, position, kind, false),
      );
      it.each([
        [1, 0],
        [3, 0],
        [3, 1],
        [3, 2],
      ])('is left out, %s batches a step, after %s', (accumulate, position) =>
        checkNotFinite(create, accumulate, position, kind, true),
      );
    });
    it('is told by a run that goes on', () => checkSkippingRun(create()));
  });
}

variants.forEach(suite);
