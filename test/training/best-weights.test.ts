import { describe, expect, it } from 'vitest';
import {
  type Batch,
  Linear,
  mse,
  type Runtime,
  SGD,
  type Tensor,
  Trainer,
  type TrainerOptions,
} from '../../src/index.js';
import { tensor } from '../helpers/bits.js';
import { progressOf } from '../helpers/progress.js';
import { bad, expectRefusal } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

/*
 * What follows from validations: when a run stops, and which weights it leaves.
 */

/** Held-out values that a model unlearns: the loss there falls first and rises then. */
function overfitting(runtime: Runtime, options: Partial<TrainerOptions<Tensor>> = {}) {
  const model = new Linear(1, 1, { runtime });
  model.loadStateDict({
    weight: { data: Float32Array.of(0), shape: [1, 1] },
    bias: { data: Float32Array.of(0), shape: [1] },
  });
  const at = (y: number): Batch<Tensor> => ({
    input: { data: Float32Array.of(1), shape: [1, 1] },
    target: { data: Float32Array.of(y), shape: [1, 1] },
  });
  const trainer = new Trainer<Tensor>(model, {
    ...{ loss: mse, optimizer: new SGD(model, { lr: 0.02 }) },
    ...{ validation: { batches: [at(0.5)], every: 1 }, ...options },
  });
  return { trainer, model, data: Array(200).fill(at(1)) as Batch<Tensor>[] };
}

const output = (model: Linear) => model.forward({ data: Float32Array.of(1), shape: [1, 1] }).output.data[0];

async function checkStopping(runtime: Runtime) {
  const { trainer, model, data } = overfitting(runtime, {
    earlyStopping: { patience: 3 },
    bestWeights: 'restore',
  });
  const all = await progressOf(trainer, data);
  const losses = all.map(({ validation }) => validation?.loss as number);
  const best = losses.indexOf(Math.min(...losses));
  expect(best).toBeGreaterThan(3);
  expect(all.length).toBe(best + 1 + 3);
  expect(all.map(({ stopped }) => stopped)).toEqual([...Array(best + 3).fill(undefined), true]);
  expect(trainer.best).toEqual({ step: best + 1, value: losses[best] });
  const { loss } = await trainer.evaluate(trainer.checkedOptions.validation?.batches as never);
  expect(loss, 'the best weights are back').toBe(losses[best]);
  expect(output(model)).toBeCloseTo(0.5, 1);
  // A run after it has all its patience again.
  expect((await progressOf(trainer, data)).length).toBeGreaterThan(2);
}

/** Better by less than it takes is not better; for the best weights it is. */
async function checkMinDelta(runtime: Runtime) {
  const { trainer, data } = overfitting(runtime, { earlyStopping: { patience: 2, minDelta: 0.05 } });
  const all = await progressOf(trainer, data);
  const losses = all.map(({ validation }) => validation?.loss as number);
  let [best, bad, end] = [losses[0], 0, 0];
  for (const [n, loss] of losses.entries()) {
    if (n > 0) [best, bad] = loss < best - 0.05 ? [loss, 0] : [best, bad + 1];
    if (bad === 2 && end === 0) end = n + 1;
  }
  expect(all.length).toBe(end);
  expect(trainer.best?.step).toBe(all.length);
}

/** On request, whenever; at the end only where it is asked for, and not where the loop is left. */
async function checkBest(runtime: Runtime) {
  const kept = overfitting(runtime, { bestWeights: 'keep' });
  expectRefusal(() => kept.trainer.restoreBest(), Error, /^restoreBest expected .*validation/);
  await progressOf(kept.trainer, kept.data);
  expect(output(kept.model)).toBeGreaterThan(0.9);
  kept.trainer.restoreBest();
  expect(output(kept.model)).toBeCloseTo(0.5, 1);
  const restored = overfitting(runtime, { bestWeights: 'restore' });
  await progressOf(restored.trainer, restored.data, 100);
  expect(output(restored.model), 'left').toBeGreaterThan(0.8);
  await progressOf(restored.trainer, restored.data.slice(0, 3));
  expect(output(restored.model), 'at its end').toBeCloseTo(0.5, 1);
  const none = overfitting(runtime);
  expectRefusal(() => none.trainer.restoreBest(), Error, /bestWeights: 'keep' or 'restore'/);
}

/** States of other models, and what is none. */
function checkStates(runtime: Runtime) {
  const { trainer } = overfitting(runtime, { bestWeights: 'keep' });
  const state = trainer.stateDict();
  const load = (monitor: object) => () =>
    trainer.loadStateDict({ ...state, monitor: bad({ ...state.monitor, ...monitor }) });
  expectRefusal(load({ best: 3 }), RangeError, /^state\.monitor\.best expected/);
  expectRefusal(load({ stopping: null }), RangeError, /^state\.monitor\.stopping expected/);
  expectRefusal(load({ weights: [] }), RangeError, /^state\.monitor\.weights expected .*parameter = 2/);
  expectRefusal(
    load({ weights: [tensor('w', 2), tensor('w', 1)] }),
    RangeError,
    /weights\[0\]" expected shape/,
  );
  expectRefusal(load({ weights: [null, null] }), TypeError, /weights\[0\] expected a tensor/);
  expect(trainer.stateDict()).toEqual(state);
}

function suite({ name, create }: Variant) {
  describe(`best weights and early stopping [${name}]`, () => {
    it('stops early', () => checkStopping(create()));
    it('stops where it gets too little better', () => checkMinDelta(create()));
    it('keeps the best weights', () => checkBest(create()));
    it('refuses the states of others', () => checkStates(create()));
  });
}

variants.forEach(suite);
