import { describe, expect, it } from 'vitest';
import { loadModel, saveModel } from '../../src/files/index.js';
import {
  crossEntropy,
  Embedding,
  type Integers,
  type Layer,
  Linear,
  type Loss,
  LSTM,
  mse,
  type Progress,
  type Runtime,
  Sequential,
  SGD,
  type Tensor,
  Trainer,
} from '../../src/index.js';
import { expectAllBits, IDS, ids, tensor } from '../helpers/bits.js';
import { begin, data, languageModel, progressOf } from '../helpers/language-training.js';
import { bad, expectRefusal } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

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
    const steps = parts(batch, 1, 6, 9).map((part) => several.trainStep(part as never));
    expect(steps.map(({ step, pending }) => [step, pending])).toEqual([
      [step - 1, 1],
      [step - 1, 2],
      [step, undefined],
    ]);
    expect(steps[2].loss / expected.loss).toBeCloseTo(1, 5);
    expect(steps[2].gradNorm / expected.gradNorm).toBeCloseTo(1, 5);
  }
  for (const [name, { data }] of Object.entries(several.model.stateDict())) {
    const { data: expected } = one.model.stateDict()[name];
    expect(Math.max(...data.map((x, n) => Math.abs(x - expected[n]))), name).toBeLessThan(2e-5);
  }
  expect(several.step).toBe(4);
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
  const expected = await progressOf(whole, all);
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
  const after = await progressOf(resumed, rest);
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
    /^state\.accumulated\.gradients expected .*parameter = 11/,
  );
  expectRefusal(load({ batches: 3 }), RangeError, /batches expected .*accumulate = 3, got 3/);
  expectRefusal(load({ divisor: null }), TypeError, /^state\.accumulated expected/);
  const gradients = [tensor('x', 2), ...(state.accumulated?.gradients.slice(1) ?? [])];
  expectRefusal(load({ gradients }), RangeError, /gradients\[0\]" expected shape/);
  expect(trainer.stateDict()).toEqual(state);
  const other = begin(trainer.model, { accumulate: 1 });
  expectRefusal(() => other.loadStateDict(state), RangeError, /accumulate = 1, got 1/);
}

/** With a parameter that needs no gradient. */
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
    const seen = await progressOf(trainer, [...data()].slice(0, 12));
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
}

variants.forEach(suite);
