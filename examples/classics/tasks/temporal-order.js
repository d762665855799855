import { crossEntropy } from 'lstm-wasm';
import { draws } from '../draws.js';
import { Streak, wrongOnes } from '../streak.js';
import { makeModel, trial } from '../trial.js';

export const SYMBOLS = [...'EBXYabcd'];
const DISTRACTORS = [4, 5, 6, 7];
const [E, B, X] = SYMBOLS.keys();
/** Where the symbols that matter stand, in parts of the shortest sequence, by how many there are. */
const PLACES = {
  2: [
    [0.1, 0.2],
    [0.5, 0.6],
  ],
  3: [
    [0.1, 0.2],
    [0.33, 0.43],
    [0.66, 0.76],
  ],
};

/** An answer is right where the error of each class is below this. */
const TOLERANCE = 0.3;
const MEAN_ERROR = 0.1;
const TEST_COUNT = 2560;
const LEARNING = { batch: 32, lr: 0.02, budget: 100_000 };

const problem = (symbols, published) => ({
  name: `temporal order, ${symbols} symbols, ${2 ** symbols} classes`,
  published: `${published} sequences`,
  symbols,
  lag: 100,
  seeds: 5,
  forms: [
    { name: 'LSTM', cell: 'LSTM', units: 8, seconds: 2 },
    { name: 'RNN', cell: 'RNN', units: 8, seconds: 5 },
  ],
});

export const temporalOrder = {
  title: 'Temporal order',
  source: 'Hochreiter & Schmidhuber 1997, experiment 6',
  counts: 'sequences',
  picture: { y: 'mean of the largest error', low: 0, high: 1 },
  problems: [problem(2, '31,390'), problem(3, '571,100')],
  quick: { name: 'temporal order, 2 symbols, length 50', lag: 50, budget: 20_000 },
  run,
  said: (results) => `wrong of ${TEST_COUNT}: ${results.map(({ wrong }) => wrong).join(', ')}`,
};

function run({ symbols, lag, budget = LEARNING.budget }, { cell, units }, { seed, onProgress }) {
  const options = { returnSequences: false, ...(cell === 'LSTM' && { chrono: lag }) };
  const outputs = 2 ** symbols;
  const model = makeModel({ cell, inputs: SYMBOLS.length, units, outputs, seed, ...options });
  const streak = new Streak(MEAN_ERROR);
  const loss = (output, target, options) => {
    streak.see(answersOf(output, target));
    return crossEntropy(output, target, options);
  };
  const fresh = orders({ symbols, lag }, seed, 'training');
  const done = trial(model, { ...LEARNING, budget, fresh, loss, judge: streak.judge, onProgress });
  const test = orders({ symbols, lag }, seed, 'test');
  const wrong = wrongOnes(model, { fresh: test, count: TEST_COUNT, slice: 256, answersOf });
  model.dispose();
  return { ...done, wrong };
}

/** The largest error of any class, and whether the answer is right. The gradient of the summed cross-entropy is the error. */
export function answersOf(output, target) {
  const { grad } = crossEntropy(output, target, { reduction: 'sum' });
  const [count, classes] = output.shape;
  return Array.from({ length: count }, (_, n) => {
    const errors = grad.data.subarray(n * classes, (n + 1) * classes).map(Math.abs);
    const error = Math.max(...errors);
    return { error, right: error < TOLERANCE };
  });
}

/**
 * E, then distractors a b c d, B at the end; at two or three random places stands X or Y. Their order is the class.
 *
 * @param {{ symbols: 2 | 3, lag: number }} task `lag`: the least length, in the papers 100; the largest is a tenth more
 * @returns {(count: number) => { input: Integers, target: Int32Array, lengths: number[] }}
 */
export function orders({ symbols, lag }, seed, use) {
  const { whole, pick } = draws(seed, use);
  const longest = lag + Math.floor(lag / 10);
  return (count) => {
    const input = { data: new Int32Array(count * longest), shape: [count, longest] };
    const target = new Int32Array(count);
    const lengths = Array.from({ length: count }, () => whole(lag, longest));
    for (let n = 0; n < count; n++) {
      const sequence = input.data.subarray(n * longest, n * longest + lengths[n]);
      for (let t = 1; t < sequence.length; t++) sequence[t] = pick(DISTRACTORS);
      sequence[0] = E;
      sequence[sequence.length - 1] = B;
      for (const part of PLACES[symbols]) {
        const [from, to] = part.map((one) => Math.round(one * lag));
        const bit = whole(0, 1);
        sequence[whole(from, to)] = X + bit;
        target[n] = 2 * target[n] + bit;
      }
    }
    return { input, target, lengths };
  };
}
