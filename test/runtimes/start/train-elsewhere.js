import { Adam, Linear, mse, Trainer } from 'lstm-wasm';
import { batches } from 'lstm-wasm/data';
import { trainInWorker } from 'lstm-wasm/worker';

/** Whether a worker of the package trains, wherever a bundler has put its script; or why not. */
export async function trainElsewhere() {
  const model = new Linear(2, 1);
  const trainer = new Trainer(model, { loss: mse, optimizer: new Adam(model) });
  const input = { data: new Float32Array(8).fill(1), shape: [4, 2] };
  const target = { data: new Float32Array(4), shape: [4, 1] };
  try {
    for await (const _ of trainInWorker(trainer, batches({ input, target }, { batchSize: 4, epochs: 3 })));
    return trainer.step === 3;
  } catch (error) {
    return error.message;
  }
}
