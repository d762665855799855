import { binaryCrossEntropy } from 'lstm-wasm';
import { mean } from '../../report.js';
import { draws } from '../draws.js';
import { rightInARow } from '../streams.js';
import { CONSTANT, FALLING, makeModel, trial } from '../trial.js';
import { reberStream, SYMBOLS } from './reber.js';

/** Ten streams of 100,000 symbols without a mistake are what the paper calls a perfect solution. */
const TEST = { lanes: 10, window: 500, most: 100_000 };
/** An output is right within .49 of its target, 0 or 1: beyond ± σ⁻¹(.51) = ln(.51 / .49). */
const MARGIN = 0.0400053;
/** Training streams have 400 symbols, so that the first symbols after a start are learned too. */
const TRAINING = { lanes: 16, window: 40, perStream: 10 };
const LEARNING = { lr: 0.01, budget: 8_000_000, every: 250 };
const SHARED = { units: 8, seconds: 30 };

export const continual = {
  title: 'The continual embedded Reber grammar',
  source: 'Gers, Schmidhuber & Cummins 2000',
  counts: 'symbols',
  picture: { y: 'symbols until the first mistake', log: true, low: 1, high: 100_000 },
  problems: [
    {
      name: 'continual embedded Reber grammar',
      seeds: 10,
      forms: [
        {
          ...{ ...SHARED, name: 'LSTM, rate falls', cell: 'LSTM', rate: FALLING },
          published: '62 % of trials are perfect',
        },
        {
          ...{ ...SHARED, name: 'LSTM, constant rate', cell: 'LSTM', rate: CONSTANT },
          published: '18 % of trials are perfect',
        },
        {
          ...{ ...SHARED, name: 'LSTM without forget gate', cell: 'LSTM', rate: FALLING, noForgetGate: true },
          published: '0 % of trials are perfect',
        },
        { ...SHARED, name: 'RNN', cell: 'RNN', rate: FALLING },
      ],
    },
  ],
  quick: { budget: 400_000 },
  run,
  said: (results) => {
    const best = results.map(({ curve }) => Math.max(...curve.map(([, value]) => value)));
    return `${Math.round(mean(best)).toLocaleString('en')} symbols until a mistake, at best`;
  },
};

function run({ budget = LEARNING.budget }, { cell, units, rate, noForgetGate }, { seed, onProgress }) {
  const size = { inputs: SYMBOLS.length, units, outputs: SYMBOLS.length };
  const model = makeModel({ cell, ...size, seed, noForgetGate, stateful: true });
  let tests = 0;
  const judge = () => {
    const value = mean(symbolsUntilMistake(model, 1000 * seed + tests++));
    return { value, solved: value === TEST.most };
  };
  const fresh = reberWindows({ ...TRAINING, seed, use: 'training' });
  const batch = TRAINING.lanes * TRAINING.window;
  const options = { ...LEARNING, budget, batch, rate, fresh, judge, onProgress };
  const done = trial(model, { ...options, loss: binaryCrossEntropy });
  model.dispose();
  return done;
}

/** For each test stream; each seed has its own streams. */
function symbolsUntilMistake(model, seed, size = TEST) {
  const next = reberWindows({ ...size, seed, use: 'test' });
  return rightInARow(model, next, size, isRight);
}

/** Whether the outputs separate the symbols that may follow symbol `n` from all others. */
export function isRight(outputs, { target }, n) {
  const K = SYMBOLS.length;
  for (let k = n * K; k < (n + 1) * K; k++) {
    if (target.data[k] === 1 ? outputs[k] <= MARGIN : outputs[k] >= -MARGIN) return false;
  }
  return true;
}

/**
 * Endless parallel streams, cut into windows: the symbols [lanes, window], and which may follow [lanes, window, 7] as 0 and 1.
 *
 * @param {{ lanes: number, window: number, perStream?: number, seed: number, use: string }} size after `perStream` windows new streams
 *   begin, and `reset` says so
 */
export function reberWindows({ lanes, window, perStream = Number.POSITIVE_INFINITY, seed, use }) {
  const from = Array.from({ length: lanes }, (_, lane) => draws(lanes * seed + lane, use));
  const K = SYMBOLS.length;
  let streams = [];
  let count = 0;
  return () => {
    const input = { data: new Int32Array(lanes * window), shape: [lanes, window] };
    const target = { data: new Float32Array(lanes * window * K), shape: [lanes, window, K] };
    const reset = count === 0 || count % perStream === 0;
    if (reset) streams = from.map(reberStream);
    count++;
    for (let n = 0; n < lanes * window; n++) {
      const { symbol, legal } = streams[Math.floor(n / window)].next().value;
      input.data[n] = symbol;
      for (const k of legal) target.data[n * K + k] = 1;
    }
    return { input, target, reset };
  };
}
