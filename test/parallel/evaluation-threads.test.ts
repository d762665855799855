import { describe, expect, it } from 'vitest';
import { bucketBatches, lanes } from '../../src/data/index.js';
import { saveModel } from '../../src/files/index.js';
import {
  accuracy,
  type Batch,
  crossEntropy,
  Dropout,
  Embedding,
  type Layer,
  Linear,
  LSTM,
  mse,
  RNN,
  type Runtime,
  rmse,
  Sequential,
  SGD,
  type Tensor,
  Trainer,
  type TrainerOptions,
} from '../../src/index.js';
import { expectAllBits, IDS, ids, tensor } from '../helpers/bits.js';
import { progressOf } from '../helpers/progress.js';
import { type Variant, variants } from '../helpers/variants.js';

type Options = Partial<TrainerOptions<never>>;

function begin(model: Layer, threads: number, options: Options = {}) {
  const optimizer = new SGD(model, { lr: 0.1, momentum: 0.9 });
  return new Trainer<never>(model, { loss: crossEntropy as never, optimizer, threads, ...options });
}

interface Case {
  make(runtime: Runtime): Layer;
  options?: Options;
  batches(runtime: Runtime): Iterable<Batch<never>>;
}

const language = (runtime: Runtime) =>
  new Sequential(
    new Embedding(IDS, 5, { runtime }),
    new LSTM(5, 9, { numLayers: 2, dropout: 0.3, zoneout: 0.1, stateful: true, runtime }),
    new Dropout(0.4, { runtime }),
    new Linear(9, IDS, { runtime }),
  );

/** Sequences of ids of unlike length, a class for each of their steps. */
function words(count: number) {
  const lengths = Array.from({ length: count }, (_, n) => 1 + ((n * 5) % 9));
  const sequences = (name: string) => lengths.map((length, n) => ids(`${name}${n}`, length));
  return { input: sequences('x'), target: sequences('y') };
}

/** Sequences of values, a row of targets for each of them. */
function curves(count: number) {
  const input = Array.from({ length: count }, (_, n) => tensor(`x${n}`, 1 + ((n * 5) % 9), 3));
  return { input, target: tensor('y', count, 2) };
}

const ofValues = { loss: mse, metrics: { rmse: rmse() } } as Options;

const CASES: Record<string, Case> = {
  'a model that carries its state through lanes': {
    make: language,
    options: { metrics: { right: accuracy() } } as Options,
    batches: () => lanes(ids('held', 90), { batch: 5, steps: 6 }) as never,
  },
  'words in buckets, both directions, classes step by step': {
    make: (runtime) =>
      new Sequential(
        new Embedding(IDS, 5, { runtime }),
        new LSTM(5, 7, { bidirectional: true, numLayers: 2, runtime }),
        new Linear(14, IDS, { runtime }),
      ),
    options: { metrics: { right: accuracy() } } as Options,
    batches: (runtime) => bucketBatches(words(23), { batchSize: 5, pool: 2, runtime }) as never,
  },
  'curves in buckets, the last step': {
    make: (runtime) =>
      new Sequential(new LSTM(3, 6, { returnSequences: false, runtime }), new Linear(6, 2, { runtime })),
    options: ofValues,
    batches: (runtime) => bucketBatches(curves(17), { batchSize: 4, runtime }) as never,
  },
  'curves in buckets with a mask for the model': {
    make: (runtime) =>
      new Sequential(new LSTM(3, 6, { returnSequences: false, runtime }), new Linear(6, 2, { runtime })),
    options: ofValues,
    batches: (runtime) => masked(bucketBatches(curves(17), { batchSize: 4, runtime })) as never,
  },
  'time first': {
    make: (runtime) => new RNN(3, 4, { timeMajor: true, runtime }),
    options: ofValues,
    batches: () =>
      [7, 1, 4].map((B) => ({ input: tensor('x', 5, B, 3), target: tensor('y', 5, B, 4) })) as never,
  },
  'single sequences, and fewer rows than threads': {
    make: (runtime) => new LSTM(3, 4, { runtime }),
    options: ofValues,
    batches: () => [[5], [2, 5], [1, 5]].map((shape) => pair(...shape)) as never,
  },
  'rows without a time': {
    make: (runtime) => new Linear(3, 4, { runtime }),
    options: ofValues,
    batches: () => [7, 2].map((rows) => pair(rows)) as never,
  },
};

const pair = (...shape: number[]) => ({ input: tensor('x', ...shape, 3), target: tensor('y', ...shape, 4) });

/** Every third step of a batch is passed over. */
function* masked(batches: Iterable<{ input: Tensor; target: Tensor; lengths: number[] }>) {
  for (const batch of batches) {
    const shape = batch.input.shape.slice(0, 2);
    const data = Uint8Array.from({ length: shape[0] * shape[1] }, (_, n) => (n % 3 === 1 ? 0 : 1));
    yield { ...batch, mask: { data, shape } };
  }
}

