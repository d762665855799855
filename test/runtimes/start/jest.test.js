import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Adam, Linear, mse, Trainer } from 'lstm-wasm';
import { batches } from 'lstm-wasm/data';
import { loadModel, saveModel } from 'lstm-wasm/files';
import { gradientFlow } from 'lstm-wasm/inspect';
import { trainInWorker } from 'lstm-wasm/worker';
import { suite } from './suite.js';

/** Steps of a training, of either kind. */
async function steps(options) {
  const model = new Linear(2, 1);
  const trainer = new Trainer(model, { loss: mse, optimizer: new Adam(model), ...options });
  const input = { data: new Float32Array(8), shape: [4, 2] };
  const target = { data: new Float32Array(4), shape: [4, 1] };
  const rows = batches({ input, target }, { batchSize: 4, epochs: 3 });
  for await (const _ of options.threads ? trainer.run(rows) : trainInWorker(trainer, rows));
  return trainer.step;
}

test('the suite', async () => {
  const report = await suite();
  const { model } = loadModel(saveModel(new Linear(2, 1)));
  const also = {
    'threads: 2': (await steps({ threads: 2 })) === 3,
    'in a worker': (await steps({})) === 3,
    'one class': model instanceof Linear && typeof gradientFlow === 'function',
    'its own realm': !(Buffer.from('a') instanceof Object),
  };
  writeFileSync(join(__dirname, 'report.json'), JSON.stringify({ ...report, also }));
}, 60_000);
