import { Adam, Linear, LSTM, mse, Sequential, Trainer } from 'lstm-wasm';
import { generator, season } from './series.js';

const HIDDEN = 32;
const LENGTH = 96;
const BATCH = 32;
const STEPS = 3000;
const RATE = 0.008;

/** Learns to predict the next value of any seasonal series, inferring the period from its input. */
export async function trainForecaster(report) {
  const model = new Sequential(new LSTM(1, HIDDEN, { forgetBias: 1 }), new Linear(HIDDEN, 1));
  const optimizer = new Adam(model, { lr: RATE });
  const trainer = new Trainer(model, { loss: mse, optimizer, clipNorm: 1 });
  const next = generator(1);
  for await (const { step, loss } of trainer.run(windows(next, STEPS))) {
    optimizer.lr = RATE * Math.max(0.02, 1 - step / STEPS);
    if (step % 500 === 0) report(`step ${step} of ${STEPS}, squared error ${loss.toFixed(4)}`);
  }
  const { error, naive } = trial(model);
  const figures = `squared error of the next value ${error.toFixed(3)}, that of the last one repeated ${naive.toFixed(3)}`;
  return { model, metadata: {}, figures };
}

function* windows(next, count) {
  for (let n = 0; n < count; n++) {
    const input = { data: new Float32Array(BATCH * LENGTH), shape: [BATCH, LENGTH, 1] };
    const target = { data: new Float32Array(BATCH * LENGTH), shape: [BATCH, LENGTH, 1] };
    for (let row = 0; row < BATCH; row++) {
      const values = season(next, LENGTH + 1);
      input.data.set(values.subarray(0, LENGTH), row * LENGTH);
      target.data.set(values.subarray(1), row * LENGTH);
    }
    yield { input, target };
  }
}

/** Measured on other series, over the second half of each. */
function trial(model) {
  let error = 0;
  let naive = 0;
  let count = 0;
  for (const { input, target } of windows(generator(2), 8)) {
    const { output } = model.forward(input);
    for (let n = 0; n < output.data.length; n++) {
      if (n % LENGTH < LENGTH / 2) continue;
      error += (output.data[n] - target.data[n]) ** 2;
      naive += (input.data[n] - target.data[n]) ** 2;
      count++;
    }
  }
  return { error: error / count, naive: naive / count };
}