async function checkEvaluated({ make, options, batches }: Case, create: Variant['create']) {
  const runtime = create();
  const model = make(runtime);
  const one = await begin(model, 1, options).evaluate(batches(runtime));
  expect(Number.isFinite(one.loss)).toBe(true);
  expect(await begin(model, 3, options).evaluate(batches(runtime))).toEqual(one);
}

/** The same bits for one number of threads, and for another the same but for rounding. */
async function checkTrained({ make, options, batches }: Case, create: Variant['create']) {
  const run = async (threads: number) => {
    const runtime = create();
    const model = make(runtime);
    const all = [...batches(runtime), ...batches(runtime)];
    const seen = await progressOf(begin(model, threads, options), all);
    return { losses: seen.map(({ loss }) => loss), weights: model.stateDict() };
  };
  const [one, two, again] = [await run(1), await run(2), await run(2)];
  expect(again.losses).toEqual(two.losses);
  expectAllBits('weights', again.weights, two.weights);
  for (const [n, loss] of two.losses.entries()) expect(loss).toBeCloseTo(one.losses[n], 4);
}

const training = () => lanes(ids('text', 200), { batch: 5, steps: 7, epochs: 2 }) as never;
const held = () => lanes(ids('held', 90), { batch: 3, steps: 6 }) as never;
const file = (trainer: Trainer<never>) => Buffer.from(saveModel(trainer.model, { trainer }));

/** Each validation of a run is what one thread gives for the weights of that moment, and training goes on as without any. */
async function checkRun(create: Variant['create']) {
  const plain = begin(language(create()), 2);
  const losses = (await progressOf(plain, training())).map(({ loss }) => loss);
  const model = language(create());
  const trainer = begin(model, 2, { validation: { batches: held(), every: 3 } });
  const single = begin(model, 1);
  const seen: number[] = [];
  let validations = 0;
  for await (const { loss, step, validation } of trainer.run(training())) {
    seen.push(loss);
    if (!validation) continue;
    validations++;
    expect(validation).toEqual({ step, ...(await single.evaluate(held())) });
  }
  expect(validations).toBe(3);
  expect(seen).toEqual(losses);
  expectAllBits('weights', model.stateDict(), plain.model.stateDict());
}

/** The model is its owner's while workers are waited for, and a run's own threads are not disturbed. */
async function checkBeside(create: Variant['create']) {
  const alone = await progressOf(begin(language(create()), 2), training());
  const trainer = begin(language(create()), 2);
  for (const parameter of trainer.model.parameters.values())
    parameter.writeGrad(new Float32Array(parameter.size).fill(3));
  const before = file(trainer);
  let ended = false;
  const pending = trainer.evaluate(held()).finally(() => {
    ended = true;
  });
  let looks = 0;
  for (; !ended; looks++) {
    expect(Buffer.compare(file(trainer), before)).toBe(0);
    for (const parameter of trainer.model.parameters.values())
      expect(new Set(parameter.readGrad())).toEqual(new Set([3]));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await pending;
  expect(looks).toBeGreaterThan(1);
  const others: Promise<unknown>[] = [];
  const losses: number[] = [];
  for await (const { loss, step } of trainer.run(training())) {
    losses.push(loss);
    if (step === 2) others.push(trainer.evaluate(held()));
  }
  await Promise.all(others);
  expect(losses).toEqual(alone.map(({ loss }) => loss));
}

async function checkRefused(runtime: Runtime) {
  const trainer = begin(new LSTM(3, 4, { stateful: true, runtime }), 2, ofValues);
  const other = { input: tensor('x', 4, 5, 3), target: tensor('y', 4, 5, 4) } as never;
  await expect(trainer.evaluate([pair(5, 5), other] as never)).rejects.toThrow(/^input expected /);
  await expect(trainer.evaluate([{ ...pair(5, 5), lengths: [5, 5, 5, 5, 6] }] as never)).rejects.toThrow(
    /^rows 3 to 4 of the batch: lengths\[1\]/,
  );
  await expect(trainer.evaluate([{ ...pair(5, 5), lengths: [6, 5, 5, 5, 5] }] as never)).rejects.toThrow(
    /^rows 0 to 2 of the batch: lengths\[0\]/,
  );
  await expect(trainer.evaluate([])).rejects.toThrow(/^batches expected at least one/);
}

function suite({ name, create }: Variant) {
  describe(`evaluation on several threads [${name}]`, () => {
    it.each(Object.entries(CASES))('has the bits of one: %s', (_, one) => checkEvaluated(one, create));
    it('in a run', () => checkRun(create));
    it('leaves the model and a run alone', () => checkBeside(create));
    it('refuses as one thread does', () => checkRefused(create()));
  });

  describe(`buckets on several threads [${name}]`, () => {
    it.each(Object.entries(CASES).filter(([what]) => what.includes('buckets')))('%s', (_, one) =>
      checkTrained(one, create),
    );
  });
}

variants.forEach(suite);
