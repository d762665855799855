import { afterEach, describe, expect, it } from 'vitest';
import {
  Adam,
  type Layer,
  Linear,
  LSTM,
  mse,
  type Runtime,
  Sequential,
  type Tensor,
  Trainer,
} from '../../src/index.js';
import { missingFeature } from '../../src/runtime/threads.web.js';
import { expectAllBits, tensor } from '../helpers/bits.js';
import { programText, runInstead } from '../helpers/threads.js';
import { type Variant, variants } from '../helpers/variants.js';

/*
 * What threads refuse, and how a failed run ends: its error is reported, the model is unchanged, and the next run starts afresh.
 */

const batch = { input: tensor('x', 5, 4, 3), target: tensor('y', 5, 4, 3) };

function begin(model: Layer, threads: unknown = 2, loss: unknown = mse) {
  const all = { loss: loss as typeof mse, optimizer: new Adam(model), threads: threads as number };
  return new Trainer<Tensor>(model, all);
}

const lstm = (runtime: Runtime) => new LSTM(3, 3, { stateful: true, runtime });

async function run(trainer: Trainer<Tensor>, batches: unknown[], options = {}): Promise<number> {
  for await (const _ of trainer.run(batches as (typeof batch)[], options)) {
    // Each step counts.
  }
  return trainer.step;
}

async function expectFailure(promise: Promise<unknown>, name: string, message: RegExp) {
  await expect(promise).rejects.toThrow(
    expect.objectContaining({ name, message: expect.stringMatching(message) }),
  );
}

function expectThrow(act: () => unknown, name: string, message: RegExp) {
  expect(act).toThrow(expect.objectContaining({ name, message: expect.stringMatching(message) }));
}

