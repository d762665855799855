import { Adam, createRuntime, Linear, LSTM, mse, RNN, Sequential, Trainer } from 'lstm-wasm';
import { recall } from './task.js';

/** The models that are compared; `longest` is the lag that chrono initialisation is told of. */
export const MODELS = {
  RNN: {},
  'LSTM, b_f = 0': { forgetBias: 0 },
  'LSTM, b_f = 1': { forgetBias: 1 },
  'LSTM, b_f = 5': { forgetBias: 5 },
  'LSTM, chrono': { chrono: true },
};

export const COLOURS = ['#c2410c', '#7c3aed', '#0b62a4', '#15803d', '#a16207'];

/** A recurrent layer and a read-out of its last step; the weights hang on the seed alone. */
export function makeModel(name, { hidden, longest, seed = 1, ...options }) {
  const runtime = createRuntime({ seed });
  const { chrono, ...own } = MODELS[name] ?? {};
  const Layer = name.startsWith('RNN') ? RNN : LSTM;
  const layer = new Layer(2, hidden, {
    ...{ returnSequences: false, runtime, ...own, ...options },
    ...(chrono && { chrono: longest }),
  });
  return new Sequential(layer, new Linear(hidden, 1, { runtime }));
}

/** Trains on fresh sequences. @returns the loss of each update; it ends where one is not finite */
export function train(model, { steps, updates, lr = 0.01, batch = 16, clipNorm, optimizer, seed = 1 }) {
  const trainer = new Trainer(model, {
    ...{ loss: mse, optimizer: optimizer ?? new Adam(model, { lr }) },
    ...(clipNorm && { clipNorm }),
  });
  const fresh = recall(steps, seed);
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

/** The mean squared error on 128 sequences of so many steps. */
export function score(model, steps) {
  const { input, target } = recall(steps, 99)(128);
  return mse(model.forward(input).output, target, { runtime: model.runtime }).loss;
}
