import { mse } from 'lstm-wasm';
import { gradientFlow } from 'lstm-wasm/inspect';
import { MODELS, makeModel, score, train } from './models.js';
import { recall } from './task.js';

const CLIP = 1;

/**
 * How much of the gradient is left after a number of steps back: ‖∂loss/∂h‖ of an RNN, ‖∂loss/∂c‖ of an LSTM, before training and after it, with
 * gradients clipped and not.
 *
 * @returns for each of the three, for each model `[lag, part]` for lags from 0 up with the first seed, and what it scores with each
 */
export function lagsExperiment({ seeds, seed, ...sizes }) {
  const kinds = {
    'before training': undefined,
    'after training, clipped': CLIP,
    'after training, not clipped': 0,
  };
  return Object.entries(kinds).map(([when, clipNorm]) => ({
    when,
    curves: Object.keys(MODELS).map((name) => {
      const runs = Array.from({ length: seeds }, (_, n) => runOf(name, clipNorm, seed + n, sizes));
      return { name, points: runs[0].points, errors: runs.map(({ error }) => error) };
    }),
  }));
}

function runOf(name, clipNorm, seed, { lags, hidden, lag, updates }) {
  const model = makeModel(name, { hidden, longest: lags, seed });
  if (clipNorm !== undefined) train(model, { steps: lag, updates, clipNorm, seed });
  const run = { points: partsLeft(model, lags + 1), error: score(model, lag) };
  model.dispose();
  return run;
}

/** `[steps back, part]`: what is left of the gradient at the last step. */
export function partsLeft(model, steps, which) {
  const { layers } = gradientFlow(model, recall(steps, 7)(4), { loss: mse });
  const [level] = layers;
  const norms = level[which ?? (level.dc ? 'dc' : 'dh')];
  return Array.from(norms, (_, lag) => [lag, norms[steps - 1 - lag] / norms[steps - 1]]);
}
