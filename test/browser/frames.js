import {
  Adam,
  batches,
  Linear,
  LSTM,
  mse,
  Sequential,
  Trainer,
  trainInWorker,
} from '/build/standalone/lstm-wasm.js';
import { report } from './report.js';

/** Turns of idle seconds and of seconds with a training, from the call to the model's return, one after the other. */
report(async (parameters) => {
  const seconds = Number(parameters.get('seconds'));
  const rounds = [];
  const training = make();
  await pass(2000); // what opening the page leaves to do
  for (let n = 0; n < Number(parameters.get('rounds')); n++) {
    const idle = await watch(() => pass(seconds * 1000));
    const before = training.trainer.step;
    const busy = await watch(() => train(training, seconds));
    rounds.push({ idle, busy, steps: training.trainer.step - before, reports: training.reports });
  }
  return { rounds, hidden: document.hidden, parameters: training.model.parameterCount };
});

/** 128 units, and 13 MB of data to send. */
function make() {
  const model = new Sequential(new LSTM(16, 128, { returnSequences: false }), new Linear(128, 1));
  const trainer = new Trainer(model, { loss: mse, optimizer: new Adam(model) });
  const input = {
    data: new Float32Array(4000 * 50 * 16).map((_, n) => ((n * 7) % 13) / 13),
    shape: [4000, 50, 16],
  };
  const target = { data: new Float32Array(4000).map((_, n) => ((n * 3) % 5) / 5), shape: [4000, 1] };
  return {
    model,
    trainer,
    reports: 0,
    data: () => batches({ input, target }, { batchSize: 32, epochs: Infinity }),
  };
}

async function train(training, seconds) {
  const end = performance.now() + seconds * 1000;
  const line = document.createElement('p');
  document.body.append(line);
  training.reports = 0;
  for await (const { step, loss } of trainInWorker(training.trainer, training.data())) {
    training.reports++;
    line.textContent = `step ${step}, loss ${loss}`;
    if (performance.now() > end) break;
  }
}

/** The intervals between frames while something lasts, the tasks over 50 ms, and which scripts ran in frames that took as long. */
async function watch(wait) {
  const intervals = [];
  const tasks = [];
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) tasks.push(duration);
  });
  observer.observe({ type: 'longtask' });
  const scripts = [];
  const frames = new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      for (const { duration, sourceURL, sourceFunctionName, invoker } of entry.scripts)
        scripts.push({
          duration,
          what: `${sourceFunctionName || invoker} of ${sourceURL.split('/').at(-1)}`,
        });
  });
  frames.observe({ type: 'long-animation-frame' });
  let last;
  let watching = true;
  requestAnimationFrame(function frame(time) {
    if (last !== undefined) intervals.push(time - last);
    last = time;
    if (watching) requestAnimationFrame(frame);
  });
  await wait();
  watching = false;
  await pass(100);
  observer.disconnect();
  frames.disconnect();
  return { intervals, tasks, scripts };
}

function pass(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
