import { crossEntropy } from 'lstm-wasm';
import { draws } from '../draws.js';
import { makeModel, trial } from '../trial.js';

const LETTERS = 8;
const COPIED = 10;
const BLANK = 8;
const GO = 9;
const SYMBOLS = 10;
/** Solved: a hundredth of the loss without memory. */
const PART = 0.01;
const LEARNING = { batch: 32, lr: 0.01, every: 25 };

const problem = ({ lag, units, budget, seconds, published }) => ({
  name: `copy, T = ${lag}`,
  published,
  ...{ lag, units, budget },
  seeds: 1,
  forms: [
    { name: 'LSTM, standard', cell: 'LSTM', options: { forgetBias: 1 }, seconds },
    { name: 'LSTM, chrono', cell: 'LSTM', isChrono: true, seconds },
    { name: 'RNN', cell: 'RNN', seconds: seconds / 3 },
  ],
});

export const copy = {
  title: 'The copy task',
  source: 'Arjovsky, Shah & Bengio 2016; Tallec & Ollivier 2018',
  counts: 'sequences',
  picture: { y: 'cross-entropy ÷ that without memory', low: 0 },
  problems: [
    problem({
      ...{ lag: 100, units: 64, budget: 320_000, seconds: 250 },
      published: 'at T = 1000 standard stays at the baseline, chrono leaves it',
    }),
  ],
  quick: { name: 'copy, T = 5', lag: 5, units: 24, budget: 10_000 },
  run,
  said: (results) => {
    const losses = results.map(({ curve, baseline }) => curve.at(-1)[1] * baseline);
    return `loss ${losses.map((loss) => loss.toFixed(4)).join(', ')}, memoryless ${results[0].baseline.toFixed(4)}`;
  },
};

/** The loss of a model without memory: it knows where the letters are, and guesses each of ten among eight. */
export function memoryless(lag) {
  return (COPIED * Math.log(LETTERS)) / (lag + 2 * COPIED);
}

function run({ lag, units, budget }, { cell, isChrono, options }, { seed, onProgress }) {
  const model = makeModel({
    cell,
    inputs: SYMBOLS,
    units,
    outputs: SYMBOLS,
    seed,
    ...options,
    ...(isChrono && { chrono: lag }),
  });
  const baseline = memoryless(lag);
  const losses = [];
  const loss = (...given) => {
    const result = crossEntropy(...given);
    losses.push(result.loss);
    return result;
  };
  const judge = () => {
    const value = losses.reduce((sum, one) => sum + one, 0) / losses.length / baseline;
    losses.length = 0;
    return { value, solved: value < PART };
  };
  const fresh = copies(lag, seed, 'training');
  const done = trial(model, { ...LEARNING, budget, fresh, loss, judge, onProgress });
  model.dispose();
  return { ...done, baseline };
}

/**
 * Ten letters of eight, T − 1 blanks, a go symbol, ten blanks; the targets are blanks, and the letters over the last ten steps.
 *
 * @returns {(count: number) => { input: Integers, target: Integers }} both [count, T + 20]
 */
export function copies(lag, seed, use) {
  const { whole } = draws(seed, use);
  const steps = lag + 2 * COPIED;
  return (count) => {
    const [input, target] = [0, 1].map(() => ({
      data: new Int32Array(count * steps).fill(BLANK),
      shape: [count, steps],
    }));
    for (let from = 0; from < count * steps; from += steps) {
      const letters = Int32Array.from({ length: COPIED }, () => whole(0, LETTERS - 1));
      input.data.set(letters, from);
      input.data[from + lag + COPIED - 1] = GO;
      target.data.set(letters, from + lag + COPIED);
    }
    return { input, target };
  };
}
