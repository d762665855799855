import { describe, expect, it } from 'vitest';
import { loadModel, saveModel } from '../../src/files/index.js';
import {
  Adam,
  clipGradNorm,
  clipGradValue,
  Dropout,
  Linear,
  LSTM,
  mse,
  type Runtime,
  Sequential,
  type Tensor,
  Trainer,
} from '../../src/index.js';
import { expectAllBits, tensor } from '../helpers/bits.js';
import { thrownBy } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

/*
 * A training step that waits for other threads: what would change the model meanwhile is refused, reading it is not, and
 * disposing of it ends the run. None of it changes what the step computes, or memory that is not the model's.
 */

const batch = { input: tensor('x', 5, 4, 3), target: tensor('y', 5, 4, 2) };

function begin(runtime: Runtime, options = {}) {
  const model = new Sequential(
    new LSTM(3, 4, { stateful: true, numLayers: 2, dropout: 0.3, runtime }),
    new Dropout(0.2, { runtime }),
    new Linear(4, 2, { runtime }),
  );
  const optimizer = new Adam(model, { lr: 0.01 });
  const trainer = new Trainer<Tensor>(model, { loss: mse, optimizer, threads: 2, ...options });
  return { model, optimizer, trainer, parameter: [...model.parameters.values()][0] };
}

type Begun = ReturnType<typeof begin>;

/** What would change the model, the optimizer or the result of the step. */
const CHANGES: Record<string, (begun: Begun) => unknown> = {
  'a recorded forward': ({ model }) => model.forward(batch.input, { record: true }),
  'a forward with dropout': ({ model }) => model.forward(batch.input, { training: true, record: false }),
  'a recorded forward of one layer': ({ model }) => model.layers[0].forward(batch.input, { record: true }),
  backward: ({ model }) => model.backward({ output: batch.target }),
  zeroGrad: ({ model }) => model.zeroGrad(),
  'zeroGrad of one layer': ({ model }) => model.layers[2].zeroGrad(),
  resetState: ({ model }) => (model.layers[0] as LSTM).resetState(),
  loadStateDict: ({ model }) => model.loadStateDict(model.stateDict()),
  write: ({ parameter }) => parameter.write(new Float32Array(parameter.size)),
  writeGrad: ({ parameter }) => parameter.writeGrad(new Float32Array(parameter.size)),
  requiresGrad: ({ parameter }) => {
    parameter.requiresGrad = false;
  },
  'a step of the optimizer': ({ optimizer }) => optimizer.step(),
  'zeroGrad of the optimizer': ({ optimizer }) => optimizer.zeroGrad(),
  'a rate': ({ optimizer }) => {
    optimizer.lr = 3;
  },
  'the state of an optimizer': ({ optimizer }) => optimizer.loadStateDict(optimizer.stateDict()),
  'the state of a trainer': ({ trainer }) => trainer.loadStateDict(trainer.stateDict()),
  'clipping by norm': ({ model }) => clipGradNorm(model, 1e-9),
  'clipping by value': ({ model }) => clipGradValue(model, 1e-9),
  'a step of another trainer': ({ model }) =>
    new Trainer<Tensor>(model, { loss: mse, optimizer: new Adam(model) }).trainStep(batch),
  'a file, which would mix two states': ({ model, trainer }) => saveModel(model, { trainer }),
};

/** Two steps, with `act` called in each loss, and again while the step waits for the gradients of the other thread. */
async function disturbed(runtime: Runtime, act: (begun: Begun) => void) {
  const loss: typeof mse = (...given) => {
    act(begun);
    queueMicrotask(() => act(begun));
    return mse(...given);
  };
  const begun = begin(runtime, { loss });
  for await (const _ of begun.trainer.run([batch, batch]));
  return begun;
}

/** The weights are those of a run that nobody disturbed. */
async function checkRefused(create: Variant['create']) {
  const messages: Record<string, string[]> = {};
  const begun = await disturbed(create(), (begun) => {
    for (const [name, change] of Object.entries(CHANGES)) {
      messages[name] ??= [];
      messages[name].push(thrownBy(() => change(begun)).message);
    }
  });
  const expected = Array(4).fill('The model is busy: a training step is running');
  for (const name of Object.keys(CHANGES)) expect([name, messages[name]]).toEqual([name, expected]);
  const undisturbed = await disturbed(create(), () => {});
  expectAllBits('weights', begun.model.stateDict(), undisturbed.model.stateDict());
  for (const change of Object.values(CHANGES)) expect(() => change(begun)).not.toThrow(/busy/);
}

