import type { Batch, Progress, Trainer } from '../../src/index.js';

/** The progress reports of a run, up to the given step. */
export async function progressOf<Target>(
  trainer: Trainer<Target>,
  data: Iterable<Batch<Target>>,
  steps = Number.POSITIVE_INFINITY,
) {
  const all: Progress[] = [];
  for await (const one of trainer.run(data)) {
    all.push(one);
    if (one.step === steps) break;
  }
  return all;
}
