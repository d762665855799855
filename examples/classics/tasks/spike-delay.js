import { mse } from 'lstm-wasm';
import { mean } from '../../report.js';
import { draws } from '../draws.js';
import { rightInARow } from '../streams.js';
import { makeModel, trial } from '../trial.js';

/** Ten trains are to be measured without a mistake, each over a thousand spikes. */
const TEST = { lanes: 10, window: 500, most: 1000 };
const TOLERANCE = 0.49;
const TRAINING = { lanes: 16, window: 60, perTrain: 10 };
const LEARNING = { lr: 0.01, budget: 10_000_000, every: 50 };
const SHARED = { units: 4, seconds: 15 };

export const spikeDelay = {
  title: 'Measuring the delay of spikes',
  source: 'Gers, Schraudolph & Schmidhuber 2002, MSD',
  counts: 'steps',
  picture: { y: 'spikes until the first mistake', low: 0, high: 1000 },
  problems: [
    {
      name: 'measure spike delay, F = 10, I in {0, 1}',
      least: 10,
      largest: 1,
      published: 'solved with peepholes and without',
      seeds: 5,
      forms: [
        { ...SHARED, name: 'LSTM', cell: 'LSTM', options: { forgetBias: 1 } },
        { ...SHARED, name: 'LSTM, peepholes', cell: 'LSTM', options: { forgetBias: 1, peepholes: true } },
        { ...SHARED, name: 'RNN', cell: 'RNN' },
      ],
    },
  ],
  quick: { budget: 500_000 },
  run,
  said: (results) => {
    const best = results.map(({ curve }) => Math.max(...curve.map(([, value]) => value)));
    return `${Math.round(mean(best)).toLocaleString('en')} spikes until a mistake, at best`;
  },
};

function run(problem, { cell, units, options }, { seed, onProgress }) {
  const { least, largest, budget = LEARNING.budget } = problem;
  const model = makeModel({ cell, inputs: 1, units, outputs: 1, seed, stateful: true, ...options });
  let tests = 0;
  const judge = () => {
    const train = { least, largest, seed: 1000 * seed + tests++, use: 'test' };
    const value = mean(rightInARow(model, spikeTrains({ ...TEST, ...train }), TEST, isRight));
    return { value, solved: value === TEST.most };
  };
  const fresh = spikeTrains({ ...TRAINING, least, largest, seed, use: 'training' });
  const batch = TRAINING.lanes * TRAINING.window;
  const done = trial(model, { ...LEARNING, budget, batch, fresh, loss: mse, judge, onProgress });
  model.dispose();
  return done;
}

/** @returns {boolean | undefined} undefined where there is no spike */
export function isRight(outputs, { target, mask }, n) {
  return mask[n] === 1 ? Math.abs(outputs[n] - target.data[n]) < TOLERANCE : undefined;
}

/**
 * Endless trains of spikes side by side, cut into windows: between two spikes lie F + I steps, I drawn each time. At each spike
 * the answer is I; elsewhere none is asked for.
 *
 * @param {object} size
 * @param {number} size.least F. @param {number} size.largest of I; the least is 0
 * @param {number} [size.perTrain] new trains begin after this many windows, with `reset` set
 * @returns {() => { input: Tensor, target: Tensor, mask: Uint8Array, reset: boolean }}
 */
export function spikeTrains({
  lanes,
  window,
  perTrain = Number.POSITIVE_INFINITY,
  least,
  largest,
  seed,
  use,
}) {
  const { whole } = draws(seed, use);
  const shape = [lanes, window, 1];
  let count = 0;
  let ahead = [];
  const spike = () => {
    const delay = whole(0, largest);
    return { delay, left: least + delay };
  };
  return () => {
    const [input, target] = [0, 1].map(() => ({ data: new Float32Array(lanes * window), shape }));
    const mask = new Uint8Array(lanes * window);
    const reset = count === 0 || count % perTrain === 0;
    if (reset) ahead = Array.from({ length: lanes }, spike);
    count++;
    for (let n = 0; n < lanes * window; n++) {
      const lane = Math.floor(n / window);
      if (--ahead[lane].left > 0) continue;
      [input.data[n], target.data[n], mask[n]] = [1, ahead[lane].delay, 1];
      ahead[lane] = spike();
    }
    return { input, target, mask, reset };
  };
}
