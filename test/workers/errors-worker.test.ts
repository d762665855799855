import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { batches, lanes } from '../../src/data/index.js';
import { saveModel } from '../../src/files/index.js';
import {
  Adam,
  chainedScheduler,
  type Layer,
  Linear,
  LSTM,
  mse,
  type Runtime,
  Sequential,
  SGD,
  Trainer,
} from '../../src/index.js';
import { trainInWorker } from '../../src/worker.js';
import { tensor } from '../helpers/bits.js';
import { programText, runInstead } from '../helpers/threads.js';
import { type Variant, variants } from '../helpers/variants.js';
import { writeProgram } from '../helpers/worker-program.js';

/*
 * What training in a worker refuses, how its errors come back and what they leave, and that no process waits for it in vain.
 */

const rows = { input: tensor('x', 8, 4, 3), target: tensor('y', 8, 4, 3) };

function begin(
  runtime: Runtime,
  { model = new LSTM(3, 3, { runtime }) as Layer, loss = mse as unknown, ...more } = {},
) {
  const optimizer = new Adam(model, { lr: 0.01 });
  const trainer = new Trainer(model, { loss: loss as typeof mse, optimizer, ...more });
  const data = batches(rows, { batchSize: 3, epochs: 2, runtime });
  return { model, trainer, data, file: () => saveModel(model, { trainer, batches: data }) };
}

function expectThrow(act: () => unknown, name: string, message: RegExp) {
  expect(act).toThrow(expect.objectContaining({ name, message: expect.stringMatching(message) }));
}

async function expectFailure(promise: Promise<unknown>, name: string, message: RegExp) {
  await expect(promise).rejects.toThrow(
    expect.objectContaining({ name, message: expect.stringMatching(message) }),
  );
}

function checkRefusals(runtime: Runtime) {
  const { trainer, data, model } = begin(runtime);
  const call = trainInWorker as (...given: unknown[]) => unknown;
  for (const bad of [undefined, null, {}, model])
    expectThrow(() => call(bad, data), 'TypeError', /^trainer expected a Trainer, got /);
  for (const bad of [undefined, null, [], rows, [...data]])
    expectThrow(
      () => call(trainer, bad),
      'TypeError',
      /^batches expected .*batches\(\), lanes\(\) or bucketBatches\(\)/,
    );
  expectThrow(
    () => call(trainer, data, { sinal: 1 }),
    'TypeError',
    /unknown option "sinal"; did you mean "signal"/,
  );
  expectThrow(
    () => call(trainer, data, { signal: 1 }),
    'TypeError',
    /^signal expected an AbortSignal, got 1$/,
  );
  const own = (output: never, target: never) => mse(output, target);
  const functions = /^loss expected one of crossEntropy, mse, binaryCrossEntropy, got a function/;
  expectThrow(() => call(begin(runtime, { loss: own }).trainer, data), 'TypeError', functions);
  const metric = { better: 'lower', tally: () => [1], value: () => 1 };
  const refused: [object, RegExp][] = [
    [{ schedule: () => 1 }, /^schedule expected .* got a function/],
    [{ schedule: chainedScheduler([() => 1]) }, /^schedule expected .* got a function/],
    [{ metrics: { own: metric } }, /^metrics\.own expected one of accuracy, .* got a custom metric/],
    [
      { metrics: { own: { ...metric, config: { type: 'toString' } } } },
      /^metrics\.own expected one of accuracy/,
    ],
    [{ validation: { batches: [...data] } }, /^validation\.batches expected .*batches\(\), lanes\(\)/],
  ];
  for (const [options, message] of refused)
    expectThrow(() => call(begin(runtime, options).trainer, data), 'TypeError', message);
  const threaded = begin(runtime, { threads: 2 } as never).trainer;
  expectThrow(
    () => call(threaded, data),
    'RangeError',
    /^trainInWorker expected a Trainer with threads: 1, got 2$/,
  );
  expect(trainer.trainStep([...data][0]).step).toBe(1);
}

