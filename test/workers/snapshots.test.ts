import { afterEach, describe, expect, it } from 'vitest';
import { batches } from '../../src/data/index.js';
import { loadModel, saveModel, writeSafetensors } from '../../src/files/index.js';
import {
  Adam,
  Dropout,
  Linear,
  LSTM,
  mse,
  type Progress,
  type Runtime,
  Sequential,
  Trainer,
} from '../../src/index.js';
import { trainInWorker } from '../../src/worker.js';
import { ProgressQueue } from '../../src/workers/progress-queue.js';
import { tensor } from '../helpers/bits.js';
import { thrownBy } from '../helpers/refusals.js';
import { runInstead } from '../helpers/threads.js';
import { type Variant, variants } from '../helpers/variants.js';

/*
 * What a training in a worker tells and gives while it runs: every validation, files of the model as it is, and its end on demand.
 */

const rows = { input: tensor('x', 8, 4, 3), target: tensor('y', 8, 4, 2) };

function begin(runtime: Runtime, { epochs = Number.POSITIVE_INFINITY, ...options } = {}) {
  const model = new Sequential(
    new LSTM(3, 4, { numLayers: 2, dropout: 0.3, runtime }),
    new Dropout(0.2, { runtime }),
    new Linear(4, 2, { runtime }),
  );
  const optimizer = new Adam(model, { lr: 0.01 });
  const trainer = new Trainer(model, { loss: mse, optimizer, ...options } as never);
  const data = batches(rows, { batchSize: 3, epochs, runtime }) as never;
  return { model, trainer, data, training: () => trainInWorker(trainer, data) };
}

const held = (runtime: Runtime) => batches(rows, { batchSize: 4, shuffle: false, runtime });
const file = ({ model, trainer, data }: ReturnType<typeof begin>) =>
  Buffer.from(saveModel(model, { trainer, batches: data }));

/** As many as in this thread, whoever reads how slowly; the losses are means that leave nothing out. */
async function checkValidations(create: Variant['create'], slow: boolean) {
  const options = (runtime: Runtime) => ({ epochs: 20, validation: { batches: held(runtime), every: 1 } });
  const [here, there] = [create(), create()].map((runtime) => begin(runtime, options(runtime)));
  const seen: Progress[] = [];
  for await (const progress of here.trainer.run(here.data)) seen.push(progress);
  const training = there.training();
  if (slow) await training.done;
  const reported: Progress[] = [];
  for await (const progress of training) reported.push(progress);
  expect(seen.length).toBe(60);
  const plain = (all: Progress[]) => all.map(({ step, loss, validation }) => ({ step, loss, validation }));
  expect(plain(reported)).toEqual(plain(seen));
}

/** Each skipped batch is reported, and its loss is in no mean. */
async function checkSkipped(create: Variant['create']) {
  const target = { data: rows.target.data.slice(), shape: rows.target.shape };
  target.data[9] = Number.NaN;
  const runtime = create();
  const { trainer } = begin(runtime, { onNonFinite: 'skip' } as never);
  const data = batches({ ...rows, target }, { batchSize: 2, epochs: 30, shuffle: false, runtime }) as never;
  let skipped = 0;
  for await (const progress of trainInWorker(trainer, data)) {
    if (progress.skipped) skipped++;
    else expect(progress.loss).toBeGreaterThan(0);
  }
  expect(skipped).toBe(30);
  expect(trainer.step).toBe(90);
}

