import { describe, expect, it, vi } from 'vitest';
import { type Batches, batches, lanes } from '../../src/data/index.js';
import { saveModel } from '../../src/files/index.js';
import {
  Activation,
  Adam,
  AdamW,
  binaryCrossEntropy,
  chainedScheduler,
  cosineAnnealingLR,
  crossEntropy,
  Dropout,
  Embedding,
  type Layer,
  Linear,
  LSTM,
  linearLR,
  mae,
  mse,
  type Progress,
  RMSprop,
  RNN,
  type Runtime,
  reduceLROnPlateau,
  rmse,
  Sequential,
  SGD,
  sequentialLR,
  Trainer,
  type TrainerOptions,
} from '../../src/index.js';
import { trainInWorker } from '../../src/worker.js';
import { IDS, ids, tensor } from '../helpers/bits.js';
import { type Variant, variants } from '../helpers/variants.js';

/*
 * The same training twice, in this thread and in a worker: what is saved afterwards, model, optimizer, generators, carried
 * states and the place in the data, has to be the same file.
 */

interface Case {
  make(runtime: Runtime): Layer;
  options(model: Layer): TrainerOptions<never>;
  data(runtime: Runtime): Batches<never>;
}

const text = ids('text', 200);

const CASES: Record<string, Case> = {
  'a language model that carries its state, with dropout': {
    make: (runtime) =>
      new Sequential(
        new Embedding(IDS, 5, { runtime }),
        new LSTM(5, 9, { numLayers: 2, dropout: 0.3, stateful: true, runtime }),
        new Dropout(0.4, { runtime, seed: 5 }),
        new Linear(9, IDS, { runtime }),
      ),
    options: (model) => ({
      loss: crossEntropy as never,
      optimizer: new Adam(model, { lr: 0.01 }),
      clipNorm: 1,
    }),
    data: () => lanes(text, { batch: 4, steps: 7, epochs: 3 }) as never,
  },
  'a series by named columns, read through in lanes': {
    make: (runtime) =>
      new Sequential(new LSTM(2, 6, { stateful: true, runtime }), new Linear(6, 2, { runtime })),
    options: (model) => ({ loss: mse as never, optimizer: new Adam(model) }),
    data: () => {
      const series = { ...tensor('series', 61, 2), columns: ['y', 'x'] };
      const named = { inputs: ['x', 'y'], targets: ['y'], horizon: 2 };
      return lanes(series, { batch: 2, steps: 5, epochs: 2, ...named }) as never;
    },
  },
  'classes beside a series, in lanes': {
    make: (runtime) => new LSTM(2, IDS, { stateful: true, runtime }),
    options: (model) => ({ loss: crossEntropy as never, optimizer: new SGD(model, { lr: 0.1 }) }),
    data: () => {
      const sequences = { input: tensor('series', 40, 2), target: ids('classes', 40) };
      return lanes(sequences, { batch: 2, steps: 5, epochs: 2 }) as never;
    },
  },
  'shuffled rows, groups of parameters, one of them frozen': {
    make: (runtime) =>
      new Sequential(
        new RNN(3, 7, { returnSequences: false, runtime }),
        new Activation('tanh', { runtime }),
        new Linear(7, 2, { runtime }),
      ),
    options: (model) => {
      const all = [...model.parameters.values()];
      all[2].requiresGrad = false;
      const groups = [{ params: all.slice(3), lr: 0.1, momentum: 0.5 }, { params: all.slice(0, 3) }];
      return {
        loss: mse as never,
        optimizer: new SGD(groups, { momentum: 0.9 }),
        clipValue: 0.1,
        clipNorm: 2,
      };
    },
    data: (runtime) => {
      const rows = { input: tensor('x', 23, 5, 3), target: tensor('y', 23, 2) };
      return batches(rows, { batchSize: 4, epochs: 2, dropLast: true, seed: 9, runtime }) as never;
    },
  },
  'ids of one byte, time first': {
    make: (runtime) => new LSTM(IDS, 6, { timeMajor: true, returnSequences: false, runtime }),
    options: (model) => ({
      loss: binaryCrossEntropy as never,
      optimizer: new RMSprop(model, { centered: true }),
    }),
    data: (runtime) => {
      const input = { data: Buffer.from(ids('x', 20).data), shape: [20, 1] };
      const target = { data: tensor('y', 20, 6).data.map((y) => (y > 0 ? 1 : 0)), shape: [20, 6] };
      return batches({ input, target }, { batchSize: 1, shuffle: false, runtime }) as never;
    },
  },
  'all that follows from validations, three batches a step': {
    make: (runtime) =>
      new Sequential(
        new LSTM(3, 6, { returnSequences: false, dropout: 0.2, numLayers: 2, runtime }),
        new Linear(6, 2, { runtime }),
      ),
    options: (model) => {
      const { runtime } = model;
      const rows = { input: tensor('v', 9, 5, 3), target: tensor('w', 9, 2) };
      const held = batches(rows, { batchSize: 4, runtime });
      const plateau = reduceLROnPlateau({ patience: 0, threshold: 0.5, factor: 0.9 });
      const warmUp = linearLR({ totalIters: 3 });
      return {
        loss: mse as never,
        optimizer: new Adam(model, { lr: 0.05 }),
        accumulate: 3,
        schedule: chainedScheduler([
          sequentialLR([warmUp, cosineAnnealingLR({ tMax: 40 })], { milestones: [4] }),
          plateau,
        ]),
        metrics: { rmse: rmse({ scale: 2 }), mae: mae() },
        validation: { batches: held as never, every: 2, monitor: 'rmse' },
        earlyStopping: { patience: 4, minDelta: 0.001 },
        bestWeights: 'restore',
      } as TrainerOptions<never>;
    },
    data: (runtime) => {
      const rows = { input: tensor('x', 23, 5, 3), target: tensor('y', 23, 2) };
      return batches(rows, { batchSize: 4, epochs: 7, seed: 3, runtime }) as never;
    },
  },
};

