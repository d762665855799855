import { mse } from 'lstm-wasm';
import { gradientFlow } from 'lstm-wasm/inspect';
import { MODELS, makeModel } from './models.js';
import { recall } from './task.js';

/**
 * ‖∂loss/∂c‖ of untrained LSTMs step by step, and of it the part that came along the cell alone and the rest, which came through
 * the gates and the recurrent weights.
 *
 * @returns for each LSTM `[steps back, part]` of each path, as parts of the whole at the last step
 */
export function flowExperiment({ hidden, lag, lags, seed }) {
  return Object.keys(MODELS)
    .filter((name) => name.startsWith('LSTM'))
    .map((name) => {
      const model = makeModel(name, { hidden, longest: lags, seed });
      const [level] = gradientFlow(model, recall(lag + 1, 7)(4), { loss: mse }).layers;
      model.dispose();
      const points = (norms) => Array.from(norms, (_, back) => [back, norms[lag - back] / level.dc[lag]]);
      const { dc, alongCell, throughGates } = level;
      // At the last step nothing has come through a gate: that 0 has no place on a logarithmic axis.
      const through = points(throughGates).slice(1);
      return { name, paths: { whole: points(dc), along: points(alongCell), through } };
    });
}
