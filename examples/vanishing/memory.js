import { makeModel, score, train } from './models.js';

/**
 * A trained LSTM forgets: as its forget biases are lowered step by step, and as sequences get longer than those it was trained on.
 *
 * @returns `closing` [shift of the bias, error] and `growing` [steps, error]
 */
export function memoryExperiment({ hidden, lag, updates, seed }) {
  const trainSteps = Math.ceil(lag / 2);
  const model = makeModel('LSTM, b_f = 5', { hidden, seed });
  train(model, { steps: trainSteps, updates, clipNorm: 1, seed });
  const lengths = [];
  for (let steps = 10; steps <= 8 * lag; steps = Math.ceil(steps * 1.4)) lengths.push(steps);
  const growing = lengths.map((steps) => [steps, score(model, steps)]);
  const bias = model.parameters.get('0.bias_ih_l0');
  const learned = bias.read();
  const closing = Array.from({ length: 13 }, (_, n) => {
    const shift = -n / 2;
    bias.write(learned.map((value, at) => (at >= hidden && at < 2 * hidden ? value + shift : value)));
    return [shift, score(model, trainSteps)];
  });
  model.dispose();
  return { closing, growing, trainSteps };
}