/** Training from a snapshot, made while running or paused, gives the same results as the original training. */
async function checkSnapshot(create: Variant['create'], paused: boolean) {
  const begun = begin(create(), { epochs: 200 });
  const before = file(begun);
  const training = begun.training();
  for await (const { step } of training) if (step > 3) break;
  expect(file(begun)).not.toEqual(before);
  const next = trainInWorker(begun.trainer, begun.data);
  if (paused) await next.pause();
  const [bytes, again] = [await next.snapshot({ metadata: { of: 'now' } }), await next.snapshot()];
  if (paused) {
    expect(loadModel(again).model.stateDict()).toEqual(loadModel(bytes).model.stateDict());
    next.resume();
  }
  await next.done;
  const loaded = loadModel<Sequential>(bytes, { runtime: create() });
  expect(loaded.metadata).toEqual({ of: 'now' });
  const other = begin(loaded.model.runtime, { epochs: 200 });
  const resumed = new Trainer(loaded.model, { loss: mse, optimizer: new Adam(loaded.model) });
  resumed.loadStateDict(loaded.training?.trainer as never);
  (other.data as ReturnType<typeof batches>).loadStateDict(loaded.training?.batches as never);
  for await (const _ of resumed.run(other.data));
  expect(resumed.step).toBe(600);
  const all = file({ ...other, model: loaded.model, trainer: resumed as never });
  expect(Buffer.compare(all, file(begun))).toBe(0);
}

/** Asked for before the worker has begun, and when the training is over. */
async function checkEarlyAndLate(create: Variant['create']) {
  const begun = begin(create(), { epochs: 1 });
  const training = begun.training();
  const early = training.snapshot();
  await training.done;
  expect(loadModel(await early).model.parameterCount).toBe(begun.model.parameterCount);
  expect(Buffer.compare(await training.snapshot(), file(begun))).toBe(0);
  await expect(training.snapshot({ metadata: { a: 1 } } as never)).rejects.toThrow(
    /^metadata\.a expected text, got 1/,
  );
  await expect(training.snapshot({ meta: {} } as never)).rejects.toThrow(/unknown option "meta"/);
}

/** What is written here would be the weights from before the run. */
async function checkRefused(create: Variant['create'], paused: boolean) {
  const { model, trainer, data, training: train } = begin(create());
  const training = train();
  await training[Symbol.asyncIterator]().next();
  if (paused) await training.pause();
  const saves: (() => unknown)[] = [
    () => saveModel(model),
    () => saveModel(model, { trainer, batches: data }),
    () => saveModel(model.layers[0]),
    () => writeSafetensors(model.stateDict()),
    () => trainer.stateDict(),
    () => trainer.optimizer.stateDict(),
  ];
  const changes: (() => unknown)[] = [
    () => model.zeroGrad(),
    () => model.loadStateDict({}),
    () => [...model.parameters.values()][0].write(new Float32Array(48)),
    () => trainer.trainStep(rows as never),
    () => trainer.restoreBest(),
    () => trainInWorker(trainer, data),
    () => {
      trainer.optimizer.lr = 1;
    },
  ];
  for (const act of [...saves, ...changes])
    expect(thrownBy(act).message).toMatch(
      /^(The model is busy: training in a worker is running$|restoreBest expected)/,
    );
  await expect(trainer.evaluate(data)).rejects.toThrow(
    /^The model is busy: training in a worker is running$/,
  );
  await training.stop();
  for (const act of saves) expect(act).not.toThrow();
}

/** At any time: a whole step, its results here, and the loop ends. */
async function checkStop(create: Variant['create'], when: 'at once' | 'running' | 'paused' | 'over') {
  const begun = begin(create(), { epochs: when === 'over' ? 1 : Number.POSITIVE_INFINITY });
  const training = begun.training();
  if (when === 'running' || when === 'paused') await training[Symbol.asyncIterator]().next();
  if (when === 'paused') await training.pause();
  if (when === 'over') await training.done;
  await training.stop();
  await training.stop();
  await training.pause();
  training.resume();
  for await (const { step } of training) expect(step).toBeLessThanOrEqual(begun.trainer.step);
  const here = begin(begun.model.runtime.variant === 'simd' ? create() : create());
  const { step } = begun.trainer;
  expect(step > 0).toBe(when !== 'at once');
  if (step === 0 || when === 'over') return;
  for await (const progress of here.trainer.run(here.data)) if (progress.step === step) break;
  expect(Buffer.compare(file(begun), file(here))).toBe(0);
}

