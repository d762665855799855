import { crossEntropy, Embedding } from 'lstm-wasm';
import { draws } from '../draws.js';
import { Shortcut } from '../shortcut.js';
import { makeModel, trial } from '../trial.js';

/** The largest error that any output may have at any step. */
const TOLERANCE = 0.25;
const LEARNING = { batch: 4, lr: 0.01, budget: 30_000, every: 10 };
/** The 1997 cell: no forget gate, and h(c) = c. */
const CELL_OF_1997 = { noForgetGate: true, activations: ['sigmoid', 'tanh', 'affine'] };

export const noiseFree = {
  title: 'A long lag without noise',
  source: 'Hochreiter & Schmidhuber 1997, experiment 2a',
  counts: 'sequences',
  picture: { y: 'largest error of any output', low: 0, high: 1 },
  problems: [
    {
      name: 'noise-free long lag, p = 100',
      published: '100 % of trials, 5,040 sequences; BPTT and RTRL 0 %',
      lag: 100,
      seeds: 5,
      forms: [
        { name: 'LSTM', cell: 'LSTM', units: 8, options: CELL_OF_1997, seconds: 3 },
        { name: 'RNN', cell: 'RNN', units: 8, seconds: 12 },
      ],
    },
  ],
  quick: { name: 'noise-free long lag, p = 20', lag: 20, budget: 8000 },
  run,
  said: (results) => `largest error ${Math.max(...results.map(({ curve }) => curve.at(-1)[1])).toFixed(2)}`,
};

function run({ lag, budget = LEARNING.budget }, { cell, units, options }, { seed, onProgress }) {
  const model = modelOf({ lag, cell, units, options, seed });
  const both = pairs(lag, [0, 1]);
  const judge = () => {
    const value = largestError(model, both);
    return { value, solved: value < TOLERANCE };
  };
  const { whole } = draws(seed, 'training');
  const fresh = (count) =>
    pairs(
      lag,
      Array.from({ length: count }, () => whole(0, 1)),
    );
  const done = trial(model, { ...LEARNING, budget, fresh, loss: crossEntropy, judge, onProgress });
  model.dispose();
  return done;
}

/** As in the paper, the outputs see the input as well: what follows from the last symbol needs no memory. */
function modelOf({ lag, cell, units, options, seed }) {
  const symbols = lag + 1;
  const recurrent = makeModel({ cell, inputs: symbols, units, outputs: symbols, seed, ...options });
  const direct = new Embedding(symbols, symbols, { runtime: recurrent.runtime });
  direct.parameters.get('weight').write(new Float32Array(symbols * symbols));
  return new Shortcut(recurrent, direct);
}

/**
 * x a₁ … a₍p₋₁₎ x, or the same with y: symbols 0 to p − 2 are the aₖ, then come x and y.
 *
 * @param {number} lag p. @param {number[]} which 0 for the sequence with x, 1 for that with y
 */
export function pairs(lag, which) {
  const shape = [which.length, lag];
  const [input, target] = [0, 1].map(() => ({ data: new Int32Array(which.length * lag), shape }));
  for (const [n, bit] of which.entries()) {
    const symbols = [lag - 1 + bit, ...Array(lag - 1).keys(), lag - 1 + bit];
    input.data.set(symbols.slice(0, -1), n * lag);
    target.data.set(symbols.slice(1), n * lag);
  }
  return { input, target };
}

/**
 * Of all outputs at all steps. There are no sequences but these two and training has ended, so what holds for both holds for the
 * paper's 10,000 in a row. The gradient of the summed cross-entropy is the error.
 */
function largestError(model, { input, target }) {
  const { output } = model.forward(input);
  const { grad } = crossEntropy(output, target, { reduction: 'sum', runtime: model.runtime });
  return grad.data.reduce((most, error) => Math.max(most, Math.abs(error)), 0);
}
