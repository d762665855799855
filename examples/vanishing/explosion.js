import { mse, SGD } from 'lstm-wasm';
import { gradientFlow } from 'lstm-wasm/inspect';
import { partsLeft } from './lags.js';
import { makeModel, train } from './models.js';
import { recall } from './task.js';

const CLIP = 1;

/** An RNN of relu units, each of which reads itself back times `gain`: h' = relu(W x + gain h). */
function gainRNN(hidden, gain, seed) {
  const model = makeModel('RNN', { hidden, seed, nonlinearity: 'relu', init: 'identity' });
  const U = model.parameters.get('0.weight_hh_l0');
  U.write(U.read().map((value) => value * gain));
  const W = model.parameters.get('0.weight_ih_l0');
  // The initialization of Le et al. is close to 0; with these weights the output follows the input at once.
  W.write(W.read().map((value) => value * 200));
  return model;
}

/** How the gradient grows on its way back where the recurrent weights are large. */
export function growth({ hidden, lags, gains, seed }) {
  return gains.map((gain) => {
    const model = gainRNN(hidden, gain, seed);
    const points = partsLeft(model, lags + 1).filter(([, part]) => Number.isFinite(part));
    model.dispose();
    return { gain, points };
  });
}

/** The same of tanh units and of LSTMs whose initial recurrent weights are multiplied. */
export function largeWeights({ hidden, lags, scales, seed }) {
  return ['RNN', 'LSTM, b_f = 1'].flatMap((name) =>
    scales.map((scale) => {
      const model = makeModel(name, { hidden, seed });
      const U = model.parameters.get('0.weight_hh_l0');
      U.write(U.read().map((value) => value * scale));
      const points = partsLeft(model, lags + 1, 'dh');
      model.dispose();
      return { name, scale, points };
    }),
  );
}

/** Training, with clipping and without: the gradient's norm at each update, and where it ended. */
export function explodingTraining({ hidden, lengths, gain, updates, lr, seed }) {
  return lengths.flatMap((steps) =>
    [CLIP, 0].map((clipNorm) => {
      const model = gainRNN(hidden, gain, seed);
      const { warnings } = gradientFlow(model, recall(steps, 7)(4), { loss: mse });
      const optimizer = new SGD(model, { lr });
      const { losses, norms, error } = train(model, { steps, updates, clipNorm, optimizer, seed });
      model.dispose();
      return {
        steps,
        clipNorm,
        losses,
        norms,
        error,
        warning: warnings.find((text) => text.includes('explodes')),
      };
    }),
  );
}
