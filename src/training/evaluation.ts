import type { Carried } from '../layers/extras.js';
import type { Layer } from '../layers/layer.js';
import { Lock, STEP } from '../layers/lock.js';
import type { Padding } from '../layers/padding.js';
import { predictFrom } from '../layers/prediction.js';
import type { WorkerPool } from '../parallel/pool.js';
import { EventLoop } from '../runtime/event-loop.js';
import { throwIfAborted } from '../validation/options.js';
import { type Batch, checkBatch, paddingOf } from './batch.js';
import { type Measures, measureBatch } from './batch-loss.js';
import { addSums, valuesOfMetrics } from './metrics.js';

/** The loss and the metrics of a model on a set of batches. */
export interface Evaluation {
  /** The mean over all batches; the sum if the loss is a sum. */
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * Evaluates a model on batches, without dropout, and yields to the event loop after each batch. The model is locked until the end. A
 * worker pool gives the same bits, since the output of a row does not depend on other rows.
 */
export async function evaluateAll<Target>(
  model: Layer,
  measures: Measures<Target>,
  batches: Iterable<Batch<Target>> | AsyncIterable<Batch<Target>>,
  signal: AbortSignal | undefined,
  pool?: WorkerPool,
): Promise<Evaluation> {
  // A step on several threads may be running.
  await Lock.ended(STEP, model);
  const lock = Lock.validate(model);
  const loop = new EventLoop();
  const predict = (input: Batch<Target>['input'], padding: Padding, from: readonly Carried[]) =>
    lock.open(() => predictFrom(model, input, padding, from));
  let carried: readonly Carried[] = [];
  let [loss, divisor, count] = [0, 0, 0];
  let sums: Record<string, readonly number[]> = {};
  try {
    throwIfAborted(signal);
    for await (const batch of batches) {
      checkBatch(batch);
      const from = batch.reset ? [] : carried;
      const padding = paddingOf(batch);
      const prediction = pool
        ? await pool.predictFrom(batch.input, padding, from, predict)
        : predict(batch.input, padding, from);
      const { output } = prediction;
      const tally = measureBatch(model, measures, output, batch);
      carried = prediction.carried;
      loss += tally.loss * (tally.divisor || 1);
      divisor += tally.divisor;
      sums = addSums(sums, tally.sums);
      count++;
      await loop.yield();
      throwIfAborted(signal);
    }
  } finally {
    loop.close();
    lock.release();
  }
  if (count === 0)
    throw new RangeError(
      'batches expected at least one batch, got none; can the iterable be iterated again?',
    );
  return { loss: loss / (divisor || 1), metrics: valuesOfMetrics(measures.metrics, sums) };
}
