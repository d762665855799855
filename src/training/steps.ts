import { remember } from '../layers/extras.js';
import { type Layer, layersOf } from '../layers/layer.js';
import { Lock, STEP } from '../layers/lock.js';
import { trainingOptions } from '../layers/padding.js';
import { outputOf } from '../layers/results.js';
import type { WorkerPool } from '../parallel/pool.js';
import type { Tally } from './accumulation.js';
import { type Batch, checkBatch, paddingOf } from './batch.js';
import { measuresInCore } from './batch-loss.js';
import type { Optimizer } from './optimizer.js';
import type { StepResult } from './progress.js';
import type { CheckedTrainerOptions } from './trainer-options.js';
import { NotFinite, type Update } from './update.js';

/** Runs the steps of a trainer. Each step locks the model and the optimizer, and a step that fails leaves both unchanged. */
export class Steps<Target> {
  /** The number of completed steps. */
  count = 0;
  readonly #model: Layer;
  readonly #optimizer: Optimizer<{ lr: number }>;
  readonly #options: CheckedTrainerOptions<Target>;
  readonly #update: Update<Target>;

  constructor(
    model: Layer,
    optimizer: Optimizer<{ lr: number }>,
    checkedOptions: CheckedTrainerOptions<Target>,
    update: Update<Target>,
  ) {
    this.#model = model;
    this.#optimizer = optimizer;
    this.#options = checkedOptions;
    this.#update = update;
  }

  /** Trains on one batch: a whole step, or with `accumulate` a part of one. */
  run(batch: Batch<Target>): StepResult {
    const lock = this.#lock();
    let restore: (() => void) | undefined;
    try {
      restore = lock.open(() => this.#begin(batch));
      return this.#end(this.#computeGradients(batch, lock), lock);
    } catch (error) {
      return this.#failed(error, lock, restore);
    } finally {
      lock.release();
    }
  }

  /** Forward, loss and backward; in the core where the loss is built in. */
  #computeGradients(batch: Batch<Target>, lock: Lock): Tally {
    const model = this.#model;
    const options = trainingOptions(paddingOf(batch));
    if (measuresInCore(model, this.#options)) {
      const recording = lock.open(() => model.record(batch.input, options));
      const measured = this.#update.measureRecording(recording, batch, this.count);
      lock.open(() => model.backwardRecorded(recording));
      return measured;
    }
    const output = outputOf(lock.open(() => model.forward(batch.input, options)));
    const measured = this.#update.measure(output, batch, this.count);
    lock.open(() => model.backward({ output: measured.grad }, { inputGradient: false }));
    return measured;
  }

  /** Like {@link run}, on several threads. */
  async runOn(pool: WorkerPool, batch: Batch<Target>): Promise<StepResult> {
    const lock = this.#lock();
    let restore: (() => void) | undefined;
    try {
      restore = lock.open(() => this.#begin(batch));
      const output = await pool.forward(batch.input, paddingOf(batch), lock);
      const measured = this.#update.measure(output, batch, this.count);
      await pool.backward(measured.grad, lock);
      return this.#end(measured, lock);
    } catch (error) {
      return this.#failed(error, lock, restore);
    } finally {
      lock.release();
    }
  }

  /** Makes a step of the accumulated batches; undefined if there are none. */
  complete(): StepResult | undefined {
    if (this.#update.accumulated.batches === 0) return undefined;
    const lock = this.#lock();
    const reset = () => this.#model.zeroGrad();
    try {
      lock.open(reset);
      this.#update.accumulated.load();
      const result = this.#update.complete(this.count, lock);
      this.count = result.step;
      return result;
    } catch (error) {
      return this.#failed(error, lock, reset);
    } finally {
      lock.release();
    }
  }

  /** Locks the model and the optimizer for one step. @throws Error if something else uses them */
  #lock(): Lock {
    return Lock.take(STEP, this.#model, this.#optimizer.allocations);
  }

  /** Writes the new weights and counts the step; nothing that may throw runs between the two. */
  #end(measured: Tally, lock: Lock): StepResult {
    const result = this.#update.finish(measured, this.count, lock);
    this.count = result.step;
    return result;
  }

  /** Undoes a step that failed. @throws its error, unless the batch is to be skipped */
  #failed(error: unknown, lock: Lock, restore: (() => void) | undefined): StepResult {
    try {
      if (restore) lock.open(restore);
    } catch {
      // The model cannot be restored, because it was disposed of or its zeroGrad throws: the first error is more useful.
    }
    return this.#skipped(error);
  }

  /** The result of a batch that is skipped. @throws the error otherwise */
  #skipped(error: unknown): StepResult {
    if (!(error instanceof NotFinite)) throw error;
    const { message, loss, gradNorm } = error;
    if (this.#options.onNonFinite === 'stop') throw new Error(message);
    return { step: this.count, loss, gradNorm, skipped: message };
  }

  /** Checks a batch and prepares the model for it. @returns a function that undoes the step */
  #begin(batch: Batch<Target>): () => void {
    checkBatch(batch);
    const layers = layersOf(this.#model);
    if (batch.reset && layers.length === 0) {
      throw new TypeError("reset expected a model of this package's layers: reset a custom layer yourself");
    }
    const restoreStates = remember(layers);
    const restore = () => {
      restoreStates();
      this.#model.zeroGrad();
    };
    this.#model.zeroGrad();
    this.#update.accumulated.load();
    if (batch.reset) for (const layer of layers) layer.extras.carried?.set({});
    return restore;
  }
}