function checkModels(runtime: Runtime) {
  const { data } = begin(runtime);
  const linear = new Linear(3, 3, { runtime });
  const twice = begin(runtime, { model: new Sequential(linear, linear) }).trainer;
  expectThrow(() => trainInWorker(twice, data), 'TypeError', /^trainInWorker expected /);
  class Own extends SGD {}
  const optimizer = new Own(linear);
  const other = new Trainer(linear, { loss: mse, optimizer });
  expectThrow(
    () => trainInWorker(other, data),
    'TypeError',
    /^optimizer expected one of SGD, RMSprop, Adam, AdamW, got/,
  );
  const both = new SGD([...linear.parameters.values(), ...new Linear(1, 1, { runtime }).parameters.values()]);
  const wide = new Trainer(linear, { loss: mse, optimizer: both });
  expectThrow(
    () => trainInWorker(wide, data),
    'TypeError',
    /^optimizer expected only the model's parameters/,
  );
}

/** Until the worker has ended, the trainer is not to be used; what failed to begin leaves it free. */
async function checkBusy(runtime: Runtime) {
  const { trainer, data } = begin(runtime);
  const training = trainInWorker(trainer, data);
  expectThrow(
    () => trainInWorker(trainer, data),
    'Error',
    /^The model is busy: training in a worker is running/,
  );
  const [batch] = batches(rows, { batchSize: 3, runtime });
  expectThrow(() => trainer.trainStep(batch), 'Error', /busy: training in a worker/);
  await training.done;
  trainer.trainStep(batch);
}

/** A loss that is not finite: the model as after the last good step, as the page would have it. */
async function checkNotFinite(create: Variant['create']) {
  const input = { data: rows.input.data.slice(), shape: rows.input.shape };
  const target = { data: rows.target.data.slice(), shape: rows.target.shape };
  target.data[target.data.length - 1] = Number.NaN;
  const [page, worker] = [create(), create()].map((runtime) => {
    const begun = begin(runtime);
    return { ...begun, data: batches({ input, target }, { batchSize: 3, shuffle: false, runtime }) };
  });
  const run = async () => {
    for await (const _ of page.trainer.run(page.data));
  };
  await expectFailure(run(), 'Error', /^step 3: the loss is NaN; nothing was changed$/);
  const training = trainInWorker(worker.trainer, worker.data);
  await expectFailure(training.done, 'Error', /^step 3: the loss is NaN; nothing was changed$/);
  expect(worker.trainer.step).toBe(2);
  const [a, b] = [page, worker].map(({ model, trainer, data }) =>
    saveModel(model, { trainer, batches: data }),
  );
  expect(Buffer.compare(a, b)).toBe(0);
}

/** What the first step refuses, of its kind; nothing has changed but the place in the data. */
async function checkInner(runtime: Runtime) {
  const { trainer, model } = begin(runtime);
  const before = saveModel(model);
  const wrong = batches({ ...rows, input: tensor('x', 8, 4, 2) }, { batchSize: 3, runtime });
  await expectFailure(trainInWorker(trainer, wrong).done, 'RangeError', /^input expected shape /);
  const text = lanes(new Uint8Array(40).fill(9), { batch: 2, steps: 4 });
  await expectFailure(trainInWorker(trainer, text as never).done, 'RangeError', /input/);
  expect(Buffer.compare(saveModel(model), before)).toBe(0);
  expect(trainer.step).toBe(0);
}

const DEATHS: Record<string, [program: string, message: RegExp]> = {
  'throws at its start': ['throw new SyntaxError("nothing works");', /this training failed: nothing works$/],
  exits: ['process.exit(3);', /this training failed: it exited with code 3$/],
  'throws when it is asked': [
    'import { parentPort as port } from "node:worker_threads"; port.on("message", () => { throw 5; });',
    /this training failed: 5$/,
  ],
};

