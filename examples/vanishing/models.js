import { Adam, createRuntime, GRU, Linear, LSTM, mse, RNN, Sequential, Trainer } from 'lstm-wasm';
import { COLOURS } from '../palette.js';
import { recall } from './task.js';

/** The models that are compared; `longest` is the longest lag, for chrono initialization. */
export const MODELS = {
  RNN: {},
  'LSTM, b_f = 0': { forgetBias: 0 },
  'LSTM, b_f = 1': { forgetBias: 1 },
  'LSTM, b_f = 5': { forgetBias: 5 },
  'LSTM, chrono': { chrono: true },
};

const LAYERS = { RNN, GRU };

/** Each has one colour in every figure; the GRU and the LSTM with b_f = 5 meet in none. */
export const MODEL_COLOURS = {
  RNN: COLOURS[1],
  'LSTM, b_f = 0': COLOURS[3],
  'LSTM, b_f = 1': COLOURS[0],
  'LSTM, b_f = 5': COLOURS[2],
  'LSTM, chrono': COLOURS[4],
  GRU: COLOURS[2],
};

/** A recurrent layer and a read-out of its last step; the weights depend on the seed alone. */
export function makeModel(name, { hidden, longest, seed = 1, inputs = 2, ...options }) {
  const runtime = createRuntime({ seed });
  const { chrono, ...own } = MODELS[name] ?? {};
  const Layer = LAYERS[name] ?? LSTM;
  const layer = new Layer(inputs, hidden, {
    ...{ returnSequences: false, runtime, ...own, ...options },
    ...(chrono && { chrono: longest }),
  });
  return new Sequential(layer, new Linear(hidden, 1, { runtime }));
}

/** Trains on fresh sequences of the recall task; see {@link trainOn}. */
export function train(model, { steps, seed = 1, ...options }) {
  return trainOn(model, recall(steps, seed), options);
}

/**
 * Trains on the batches that `fresh(count)` gives.
 *
 * @returns the loss and the gradient's norm of each update; training stops, with `error`, where one is not finite
 */
export function trainOn(model, fresh, { updates, lr = 0.01, batch = 16, clipNorm, optimizer }) {
  const trainer = new Trainer(model, {
    ...{ loss: mse, optimizer: optimizer ?? new Adam(model, { lr }) },
    ...(clipNorm && { clipNorm }),
  });
  const losses = [];
  const norms = [];
  try {
    for (let update = 0; update < updates; update++) {
      const { loss, gradNorm } = trainer.trainStep(fresh(batch));
      losses.push(loss);
      norms.push(gradNorm);
    }
  } catch (error) {
    return { losses, norms, error: error.message };
  }
  return { losses, norms };
}

/** The mean squared error on 128 sequences of `steps` steps. */
export function score(model, steps) {
  const { input, target } = recall(steps, 99)(128);
  return mse(model.forward(input).output, target, { runtime: model.runtime }).loss;
}
