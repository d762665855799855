import { Adam, createRuntime, Linear, LSTM, mse, RNN, Sequential, Trainer } from 'lstm-wasm';
import { sequences } from './task.js';

export const MODELS = { LSTM, RNN };
export const RATES = [1e-2, 3e-3, 1e-3];
export const TEST_COUNT = 2560;

const BATCH = 32;
const CLIP = 1;
const VALIDATION_COUNT = 512;
const SLICE = 256;
const CURVE_POINTS = 80;
/** From here on an answer counts as wrong, as in the paper (whose targets spread over 1, not over 2 as here). */
const TOLERANCE = 0.04;

/**
 * A model of each kind differs in its recurrent layer alone: same width, same read-out, initial weights as the package
 * gives them. The seed is the runtime's, from which each layer draws its weights.
 *
 * @param {'LSTM' | 'RNN'} kind
 */
export function makeModel(kind, hidden, runtime) {
  const recurrent = new MODELS[kind](2, hidden, { returnSequences: false, runtime });
  return new Sequential(recurrent, new Linear(hidden, 1, { runtime }));
}

/**
 * Trains on sequences that are fresh at every update. Over the second half the learning rate falls to zero, so that a run
 * does not end on one of the spikes that Adam makes at a high rate.
 *
 * @returns {[update: number, mse: number][]} the learning curve, on a validation set
 */
export function train(model, { lag, steps, lr, seed }) {
  const optimizer = new Adam(model, { lr });
  const trainer = new Trainer(model, { loss: mse, optimizer, clipNorm: CLIP });
  const fresh = sequences(lag, 'training', seed);
  const validation = sequences(lag, 'validation')(VALIDATION_COUNT);
  const every = Math.ceil(steps / CURVE_POINTS);
  const curve = [];
  for (let step = 1; step <= steps; step++) {
    optimizer.lr = lr * Math.min(1, 2 * (1 - (step - 1) / steps));
    trainer.trainStep(fresh(BATCH));
    if (step % every === 0 || step === steps) curve.push([step, score(model, validation).mse]);
  }
  return curve;
}

/** The mean squared error over a set, and the share of its answers that are right. */
export function score(model, { input, target }) {
  const output = { data: answers(model, input), shape: target.shape };
  const right = target.data.filter((y, n) => Math.abs(output.data[n] - y) < TOLERANCE).length;
  return { mse: mse(output, target, { runtime: model.runtime }).loss, right: right / target.data.length };
}

/** In slices, so that a long lag does not fill the memory. Where they are cut does not change a bit of the answers. */
function answers(model, { data, shape: [count, lag, width] }) {
  const all = new Float32Array(count);
  for (let from = 0; from < count; from += SLICE) {
    const size = Math.min(SLICE, count - from);
    const part = data.subarray(from * lag * width, (from + size) * lag * width);
    all.set(model.forward({ data: part, shape: [size, lag, width] }).output.data, from);
  }
  return all;
}

/** One run: a fresh model, trained at one learning rate, then tested. */
export function run(kind, { lag, hidden, steps, lr, seed, test }) {
  const began = performance.now();
  const model = makeModel(kind, hidden, createRuntime({ seed }));
  const curve = train(model, { lag, steps, lr, seed });
  const result = { kind, seed, lr, steps, curve, ...score(model, test) };
  model.dispose();
  return { ...result, validation: curve.at(-1)[1], seconds: (performance.now() - began) / 1000 };
}

/** Of runs at several learning rates the one that ended best on the validation set: the test set has no say. */
export function best(runs) {
  return runs.reduce((a, b) => (b.validation < a.validation ? b : a));
}
