import { missing } from '#threads';
import { Batches } from '../data/batches.js';
import type { Batch } from '../training/batch.js';
import { Trainer } from '../training/trainer.js';
import { describe } from '../validation/errors.js';
import { checkOptions, checkSignal } from '../validation/options.js';
import { WorkerTraining } from './worker-training.js';

/**
 * `trainer.run(batches)` in a worker: the same bits, and the page stays free. The model, the optimizer, the trainer's step and the
 * place of the batches go there, and come back when the training is over, whether at its end, by `signal`, by
 * leaving the loop, or by an error; they can be used, saved and trained on as if the page had trained. Till then the model here
 * is as it was, to predict with; what is written to it is overwritten.
 *
 * Model and data are copied, not taken, in pieces of which none stops the page; leave them as they are until the first progress. Where a loss or a gradient is not finite, what comes
 * back is the model after the last good step, and its Error; where the worker itself ends, the model is as it was.
 *
 * It takes no shared memory, and so no cross-origin isolation: a browser that knows module workers, Node, Deno or Bun.
 *
 * @returns an async iterable of what `Trainer.run` tells, which can be paused
 * @throws TypeError where the model has a layer of your own, or one twice, the loss, a metric or the schedule is a function of your own,
 *   the optimizer none of this package's classes, or the batches, those of validation too, are not what `batches()` or `lanes()` gave; RangeError where the trainer has several
 *   threads; Error where there are no workers, or where something else is at the model. The loop: the reason of an aborted
 *   signal, an Error where the worker ends, and as `Trainer.run`
 * @example
 * ```ts
 * import { Adam, Linear, mse, Trainer } from 'lstm-wasm';
 * import { batches } from 'lstm-wasm/data';
 * import { trainInWorker } from 'lstm-wasm/worker';
 * const model = new Linear(1, 1);
 * const trainer = new Trainer(model, { loss: mse, optimizer: new Adam(model, { lr: 0.1 }) });
 * const input = { data: new Float32Array([1, 2]), shape: [2, 1] };
 * const target = { data: new Float32Array([3, 5]), shape: [2, 1] };
 * const training = trainInWorker(trainer, batches({ input, target }, { batchSize: 2, epochs: 300 }));
 * let last = Infinity;
 * for await (const { loss } of training) last = loss;
 * console.log(last < 0.01, trainer.step); // true 300
 * ```
 */
export function trainInWorker<Target>(
  trainer: Trainer<Target>,
  batches: Batches<Batch<Target>>,
  options: { signal?: AbortSignal } = {},
): WorkerTraining {
  if (!(trainer instanceof Trainer))
    throw new TypeError(`trainer expected a Trainer, got ${describe(trainer)}`);
  if (!(batches instanceof Batches)) {
    throw new TypeError(
      `batches expected what batches() or lanes() of lstm-wasm/data gives, got ${describe(batches)}`,
    );
  }
  checkOptions(options, ['signal'], 'trainInWorker');
  const signal = checkSignal(options.signal);
  const { threads } = trainer.recipe;
  if (threads > 1) throw new RangeError(`trainInWorker expected a Trainer with threads: 1, got ${threads}`);
  if (trainer.at) throw new Error(`trainInWorker expected the model for itself: ${trainer.at} is at it`);
  const lack = missing('workers');
  if (lack !== undefined) throw new Error(`trainInWorker expected ${lack}`);
  return new WorkerTraining(trainer as Trainer<never>, batches, signal);
}
