import { mse } from 'lstm-wasm';
import { draws } from '../draws.js';
import { Streak, wrongOnes } from '../streak.js';
import { makeModel, trial } from '../trial.js';

/** An answer with this error or more is wrong. */
const TOLERANCE = 0.04;
const MEAN_ERROR = 0.01;
const TEST_COUNT = 2560;
const LEARNING = { batch: 32, lr: 0.01, budget: 100_000 };

const problem = (lag, { published, seconds }) => ({
  name: `adding, T = ${lag}`,
  published: `${published} sequences`,
  lag,
  seeds: 3,
  forms: [
    { name: 'LSTM', cell: 'LSTM', units: 8, seconds },
    { name: 'RNN', cell: 'RNN', units: 8, seconds },
  ],
});

export const adding = {
  title: 'The adding problem',
  source: 'Hochreiter & Schmidhuber 1997, experiment 4',
  counts: 'sequences',
  picture: { y: 'mean squared error', log: true },
  problems: [
    problem(100, { published: '74,000', seconds: 4 }),
    problem(500, { published: '209,000', seconds: 16 }),
    problem(1000, { published: '853,000', seconds: 32 }),
  ],
  quick: { name: 'adding, T = 30', lag: 30, budget: 40_000 },
  run,
  said: (results) => `wrong of ${TEST_COUNT}: ${results.map(({ wrong }) => wrong).join(', ')}`,
};

function run({ lag, budget = LEARNING.budget }, { cell, units }, { seed, onProgress }) {
  const options = { returnSequences: false, ...(cell === 'LSTM' && { chrono: lag }) };
  const model = makeModel({ cell, inputs: 2, units, outputs: 1, seed, ...options });
  const streak = new Streak(MEAN_ERROR);
  const loss = (output, target, options) => {
    streak.see(answersOf(output, target));
    return mse(output, target, options);
  };
  const fresh = addingSequences(lag, seed, 'training');
  const done = trial(model, { ...LEARNING, budget, fresh, loss, judge: streak.judge, onProgress });
  const test = addingSequences(lag, seed, 'test');
  const wrong = wrongOnes(model, { fresh: test, count: TEST_COUNT, slice: 128, answersOf });
  model.dispose();
  return { ...done, wrong };
}

/** The squared error of each answer, and whether it is correct. */
export function answersOf(output, target) {
  return Array.from(target.data, (y, n) => {
    const error = output.data[n] - y;
    return { error: error * error, right: Math.abs(error) < TOLERANCE };
  });
}

/**
 * The adding problem as in 1997: each step brings a value from U[-1, 1) and a marker. Two steps are marked by 1, the first among the
 * first ten, the other before the middle; the first step and the last have −1. The target at the end is .5 + (X1 + X2) / 4.
 *
 * @param {number} lag the least length; the largest is a tenth more
 * @returns {(count: number) => { input: Tensor, target: Tensor, lengths: number[] }} [count, steps, 2] and [count, 1]
 */
export function addingSequences(lag, seed, use) {
  const from = draws(seed, use);
  const longest = lag + Math.floor(lag / 10);
  return (count) => {
    const input = { data: new Float32Array(count * longest * 2), shape: [count, longest, 2] };
    const target = { data: new Float32Array(count), shape: [count, 1] };
    const lengths = Array.from({ length: count }, () => from.whole(lag, longest));
    for (let n = 0; n < count; n++) {
      const begin = n * longest * 2;
      const steps = input.data.subarray(begin, begin + lengths[n] * 2);
      target.data[n] = fill(steps, marksOf(from, lag), from);
    }
    return { input, target, lengths };
  };
}

/** @returns the target. The −1 of the first step replaces a mark there, whose value then counts as 0. */
function fill(steps, marks, { uniform }) {
  for (let n = 0; n < steps.length; n += 2) steps[n] = uniform(-1, 1);
  let sum = 0;
  for (const t of marks.filter((mark) => mark > 0)) {
    steps[2 * t + 1] = 1;
    sum += steps[2 * t];
  }
  steps[1] = -1;
  steps[steps.length - 1] = -1;
  return 0.5 + sum / 4;
}

function marksOf({ whole }, lag) {
  const first = whole(0, 9);
  let second = first;
  while (second === first) second = whole(0, Math.floor(lag / 2) - 2);
  return [first, second];
}