async function checkDeath(runtime: Runtime, program: string, message: RegExp) {
  const { trainer, data, file } = begin(runtime);
  const before = file();
  runInstead(program);
  await expectFailure(trainInWorker(trainer, data).done, 'Error', message);
  runInstead();
  expect(Buffer.compare(file(), before)).toBe(0);
  await trainInWorker(trainer, data).done;
  expect(trainer.step).toBe(6);
}

/** The worker runs out of memory when it rebuilds the model. */
async function checkMemory(runtime: Runtime) {
  const { trainer, data, file } = begin(runtime);
  const before = file();
  runInstead(programText().replace(/^( *)allocate\((\w+)\) \{$/m, '$&\n$1  $2 = 5e9;'));
  await expectFailure(trainInWorker(trainer, data).done, 'RangeError', /^out of memory: .*5000000000/);
  expect(Buffer.compare(file(), before)).toBe(0);
}

async function checkAbortedBefore(runtime: Runtime) {
  const { trainer, data, file } = begin(runtime);
  const before = file();
  const training = trainInWorker(trainer, data, { signal: AbortSignal.abort(new RangeError('no')) });
  await expectFailure(training.done, 'RangeError', /^no$/);
  const controller = new AbortController();
  const other = trainInWorker(trainer, data, { signal: controller.signal });
  controller.abort(new RangeError('not now'));
  await expectFailure(other.done, 'RangeError', /^not now$/);
  expect(Buffer.compare(file(), before)).toBe(0);
}

/** Left in the middle of a validation, which is long: the worker does not wait for its end, and here it is made up for. */
async function checkLeftValidating(create: Variant['create']) {
  const held = (runtime: Runtime) => batches(rows, { batchSize: 1, shuffle: false, runtime });
  const options = (runtime: Runtime) => ({
    validation: { batches: held(runtime), every: 1 },
    bestWeights: 'keep',
  });
  const [page, worker] = [create(), create()].map((runtime) => {
    const begun = begin(runtime, options(runtime) as never);
    return { ...begun, data: batches(rows, { batchSize: 3, epochs: 300, runtime }) };
  });
  for await (const _ of trainInWorker(worker.trainer, worker.data)) break;
  const { step } = worker.trainer;
  expect(step).toBeGreaterThan(0);
  for await (const progress of page.trainer.run(page.data)) if (progress.step === step) break;
  const last = async ({ trainer, data }: typeof page) => {
    for await (const { step: now } of trainer.run(data)) if (now === step + 2) break;
    return saveModel(trainer.model, { trainer, batches: data });
  };
  const [a, b] = [await last(page), await last(worker)];
  expect(Buffer.compare(a, b)).toBe(0);
}

/** Gone while it was trained: nothing is written to memory that others may have by now. */
async function checkDisposed(runtime: Runtime) {
  const { trainer, data, model } = begin(runtime);
  const training = trainInWorker(trainer, data);
  model.dispose();
  await expectFailure(training.done, 'Error', /^this LSTM was disposed of/);
}

function suite({ name, create }: Variant) {
  describe(`training in a worker [${name}]`, () => {
    afterEach(() => runInstead());

    it('refuses what is none of its arguments', () => checkRefusals(create()));
    it('rejects models and optimizers that a worker cannot rebuild', () => checkModels(create()));
    it('locks the model', () => checkBusy(create()));
    it('stops after the last successful step if the loss is not finite', () => checkNotFinite(create));
    it('passes on errors of a step', () => checkInner(create()));
    it('passes on that memory is out', () => checkMemory(create()));
    it('begins nothing once it is aborted', () => checkAbortedBefore(create()));
    it('ends in the middle of a validation', () => checkLeftValidating(create));
    it('writes to no model that was disposed of', () => checkDisposed(create()));
    it.each(Object.entries(DEATHS))('reports a worker that %s', (_, [program, message]) =>
      checkDeath(create(), program, message),
    );
  });
}

variants.forEach(suite);

const folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-ends-'));
let bundle: string;

const PROGRAM = `
import { Adam, Linear, mse, Trainer } from './src/index.js';
import { batches } from './src/data/index.js';
import { saveModel } from './src/files/index.js';
import { trainInWorker } from './src/worker.js';
const model = new Linear(1, 1);
const trainer = new Trainer(model, { loss: mse, optimizer: new Adam(model) });
const one = { data: new Float32Array(1), shape: [1, 1] };
const controller = new AbortController();
const data = batches({ input: one, target: one }, { batchSize: 1, epochs: Infinity });
const training = trainInWorker(trainer, data, { signal: controller.signal });
const file = () => saveModel(model, { trainer });
const ended = async () => console.log('over', trainer.step > 0 && file().length > 0);
const leave = async (before) => { for await (const _ of training) { await before?.(); break; } await ended(); };
const ways = {
  forgets() {},
  async pauses() { await training.pause(); },
  async waits() { for await (const { step } of training) if (step > 500) break; await ended(); },
  async throws() { for await (const _ of training) throw new Error('mine'); },
  async exits() { for await (const _ of training) process.exit(7); },
  async disposes() { for await (const _ of training) training.dispose(); },
  'leaves paused': () => leave(() => training.pause()),
  'leaves pausing': () => leave(() => void training.pause()),
  'stops paused': () => leave(async () => { await training.pause(); await training.stop(); }),
  'aborts paused': () => leave(async () => {
    await training.pause();
    controller.abort(new Error('enough'));
    await training.done.catch(({ message }) => console.log(message));
  }).catch(({ message }) => console.log('loop', message)),
  'aborts pausing': () => leave(async () => {
    const paused = training.pause();
    controller.abort(new Error('enough'));
    await paused;
    await training.done.catch(({ message }) => console.log(message));
  }).catch(({ message }) => console.log('loop', message)),
  async 'aborts at once'() {
    controller.abort(new Error('enough'));
    await training.done.catch(({ message }) => console.log(message));
  },
  async 'disposes paused'() {
    await training.pause();
    training.dispose();
    await training.done.catch(({ message }) => console.log(message));
  },
  async 'disposes at once'() {
    training.dispose();
    await training.done.catch(({ message }) => console.log(message));
  },
  'saves paused': () => leave(async () => {
    await training.pause();
    console.log((await training.snapshot()).length > 0);
  }),
  'resumes': () => leave(async () => { await training.pause(); training.resume(); }),
  async 'stops at once'() { await training.pause(); training.resume(); await training.stop(); console.log('over'); },
};
await ways[process.argv[2]]();
`;

describe('a process', () => {
  beforeAll(() => {
    bundle = writeProgram(folder, PROGRAM);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['forgets', 0, '', ''],
    ['pauses', 0, '', ''],
    ['waits', 0, 'over true\n', ''],
    ['throws', 1, '', 'Error: mine'],
    ['exits', 7, '', ''],
    ['disposes', 1, '', 'was disposed of before it ended'],
    ['leaves paused', 0, 'over true\n', ''],
    ['leaves pausing', 0, 'over true\n', ''],
    ['stops paused', 0, 'over true\n', ''],
    ['aborts paused', 0, 'enough\nloop enough\n', ''],
    ['aborts pausing', 0, 'enough\nloop enough\n', ''],
    ['aborts at once', 0, 'enough\n', ''],
    ['disposes paused', 0, 'this training was disposed of before it ended: the model is as before\n', ''],
    ['disposes at once', 0, 'this training was disposed of before it ended: the model is as before\n', ''],
    ['saves paused', 0, 'true\nover true\n', ''],
    ['resumes', 0, 'over true\n', ''],
    ['stops at once', 0, 'over\n', ''],
  ])('that %s ends', { timeout: 30_000 }, (way, code, printed, complaint) => {
    const { status, stdout, stderr, signal } = spawnSync(process.execPath, [bundle, way], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect([signal, status, stdout]).toEqual([null, code, printed]);
    if (complaint === '') expect(stderr).toBe('');
    else expect(stderr).toContain(complaint);
  });
});
