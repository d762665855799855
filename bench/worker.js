// One contender in its own process. It reads one request a line on standard input and answers with one line; what a
// library prints goes to standard error.

import { createInterface } from 'node:readline';

const [, , module, variant] = process.argv;
const answer = (result) => process.stdout.write(`${JSON.stringify(result)}\n`);
console.log = console.info = console.debug = (...words) => console.error(...words);

let engine;
let job;

const ACTIONS = {
  async open() {
    engine = await (await import(`./engines/${module}.js`)).open(variant);
    return { version: engine.version };
  },
  async prepare({ workload, warmth, sample, given }) {
    job?.dispose?.();
    job = undefined;
    job = await engine.prepare(workload, given);
    const result = Array.from(await job.result());
    const iterations = await calibrate(warmth, sample);
    return { result, ...iterations, note: job.note };
  },
  async sample({ iterations }) {
    if (job.measure) return job.measure();
    if (iterations > 1) await job.run(Math.ceil(iterations / 20)); // caches come back from the others
    return { ms: await time(iterations) };
  },
};

/** Milliseconds an iteration. */
async function time(iterations) {
  const start = performance.now();
  await job.run(iterations);
  return (performance.now() - start) / iterations;
}

/** Warms up for `warmth` ms, then finds how many iterations make a sample of about `sample` ms. */
async function calibrate(warmth, sample) {
  if (job.measure) return { iterations: 1, ms: 0 };
  const end = performance.now() + warmth;
  let ms = await time(1);
  for (let count = 1; performance.now() < end; count = Math.min(2 * count, Math.ceil(warmth / (4 * ms)))) {
    ms = await time(count);
  }
  return { iterations: Math.max(1, Math.round(sample / ms)), ms };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { action, ...request } = JSON.parse(line);
  try {
    answer(await ACTIONS[action](request));
  } catch (error) {
    answer({ error: String(error?.message ?? error) });
  }
}
process.exit();