function begin({ make, options, data }: Case, runtime: Runtime) {
  const model = make(runtime);
  const trainer = new Trainer<never>(model, options(model));
  return { model, trainer, data: data(runtime) };
}

type Begun = ReturnType<typeof begin>;

/** The progress reports without speed and remaining time. */
async function all(progress: AsyncIterable<Progress>): Promise<Partial<Progress>[]> {
  const seen: Partial<Progress>[] = [];
  for await (const { samplesPerSecond, secondsLeft, ...one } of progress) {
    expect(samplesPerSecond).toBeGreaterThan(0);
    expect(secondsLeft ?? 0).toBeGreaterThanOrEqual(0);
    seen.push(one);
  }
  return seen;
}

const inPage = ({ trainer, data }: Begun) => all(trainer.run(data));
const inWorker = ({ trainer, data }: Begun, signal?: AbortSignal) =>
  trainInWorker(trainer, data, { ...(signal && { signal }) });

function expectSame(a: Begun, b: Begun) {
  const [x, y] = [a, b].map(({ model, trainer, data }) => saveModel(model, { trainer, batches: data }));
  expect(Buffer.compare(x, y)).toBe(0);
}

/** Each reported value is the newest of some that were seen, with the mean of their losses; no validation is joined to a later one. */
function expectJoined(reported: Partial<Progress>[], seen: Partial<Progress>[]) {
  let from = 0;
  for (const { loss, ...rest } of reported) {
    const to = seen.findIndex(({ step }, n) => n >= from && step === rest.step);
    const { loss: _, ...newest } = seen[to];
    expect(rest).toEqual(newest);
    const joined = seen.slice(from, to + 1);
    for (const one of joined.slice(0, -1))
      expect([one.validation, one.stopped, one.skipped]).toEqual([undefined, undefined, undefined]);
    const mean = joined.reduce((sum, one) => sum + (one.loss as number), 0) / joined.length;
    expect(loss).toBeCloseTo(mean, 10);
    from = to + 1;
  }
  expect(from).toBe(seen.length);
}

/** Trained, and trained on, at the other place than before; the data begins anew. */
async function checkSame(one: Case, create: Variant['create']) {
  const [page, worker] = [begin(one, create()), begin(one, create())];
  const seen = await inPage(page);
  const reports = await all(inWorker(worker));
  expectSame(worker, page);
  expectJoined(reports, seen);
  const input = page.data.source.arrays[0] as never;
  const predict = ({ model }: Begun) => saveModel(model) && model.forward(input).output.data;
  if (one !== Object.values(CASES)[0]) expect(predict(worker)).toEqual(predict(page));
  expect(await inPage(worker)).toEqual(await inPage(page));
  expectSame(worker, page);
}

const long = (create: Variant['create'], epochs = Number.POSITIVE_INFINITY) => {
  const [one] = Object.values(CASES);
  const endless = { ...one, data: () => lanes(text, { batch: 4, steps: 7, epochs }) as never };
  return begin(endless, create());
};

