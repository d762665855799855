// One point of the growth: the median time of a call, and the memory that the runtime holds after it.

import { Adam, createRuntime, crossEntropy, Linear, LSTM, Sequential, Trainer } from '../build/index.js';
import { relaxed } from '../build/relaxed.js';
import { generator } from './data.js';
import { median } from './statistics.js';

const { mode, T, B, I, H, C } = JSON.parse(process.argv[2]);
const length = Number(process.argv[3]);
const runtime = createRuntime({ binary: relaxed });
const random = generator(1);
const input = { data: Float32Array.from({ length: T * B * I }, () => random(-1, 1)), shape: [T, B, I] };

function forward() {
  const lstm = new LSTM(I, H, { runtime, timeMajor: true });
  return () => lstm.forward(input);
}

function train() {
  const model = new Sequential(new LSTM(I, H, { runtime, timeMajor: true }), new Linear(H, C, { runtime }));
  const trainer = new Trainer(model, { loss: crossEntropy, optimizer: new Adam(model, { lr: 1e-3 }) });
  const data = Int32Array.from({ length: T * B }, () => Math.floor(random(0, C)));
  return () => trainer.trainStep({ input, target: { data, shape: [T, B] } });
}

const once = { forward, train }[mode]();
once();
const count = repetitions();
const times = [];
const end = performance.now() + length;
while (times.length < 3 || (performance.now() < end && times.length < 200)) times.push(timeOf(count));
console.log(JSON.stringify({ ms: median(times), bytes: runtime.memoryBytes }));

function timeOf(calls) {
  const begin = performance.now();
  for (let n = 0; n < calls; n++) once();
  return (performance.now() - begin) / calls;
}

/** As many calls as take 5 ms, after as many as the compiler needs to see. */
function repetitions() {
  let calls = 1;
  while (timeOf(calls) * calls < 5) calls *= 2;
  return calls;
}
