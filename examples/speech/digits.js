import { Adam, crossEntropy, Dropout, Linear, LSTM, Sequential, Trainer, cosineAnnealingLR } from 'lstm-wasm';
import { bucketBatches } from 'lstm-wasm/data';
import { stacked } from './features.js';
import { augment } from './augment.js';
import { generator } from './random.js';

export const SETTINGS = { hidden: 128, levels: 1, lr: 4e-3, dropout: 0.3, batchSize: 32, patience: 8, asked: 0.5, stack: 3, epochs: 30 };

export function createModel(bands, { hidden, levels, dropout }, runtime) {
  return new Sequential(
    new LSTM(bands, hidden, { numLayers: levels, dropout: levels > 1 ? dropout : 0, forgetBias: 1, runtime }),
    new Dropout(dropout, { runtime }),
    new Linear(hidden, 10, { runtime }),
  );
}

const IGNORED = -100;

function targetOf({ shape: [frames] }, digit, asked) {
  return new Int32Array(frames).fill(digit).fill(IGNORED, 0, Math.floor(frames * asked));
}

export function examplesOf(items, asked) {
  return {
    input: items.map(({ frames }) => stacked(frames, SETTINGS.stack)),
    target: items.map(({ frames, digit }) => targetOf(stacked(frames, SETTINGS.stack), digit, asked)),
  };
}

const metric = (mode, kind) => ({
  better: kind==='acc'?'higher':'lower',
  tally({ data, shape: [rows, steps, classes] }, target) {
    let right = 0, ce=0;
    for (let row = 0; row < rows; row++) {
      const its = target.data.subarray(row * steps, (row + 1) * steps);
      const last = its.findLastIndex((d) => d >= 0);
      const first = its.findIndex((d) => d >= 0);
      const sum = new Float64Array(classes);
      for (let t = mode === 'last' ? last : first; t <= last; t++) {
        const x = data.subarray((row * steps + t) * classes, (row * steps + t + 1) * classes);
        const m = Math.max(...x); let z = 0; for (const v of x) z += Math.exp(v - m);
        for (let c = 0; c < classes; c++) sum[c] += x[c] - m - Math.log(z);
      }
      const n = mode==='last'?1:last-first+1;
      for (let c=0;c<classes;c++) sum[c]/=n;
      const m=Math.max(...sum); let z=0; for(const v of sum) z+=Math.exp(v-m);
      ce -= sum[its[last]]-m-Math.log(z);
      if (sum.indexOf(Math.max(...sum)) === its[last]) right++;
    }
    return [kind==='acc'?right:ce, rows];
  },
  value: ([r, n]) => r / n,
});

export const metrics = { last: metric('last','acc'), mean: metric('mean','acc'), ceLast: metric('last','ce'), ceMean: metric('mean','ce') };

export async function trainDigits({ train, validation }, { settings = SETTINGS, changes, runtime, onEpoch }) {
  const { batchSize, lr, asked, epochs, patience } = settings;
  const model = createModel(train[0].frames.shape[1] * SETTINGS.stack, settings, runtime);
  const perEpoch = Math.ceil(train.length / batchSize);
  const trainer = new Trainer(model, {
    loss: crossEntropy,
    optimizer: new Adam(model, { lr }),
    clipNorm: 1,
    schedule: cosineAnnealingLR({ tMax: epochs * perEpoch }),
    metrics,
    validation: { batches: bucketBatches(examplesOf(validation, asked), { batchSize: 100, shuffle: false, runtime }), every: perEpoch, monitor: 'ceLast' },
    earlyStopping: { patience },
    bestWeights: 'restore',
  });
  let epoch = 0;
  let sum=0,n=0;
  for await (const p of trainer.run(epochsOf(train, settings, changes, runtime))) {
    sum+=p.loss;n++;
    if (p.validation) { onEpoch?.(++epoch, p.validation, sum/n); sum=n=0; }
  }
  return { model, trainer };
}

function* epochsOf(train, { batchSize, asked, epochs }, changes, runtime) {
  const random = generator(runtime.seed);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const items = train.map((item) => ({ ...item, frames: augment(item.frames, random, changes) }));
    yield* bucketBatches(examplesOf(items, asked), { batchSize, seed: epoch, runtime });
  }
}