/** So many steps in this thread, leaving the loop as the worker did. */
async function steps(create: Variant['create'], count: number) {
  const begun = long(create);
  if (count === 0) return begun;
  for await (const { step } of begun.trainer.run(begun.data)) if (step === count) break;
  return begun;
}

async function checkLeft(create: Variant['create']) {
  const begun = long(create);
  for await (const _ of inWorker(begun)) break;
  expect(begun.trainer.step).toBeGreaterThan(0);
  expectSame(begun, await steps(create, begun.trainer.step));
}

async function checkAborted(create: Variant['create']) {
  const begun = long(create);
  const controller = new AbortController();
  const training = inWorker(begun, controller.signal);
  const run = async () => {
    for await (const _ of training) controller.abort(new RangeError('enough'));
  };
  await expect(run()).rejects.toThrow('enough');
  await expect(training.done).rejects.toThrow('enough');
  expect(begun.trainer.step).toBeGreaterThan(0);
  expectSame(begun, await steps(create, begun.trainer.step));
  // Trained on from there, in this thread.
  begun.trainer.trainStep([...lanes(text, { batch: 4, steps: 7 })][0] as never);
}

/** While it pauses nothing comes; the model here predicts with its old weights all the while. */
async function checkPaused(create: Variant['create']) {
  const begun = long(create, 100);
  const before = begun.model.forward(ids('x', 1, 3)).output;
  const training = inWorker(begun);
  let count = 0;
  for await (const _ of training) {
    count++;
    if (count > 1) continue;
    await training.pause();
    const next = training[Symbol.asyncIterator]()
      .next()
      .then(() => 'something');
    // The reports of the steps before the pause.
    await Promise.race([next, new Promise((resolve) => setTimeout(resolve, 100))]);
    const more = training[Symbol.asyncIterator]()
      .next()
      .then(() => 'something');
    expect(await Promise.race([more, new Promise((resolve) => setTimeout(resolve, 300))])).toBe(undefined);
    expect(begun.model.forward(ids('x', 1, 3)).output).toEqual(before);
    training.resume();
  }
  const page = long(create, 100);
  await inPage(page);
  expectSame(begun, page);
  await training.pause();
  training.resume();
  training.dispose();
}

/** A pause that is never ended: abort ends it, and `dispose` does. */
async function checkPausedForGood(create: Variant['create']) {
  const [aborted, disposed] = [long(create), long(create)];
  const controller = new AbortController();
  const training = inWorker(aborted, controller.signal);
  await training[Symbol.asyncIterator]().next();
  await training.pause();
  controller.abort(new Error('enough'));
  await expect(training.done).rejects.toThrow('enough');
  expectSame(aborted, await steps(create, aborted.trainer.step));
  const file = () => saveModel(disposed.model, { trainer: disposed.trainer, batches: disposed.data });
  const before = file();
  const other = inWorker(disposed);
  await other.pause();
  other.dispose();
  await expect(all(other)).rejects.toThrow(/^this training was disposed /);
  expect(Buffer.compare(file(), before)).toBe(0);
  expect(disposed.trainer.step).toBe(0);
  disposed.trainer.trainStep([...lanes(text, { batch: 4, steps: 7 })][0] as never);
}

/** Fast steps, slow reader: few reports, none of them old. */
async function checkThrottled(create: Variant['create']) {
  const runtime = create();
  const model = new Linear(1, 1, { runtime });
  const trainer = new Trainer(model, { loss: mse, optimizer: new AdamW(model) });
  const rows = { input: tensor('x', 10, 1), target: tensor('y', 10, 1) };
  const start = performance.now();
  const reports = await all(trainInWorker(trainer, batches(rows, { batchSize: 1, epochs: 2000, runtime })));
  expect(reports.at(-1)?.step).toBe(20_000);
  expect(trainer.step).toBe(20_000);
  expect(reports.length).toBeLessThan((performance.now() - start) / 50 + 3);
}

function suite({ name, create }: Variant) {
  describe(`training in a worker [${name}]`, () => {
    it.each(Object.entries(CASES))('gives the bits of this thread: %s', (_, one) => checkSame(one, create));
    it('ends after a whole step where the loop is left', () => checkLeft(create));
    it('ends after a whole step where it is aborted', () => checkAborted(create));
    it('pauses and goes on', () => checkPaused(create));
    it('can end while it pauses', () => checkPausedForGood(create));
    it('reports progress at intervals', () => checkThrottled(create));
  });
}

variants.forEach(suite);

it('warns of nothing', async () => {
  const warn = vi.spyOn(console, 'warn');
  await all(inWorker(long(variants[0].create, 1)));
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});
