import { crossEntropy } from 'lstm-wasm';
import { mean, percent } from '../../report.js';
import { draws } from '../draws.js';
import { makeModel, trial } from '../trial.js';
import { embeddedReber, SYMBOLS } from './reber.js';

const STRINGS = 256;
const LEARNING = { batch: 16, lr: 0.02, budget: 60_000, every: 20 };

export const embedded = {
  title: 'The embedded Reber grammar',
  source: 'Hochreiter & Schmidhuber 1997, experiment 1',
  counts: 'strings',
  picture: { y: 'share of strings without a mistake', low: 0, high: 1 },
  problems: [
    {
      name: 'embedded Reber grammar',
      published: '97 to 100 % of trials, 8,440 to 39,740 strings; Elman net 0 %',
      seeds: 30,
      forms: [
        { name: 'LSTM', cell: 'LSTM', units: 12, forgetBias: 2, seconds: 1 },
        { name: 'RNN', cell: 'RNN', units: 12, seconds: 3 },
      ],
    },
  ],
  quick: { budget: 20_000 },
  run,
  said: (results) => `${percent(mean(results.map(({ curve }) => curve.at(-1)[1])))} of strings at the end`,
};

function run({ budget = LEARNING.budget }, { cell, units, forgetBias }, { seed, onProgress }) {
  const options = forgetBias === undefined ? {} : { forgetBias };
  const model = makeModel({ cell, inputs: SYMBOLS.length, units, outputs: SYMBOLS.length, seed, ...options });
  const [train, test] = ['training', 'test'].map((use) => strings(seed, use));
  const all = [...train, ...test];
  const judge = () => {
    const value = predicted(model, all).filter(Boolean).length / all.length;
    return { value, solved: value === 1 };
  };
  const { pick } = draws(seed, 'order');
  const fresh = (count) => batchOf(Array.from({ length: count }, () => pick(train)));
  const done = trial(model, { ...LEARNING, budget, fresh, loss: crossEntropy, judge, onProgress });
  model.dispose();
  return done;
}

function strings(seed, use) {
  const from = draws(seed, use);
  return Array.from({ length: STRINGS }, () => embeddedReber(from));
}

/** Every symbol but the last is read, and the one behind it asked for. */
function batchOf(list) {
  const lengths = list.map(({ symbols }) => symbols.length - 1);
  const longest = Math.max(...lengths);
  const shape = [list.length, longest];
  const [input, target] = [0, 1].map(() => ({ data: new Int32Array(list.length * longest), shape }));
  for (const [n, { symbols }] of list.entries()) {
    input.data.set(symbols.slice(0, -1), n * longest);
    target.data.set(symbols.slice(1), n * longest);
  }
  return { input, target, lengths };
}

/** Of each string whether at every step all symbols that may follow have higher outputs than all that may not. */
function predicted(model, list) {
  const { input, lengths } = batchOf(list);
  const { data, shape } = model.forward(input, { lengths }).output;
  const [, longest, K] = shape;
  return list.map(({ legal }, n) =>
    isPredicted(data.subarray(n * longest * K, (n + 1) * longest * K), legal),
  );
}

/** @param {ArrayLike<number>} outputs seven a step. @param {number[][]} legal what may follow on each step */
export function isPredicted(outputs, legal) {
  const K = SYMBOLS.length;
  return legal.slice(0, -1).every((may, t) => {
    const row = outputs.subarray(t * K, (t + 1) * K);
    const lowest = Math.min(...may.map((k) => row[k]));
    return row.every((output, k) => may.includes(k) || output < lowest);
  });
}
