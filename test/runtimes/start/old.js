import * as lstmWasm from './node_modules/lstm-wasm/build/standalone/lstm-wasm.js';
import { sendReport } from './send-report.js';
import { reportOf } from './worker-report.js';

/** Whether this main thread compiles a layer synchronously. */
function tryAtOnce() {
  try {
    new lstmWasm.LSTM(1, 1);
    return 'synchronous';
  } catch (error) {
    return error.message;
  }
}

await sendReport('page', async () => {
  const atOnce = tryAtOnce();
  const { LSTM, Linear, Sequential, ready } = lstmWasm;
  const runtime = await ready();
  const model = new Sequential(new LSTM(3, 5), new Linear(5, 2));
  const { output } = model.forward({ data: new Float32Array(6), shape: [1, 2, 3] });
  const trainer = new lstmWasm.Trainer(model, { loss: lstmWasm.mse, optimizer: new lstmWasm.Adam(model) });
  const input = { data: new Float32Array(12).fill(0.5), shape: [2, 2, 3] };
  const target = { data: new Float32Array(8), shape: [2, 2, 2] };
  const rows = () => lstmWasm.batches({ input, target }, { batchSize: 2, epochs: 3 });
  for await (const _ of lstmWasm.trainInWorker(trainer, rows()));
  for await (const _ of trainer.run(rows()));
  const also = {
    [atOnce === 'synchronous' ? atOnce : 'ready()']:
      atOnce === 'synchronous' || /main thread .*`await ready\(\)`/.test(atOnce) || atOnce,
    'ready() once': runtime === new LSTM(1, 1).runtime && (await ready()) === runtime,
    'trains, in a worker too':
      (trainer.step === 6 && output.shape.join() === '1,2,2') || `step ${trainer.step}`,
  };
  return { alone: true, also, atOnce };
});
await sendReport('web worker', () =>
  reportOf(new Worker(new URL('standalone/worker.js', import.meta.url), { type: 'module' })),
);
