import { partsLeft } from './lags.js';
import { makeModel } from './models.js';

/**
 * How much of the gradient of an untrained LSTM is left `lag` steps back, for each forget bias and scale of the recurrent weights.
 *
 * @returns rows of forget biases, columns of scales
 */
export function gridExperiment({ hidden, lag, biases, scales, seed }) {
  return biases.map((forgetBias) =>
    scales.map((scale) => {
      const model = makeModel('LSTM', { hidden, forgetBias, seed });
      for (const name of ['0.weight_hh_l0', '0.weight_ih_l0']) {
        const weight = model.parameters.get(name);
        weight.write(weight.read().map((value) => value * scale));
      }
      const [, part] = partsLeft(model, lag + 1).at(-1);
      model.dispose();
      return part;
    }),
  );
}
