// An LSTM that sounds like an overdriven amplifier, and an audio node that runs it.

import {
  Adam,
  batches,
  Linear,
  LSTM,
  mse,
  Sequential,
  saveModel,
  Trainer,
} from '../../build/standalone/lstm-wasm.js';

const HIDDEN = 8;
const STEPS = 64;

/** What the model learns: it distorts loud sounds, and a filter takes the edge off. */
export function distort(samples) {
  let last = 0;
  return samples.map((x) => {
    last += 0.4 * (Math.tanh(6 * x) - last);
    return last;
  });
}

/** A string that is plucked again and again, with rising strength. */
export function pluck(count, rate = 44_100) {
  return Float32Array.from({ length: count }, (_, n) => {
    const t = n / rate;
    const tone = Math.sin(2 * Math.PI * 110 * t) + 0.5 * Math.sin(2 * Math.PI * 220 * t);
    return 0.5 * Math.min(1, t + 0.1) * tone * Math.exp(-4 * (t % 0.5));
  });
}

/** Trains for some epochs; the bytes of the model. */
export async function train(epochs, onLoss = () => {}) {
  const model = new Sequential(new LSTM(1, HIDDEN), new Linear(HIDDEN, 1));
  const trainer = new Trainer(model, { loss: mse, optimizer: new Adam(model, { lr: 0.01 }), clipNorm: 1 });
  const dry = pluck(256 * STEPS);
  const shape = [256, STEPS, 1];
  const rows = { input: { data: dry, shape }, target: { data: distort(dry), shape } };
  for await (const { loss } of trainer.run(batches(rows, { batchSize: 32, epochs }))) onLoss(loss);
  return saveModel(model);
}

/** An audio node that runs the model; a compiled module saves the audio thread from compiling its own. */
export async function amplifierNode(context, file, module) {
  await context.audioWorklet.addModule(new URL('processor.js', import.meta.url));
  return new AudioWorkletNode(context, 'amplifier', {
    numberOfInputs: 1,
    outputChannelCount: [1],
    processorOptions: { file, module },
  });
}