/** A worker that never says anything: whoever stops waiting gets the model as it was. */
async function checkSilent(create: Variant['create']) {
  runInstead('setInterval(() => {}, 1000);');
  const begun = begin(create());
  const before = file(begun);
  const controller = new AbortController();
  const ways: [(training: ReturnType<typeof trainInWorker>) => unknown, RegExp | undefined][] = [
    [(training) => training.stop(), undefined],
    [(training) => training.dispose(), /^this training was disposed/],
    [() => controller.abort(new RangeError('enough')), /^enough$/],
  ];
  for (const [act, message] of ways) {
    const training = trainInWorker(begun.trainer, begun.data, { signal: controller.signal });
    const snapshot = training.snapshot();
    const paused = training.pause();
    setTimeout(() => act(training), 30);
    if (message) await expect(training.done).rejects.toThrow(message);
    else await training.done;
    await paused;
    // Only dispose may have thrown something away.
    if (message?.source.includes('disposed')) await expect(snapshot).rejects.toThrow(message);
    else expect(Buffer.compare(await snapshot, before)).toBe(0);
    expect(Buffer.compare(file(begun), before)).toBe(0);
  }
}

/** The same for the threads of a run, and of an evaluation. */
async function checkSilentThreads(create: Variant['create']) {
  runInstead('setInterval(() => {}, 1000);');
  const begun = begin(create(), { threads: 2 } as never);
  const before = file(begun);
  const calls = [
    (signal: AbortSignal) => begun.trainer.run(begun.data, { signal }).next(),
    (signal: AbortSignal) => begun.trainer.evaluate(begun.data, { signal }),
  ];
  for (const call of calls) {
    const controller = new AbortController();
    const pending = call(controller.signal);
    setTimeout(() => controller.abort(new RangeError('enough')), 30);
    await expect(pending).rejects.toThrow(/^enough$/);
    expect(Buffer.compare(file(begun), before)).toBe(0);
  }
}

function suite({ name, create }: Variant) {
  describe(`a training in a worker that runs [${name}]`, () => {
    afterEach(() => runInstead());

    it('reports each validation', () => checkValidations(create, false));
    it('reports each validation to a late reader', () => checkValidations(create, true));
    it('reports each skipped batch', () => checkSkipped(create));
    it('gives files of the model as it is', () => checkSnapshot(create, false));
    it('gives the same file again while it pauses', () => checkSnapshot(create, true));
    it('gives files before it begins and after it ends', () => checkEarlyAndLate(create));
    it('refuses to save or change the model here', () => checkRefused(create, false));
    it('refuses it while it pauses, too', () => checkRefused(create, true));
    it.each(['at once', 'running', 'paused', 'over'] as const)('stops: %s', (when) =>
      checkStop(create, when),
    );
    it('can be ended where the worker never answers', () => checkSilent(create));
    it('can be ended where a thread never answers', () => checkSilentThreads(create));
  });
}

variants.forEach(suite);

it('joined progress is the mean of its steps', () => {
  const queue = new ProgressQueue();
  const add = (step: number, loss: number, more = {}) =>
    queue.add({ progress: { step, loss, gradNorm: step, samplesPerSecond: 1, ...more }, steps: 1 });
  add(1, 4);
  add(2, 1);
  add(3, 1, { validation: { step: 3, loss: 9, metrics: {} } });
  add(4, 5);
  add(4, Number.NaN, { skipped: 'why' });
  add(4, 3, { skipped: 'why' });
  add(5, 7);
  const joined = queue
    .drain()
    .map(({ progress: { step, loss, gradNorm }, steps }) => [step, loss, gradNorm, steps]);
  expect(joined).toEqual([
    [3, 2, 3, 3],
    [4, 5, 4, 1],
    [4, Number.NaN, 4, 1],
    [4, 3, 4, 1],
    [5, 7, 5, 1],
  ]);
  expect(queue.isEmpty).toBe(true);
});