function checkNumbers(runtime: Runtime) {
  const model = lstm(runtime);
  for (const threads of [null, '2', true, {}, [2]])
    expectThrow(() => begin(model, threads), 'TypeError', /^threads expected a whole number, got /);
  for (const threads of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
    expectThrow(() => begin(model, threads), 'RangeError', /^threads expected .*1 /);
}

function checkModels(runtime: Runtime) {
  const linear = new Linear(3, 3, { runtime });
  const own: Layer = Object.create(linear, { parameters: { value: linear.parameters } });
  Object.setPrototypeOf(own, null);
  const methods = ['forward', 'backward', 'zeroGrad'] as const;
  for (const method of methods) Object.assign(own, { [method]: linear[method].bind(linear) });
  Object.assign(own, { runtime });
  const expected = /^threads: 2 .* this package's layers, .* got an object$/;
  expectThrow(() => begin(new Sequential(linear, new Sequential(own))), 'TypeError', expected);
  const twice = /^threads: 2 /;
  expectThrow(() => begin(new Sequential(linear, new Sequential(linear))), 'TypeError', twice);
}

/** Refused by validation or in a thread: the run ends, nothing is changed, and the next one goes on. */
async function checkBatches(runtime: Runtime) {
  const model = lstm(runtime);
  const trainer = begin(model);
  await run(trainer, [batch]);
  const before = model.stateDict();
  const other = { ...batch, input: tensor('x', 5, 4, 2) };
  await expectFailure(
    run(trainer, [other]),
    'RangeError',
    /^rows 0 to 2 of the batch: input expected shape /,
  );
  const fewer = { input: tensor('x', 4, 4, 3), target: tensor('y', 4, 4, 3) };
  const carried = /^input expected .*\[1, 5, 3\], got 4: /;
  await expectFailure(run(trainer, [fewer]), 'RangeError', carried);
  await expectFailure(run(trainer, [{ input: 3 }]), 'TypeError', /^input expected a tensor/);
  await expectFailure(run(trainer, [null]), 'TypeError', /^batch expected \{ input, target \}/);
  await expectFailure(
    run(trainer, [{ ...batch, target: tensor('y', 2) }]),
    'RangeError',
    /^"target" expected/,
  );
  const short = begin(model, 2, () => ({ loss: 1, grad: tensor('g', 5, 4) }));
  await expectFailure(run(short, [batch]), 'RangeError', /expected shape of the output = /);
  expectAllBits('weights', model.stateDict(), before);
  expect(trainer.step).toBe(1);
  expect(await run(trainer, [batch, { ...fewer, reset: true }])).toBe(3);
}

async function checkAborted(runtime: Runtime) {
  const trainer = begin(lstm(runtime));
  const controller = new AbortController();
  const aborted = async () => {
    for await (const { step } of trainer.run(Array(9).fill(batch), { signal: controller.signal }))
      if (step === 2) controller.abort(new RangeError('enough'));
  };
  await expect(aborted()).rejects.toThrow('enough');
  expect(trainer.step).toBe(2);
  expectThrow(() => trainer.trainStep(batch), 'Error', /^trainStep expected threads: 1, got 2: .*run\(\)/);
  expect(await run(trainer, [batch])).toBe(3);
}

/** Two runs of one trainer: the second step is refused while the first is under way. */
async function checkTwoRuns(runtime: Runtime) {
  const trainer = begin(lstm(runtime));
  const runs = [1, 2].map(() => trainer.run([batch, batch]));
  const settled = await Promise.allSettled(runs.map((one) => one.next()));
  // The threads of one may be open before those of the other.
  const made = settled.filter((one) => one.status === 'fulfilled').length;
  expect(made).toBeGreaterThan(0);
  for (const one of settled)
    if (one.status === 'rejected')
      expect(one.reason.message).toMatch(/^The model is busy: a training step is running$/);
  for (const one of runs) await one.return();
  expect(await run(trainer, [batch])).toBe(made + 1);
}

/** Programs that end in the ways that workers can. */
const DEATHS: Record<string, [program: string, message: RegExp]> = {
  'throws at its start': [
    'throw new SyntaxError("nothing works");',
    /worker of thread 1 failed: nothing works$/,
  ],
  exits: ['process.exit(3);', /worker of thread 1 failed: it exited with code 3$/],
  'throws when it is asked': [
    'import { parentPort as port } from "node:worker_threads"; port.on("message", () => { throw 5; });',
    /worker of thread 1 failed: 5$/,
  ],
};

async function checkDeath(runtime: Runtime, program: string, message: RegExp) {
  const model = lstm(runtime);
  const trainer = begin(model);
  const before = model.stateDict();
  runInstead(program);
  await expectFailure(run(trainer, [batch]), 'Error', message);
  runInstead();
  expectAllBits('weights', model.stateDict(), before);
  expect(await run(trainer, [batch])).toBe(1);
}

/** An error in the computation of a worker, of its kind and with the rows that it is about. */
async function checkInnerError(runtime: Runtime) {
  const trainer = begin(lstm(runtime));
  runInstead(programText().replaceAll(' model.zeroGrad();', ' model.zeroGrads();'));
  await expectFailure(run(trainer, [batch]), 'TypeError', /^rows 3 to 4 of the batch: .*zeroGrads/);
  runInstead();
  expect(await run(trainer, [batch])).toBe(1);
}

function suite({ name, create }: Variant) {
  describe(`threads [${name}]`, () => {
    afterEach(() => runInstead());

    it('refuses invalid numbers of threads', () => checkNumbers(create()));
    it('refuses models that a worker cannot rebuild', () => checkModels(create()));
    it('refuses batches as one thread does, and goes on', () => checkBatches(create()));
    it('ends when its signal is aborted, and goes on', () => checkAborted(create()));
    it('makes one step at a time', () => checkTwoRuns(create()));
    it('passes on what fails in a worker', () => checkInnerError(create()));
    it.each(Object.entries(DEATHS))('reports a worker that %s', (_, [program, message]) =>
      checkDeath(create(), program, message),
    );
  });
}

variants.forEach(suite);

it('a page without workers or shared memory gets an error that names what it lacks', () => {
  expect(missingFeature('workers')).toMatch(/^Worker\b/);
  const given = globalThis as { Worker?: unknown; SharedArrayBuffer?: unknown };
  const { SharedArrayBuffer: shared } = given;
  try {
    given.Worker = class {};
    expect(missingFeature('shared memory')).toBe(undefined);
    delete given.SharedArrayBuffer;
    expect(missingFeature('workers')).toBe(undefined);
    expect(missingFeature('shared memory')).toMatch(
      /^SharedArrayBuffer, which a page has when it is cross-origin isolated/,
    );
  } finally {
    delete given.Worker;
    given.SharedArrayBuffer = shared;
  }
});
