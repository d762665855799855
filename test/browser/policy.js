import { report } from './report.js';

/** Trains for an epoch, with the single file of the origin that the address names. */
report(async (parameters) => {
  const origin = parameters.get('origin') ?? location.origin;
  const library = await import(`${origin}/build/standalone/lstm-wasm.js`);
  const { Adam, batches, Linear, mse, Trainer, trainInWorker } = library;
  const model = new Linear(1, 1);
  const trainer = new Trainer(model, { loss: mse, optimizer: new Adam(model) });
  const rows = { data: new Float32Array(9), shape: [9, 1] };
  const training = trainInWorker(trainer, batches({ input: rows, target: rows }, { batchSize: 3 }));
  for await (const _ of training);
  return { step: trainer.step };
});
