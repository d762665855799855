import { mse } from 'lstm-wasm';
import { gradientFlow } from 'lstm-wasm/inspect';
import { MODELS, makeModel, score, train } from './models.js';
import { recall } from './task.js';

const CLIP = 1;

/**
 * How much of the gradient is left so many steps back: ‖∂loss/∂h‖ of an RNN, ‖∂loss/∂c‖ of an LSTM, before training and after it, with
 * gradients clipped and not.
 *
 * @returns for each of the three, for each model `[lag, part]` for lags from 0 up, and what it scores
 */
export function lagsExperiment({ lags, hidden, trainSteps, updates }) {
  const kinds = { before: undefined, 'after, clipped': CLIP, 'after, not clipped': 0 };
  return Object.entries(kinds).map(([when, clipNorm]) => ({
    when,
    curves: Object.keys(MODELS).map((name) => {
      const model = makeModel(name, { hidden, longest: lags });
      const trained =
        clipNorm === undefined ? undefined : train(model, { steps: trainSteps, updates, clipNorm });
      const points = partsLeft(model, lags + 1);
      const result = { name, points, error: score(model, trainSteps), stopped: trained?.error };
      model.dispose();
      return result;
    }),
  }));
}

/** Of the gradient at the last step, what is left so many steps back. */
export function partsLeft(model, steps, which) {
  const { layers } = gradientFlow(model, recall(steps, 7)(4), { loss: mse });
  const [level] = layers;
  const norms = level[which ?? (level.dc ? 'dc' : 'dh')];
  return Array.from(norms, (_, lag) => [lag, norms[steps - 1 - lag] / norms[steps - 1]]);
}