/** Reading goes on, and gives what it gives before the step. */
async function checkRead(runtime: Runtime) {
  const other = begin(runtime).model;
  const seen: boolean[] = [];
  await disturbed(runtime, ({ model, parameter }) => {
    const weights = model.stateDict();
    other.loadStateDict(weights);
    const [a, b] = [model, other].map((one) => Buffer.from(one.forward(batch.input).output.data.buffer));
    model.stream({ batch: 5 }).step(new Float32Array(15));
    seen.push(parameter.read().length === parameter.size && Buffer.compare(a, b) === 0);
  });
  expect(seen).toEqual([true, true, true, true]);
}

/** At any moment: the run fails, and memory that others have by then is not touched. */
async function checkDisposed(runtime: Runtime, dispose: (begun: Begun) => void, turns: number) {
  const begun = begin(runtime);
  const { trainer } = begun;
  const run = trainer.run([batch, batch]);
  const failed = run.next().then(() => run.next());
  failed.catch(() => {});
  for (let n = 0; n < turns; n++) await new Promise((resolve) => setTimeout(resolve, 0));
  dispose(begun);
  const other = begin(runtime, { threads: 1 });
  const weights = other.model.stateDict();
  const gradients = [...other.model.parameters.values()].map((one) => one.readGrad());
  await expect(failed).rejects.toThrow(/^this (LSTM|Linear|Sequential|Adam) was disposed of/);
  expectAllBits('weights', other.model.stateDict(), weights);
  expect([...other.model.parameters.values()].map((one) => one.readGrad())).toEqual(gradients);
  expect(() => trainer.stateDict()).not.toThrow(/busy/);
  other.trainer.trainStep(batch);
}

const DISPOSALS: Record<string, (begun: Begun) => void> = {
  'the model': ({ model }) => model.dispose(),
  'one of its layers': ({ model }) => model.layers[2].dispose(),
  'its optimizer': ({ optimizer }) => optimizer.dispose(),
};

/** Memory that is freed during a step goes back when the step ends, once. */
async function checkFreed(runtime: Runtime) {
  const sizes: number[] = [];
  for (let n = 0; n < 6; n++) {
    const begun = begin(runtime);
    const run = begun.trainer.run([batch, batch]);
    const first = run.next();
    await new Promise((resolve) => setTimeout(resolve, 0));
    begun.model.dispose();
    begun.optimizer.dispose();
    await first.then(() => run.next()).catch(() => {});
    sizes.push(runtime.memoryBytes);
  }
  expect(new Set(sizes.slice(2)).size).toBe(1);
}

/** An evaluation and a run wait for each other; a step at once is refused. */
async function checkEvaluated(runtime: Runtime) {
  const { model, trainer, parameter } = begin(runtime, { threads: 1 });
  const before = await trainer.evaluate([batch, batch, batch]);
  const pending = [1, 2].map(() => trainer.evaluate([batch, batch, batch]));
  await new Promise((resolve) => setImmediate(resolve));
  for (const change of [
    () => trainer.trainStep(batch),
    () => parameter.write(new Float32Array(parameter.size)),
    () => model.zeroGrad(),
  ])
    expect(thrownBy(change).message).toMatch(/^The model is busy: a validation is running$/);
  expect(loadModel(saveModel(model, { trainer })).training?.trainer.step).toBe('0');
  const run = trainer.run([batch]).next();
  for (const evaluation of await Promise.all(pending)) expect(evaluation).toEqual(before);
  expect((await run).value?.step).toBe(1);
}

function suite({ name, create }: Variant) {
  describe(`a model in use [${name}]`, () => {
    it('refuses to be changed', () => checkRefused(create));
    it('can be read', () => checkRead(create()));
    describe.each(Object.entries(DISPOSALS))('ends its step without %s', (_, dispose) => {
      it.each([0, 1, 3])('gone after %i turns', (turns) => checkDisposed(create(), dispose, turns));
    });
    it('frees its memory when the step ends', () => checkFreed(create()));
    it('is not changed while it is evaluated', () => checkEvaluated(create()));
  });
}

variants.forEach(suite);
