import { accuracy, crossEntropy, measure } from 'lstm-wasm';
import { mean, percent } from '../../report.js';
import { checkDigits, readDigits } from '../data/digits.js';
import { draws } from '../draws.js';
import { makeModel, trial } from '../trial.js';

const TRAIN_COUNT = 8000;
const SLICE = 250;
const LEARNING = { batch: 32, lr: 0.003, every: 250 };

export const digits = {
  title: 'Handwritten digits as sequences',
  source: 'MNIST; Le, Jaitly & Hinton 2015, Bai et al. 2018',
  counts: 'images',
  hasNoCriterion: true,
  needs: checkDigits,
  picture: { y: 'share of 2,000 test images right', low: 0, high: 1 },
  problems: [
    {
      name: 'digits by rows, 28 steps',
      published: 'no such split',
      steps: 28,
      budget: 80_000,
      seeds: 1,
      forms: [
        { name: 'LSTM', cell: 'LSTM', units: 64, options: { forgetBias: 1 }, seconds: 60 },
        { name: 'RNN', cell: 'RNN', units: 64, seconds: 20 },
      ],
    },
    {
      name: 'digits by pixels, 784 steps',
      published: 'LSTM 87.2 %, RNN 21.5 %, from 60,000 images',
      steps: 784,
      budget: 40_000,
      seeds: 1,
      forms: [
        { name: 'LSTM', cell: 'LSTM', units: 64, options: { chrono: 784 }, seconds: 600 },
        { name: 'RNN', cell: 'RNN', units: 64, seconds: 200 },
      ],
    },
  ],
  quick: { name: 'digits by rows, a quarter of an epoch', budget: 2000 },
  run,
  said: (results) => `${percent(mean(results.map(({ curve }) => curve.at(-1)[1])))} right`,
};

function run({ steps, budget }, { cell, units, options }, { seed, onProgress }) {
  const { train, test } = split(readDigits());
  const inputs = 784 / steps;
  const model = makeModel({ cell, inputs, units, outputs: 10, seed, returnSequences: false, ...options });
  const { pick } = draws(seed, 'order');
  const fresh = (count) =>
    batchOf(
      Array.from({ length: count }, () => pick(train)),
      steps,
    );
  const judge = () => ({ value: shareRight(model, test, steps), solved: false });
  const done = trial(model, { ...LEARNING, budget, fresh, loss: crossEntropy, judge, onProgress });
  model.dispose();
  return done;
}

/** One split for all: 8,000 to train on, the others to test. */
function split(all) {
  const { whole } = draws(0, 'order');
  for (let n = all.length - 1; n > 0; n--) {
    const m = whole(0, n);
    [all[n], all[m]] = [all[m], all[n]];
  }
  return { train: all.slice(0, TRAIN_COUNT), test: all.slice(TRAIN_COUNT) };
}

function batchOf(images, steps) {
  const input = { data: new Float32Array(images.length * 784), shape: [images.length, steps, 784 / steps] };
  for (const [n, { pixels }] of images.entries()) input.data.set(pixels, n * 784);
  return { input, target: Int32Array.from(images, ({ digit }) => digit) };
}

function shareRight(model, images, steps) {
  let right = 0;
  for (let from = 0; from < images.length; from += SLICE) {
    const { input, target } = batchOf(images.slice(from, from + SLICE), steps);
    right += measure(accuracy(), model.forward(input).output, target) * target.length;
  }
  return right / images.length;
}
