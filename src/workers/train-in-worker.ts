import { missingFeature } from '#threads';
import type { Batches } from '../data/batches.js';
import type { Batch } from '../training/batch.js';
import { Trainer } from '../training/trainer.js';
import { isOf } from '../validation/copies.js';
import { describe } from '../validation/errors.js';
import { checkOptions, checkSignal } from '../validation/options.js';
import { checkRebuildableBatches } from './job.js';
import { WorkerTraining } from './worker-training.js';

/**
 * Runs `trainer.run(batches)` in a worker. The results have the same bits, and the page stays responsive. The model, the optimizer state,
 * the trainer's step and the position of the batches are copied to the worker, and copied back when the training ends: after the last
 * batch, by `signal`, by leaving the loop, or by an error. After that, use, save and train them as if the page had trained. Until then,
 * the model here keeps its old weights and can predict; changing or saving it throws, and `training.snapshot()` returns a file of the
 * model in the worker.
 *
 * Model and data are copied in chunks that never block the page; do not change them before the first progress. If a loss or a gradient is
 * not finite, the model after the last successful step is copied back, and the Error is thrown; if the worker itself ends, the model is
 * as before.
 *
 * It needs no shared memory and no cross-origin isolation. It runs in any browser with module workers, Node, Deno and Bun.
 *
 * @returns an async iterable of what `Trainer.run` yields, which can be paused
 * @throws TypeError if the model has a custom layer or the same layer twice, if the loss, a metric or the schedule is a custom
 *   function, if the optimizer is not a class of this package, or if the batches, including those of validation, are not the result of
 *   `batches()`, `lanes()` or `bucketBatches()`; RangeError if the trainer has several threads; Error if there are no workers or the
 *   model is busy. The loop throws the reason of an aborted signal, an Error if the worker ends, and as `Trainer.run`
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
 * const losses: number[] = [];
 * for await (const { loss } of training) losses.push(loss);
 * const { loss } = await trainer.evaluate([{ input, target }]);
 * console.log(loss < 0.01, trainer.step); // true 300
 * ```
 */
export function trainInWorker<Target>(
  trainer: Trainer<Target>,
  batches: Batches<Batch<Target>>,
  options: { signal?: AbortSignal } = {},
): WorkerTraining {
  if (!isOf('trainer', trainer, Trainer))
    throw new TypeError(`trainer expected a Trainer, got ${describe(trainer)}`);
  checkRebuildableBatches('batches', batches);
  checkOptions(options, ['signal'], 'trainInWorker');
  const signal = checkSignal(options.signal);
  const { threads } = trainer.checkedOptions;
  if (threads > 1) throw new RangeError(`trainInWorker expected a Trainer with threads: 1, got ${threads}`);
  const feature = missingFeature('workers');
  if (feature !== undefined) throw new Error(`trainInWorker expected ${feature}`);
  return new WorkerTraining(trainer as Trainer<never>, batches, signal);
}
