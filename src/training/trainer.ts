import { type CoreLayer, type Layer, layersOf, remember } from '../layers/layer.js';
import { Lock, STEP, VALIDATION } from '../layers/lock.js';
import { trainingOptions } from '../layers/padding.js';
import { outputOf } from '../layers/results.js';
import type { WorkerPool } from '../parallel/pool.js';
import { EventLoop } from '../runtime/event-loop.js';
import { checkOptions, checkSignal, throwIfAborted } from '../validation/options.js';
import type { Tally } from './accumulation.js';
import { type Batch, checkBatch, paddingOf, rowsOf } from './batch.js';
import { measuresInCore } from './batch-loss.js';
import { type AnyBatches, BatchProgress, checkBatches, onceThrough } from './batch-progress.js';
import { type Evaluation, evaluateAll } from './evaluation.js';
import type { Best } from './monitor.js';
import type { Optimizer } from './optimizer.js';
import { LongSteps, Pace } from './pace.js';
import type { Progress, StepResult, ValidationOutcome } from './progress.js';
import {
  type AnyTarget,
  type CheckedTrainerOptions,
  checkTrainerOptions,
  checkValidated,
  type TrainerOptions,
} from './trainer-options.js';
import { checkState, mapArrays, type TrainerState, warnOfChange } from './trainer-state.js';
import { NotFinite, Update } from './update.js';
import { Validations } from './validations.js';

/**
 * Trains a model, step by step: forward, loss, backward, clipping, optimizer. A loss or a gradient that is not finite
 * ends the run with an Error before anything was written, which names the step and the parameter: weights, optimizer, carried states
 * and what waits for a step to be complete are as they were. With `onNonFinite: 'skip'` the batch is left out instead, and the step
 * not counted.
 *
 * With `validation` a run measures the model on data that it does not learn from, without dropout and without touching
 * anything that training goes on from; a stateful layer begins there with zeros and carries its states on from batch to batch.
 *
 * With `threads` each thread takes its slice of the batch, forward and backward, in a copy of the model; the loss sees the whole
 * batch, in this thread. Gradients are summed in one order, so that a run repeats to the bit for one number of threads; from that
 * on one thread it differs by rounding, and by the masks of dropout, which each thread draws for its rows. Validations and `evaluate`,
 * which opens threads of its own, are shared in the same way, and give the bits of one thread.
 *
 * @example
 * ```ts
 * import { Adam, Linear, mse, Trainer } from 'lstm-wasm';
 * const model = new Linear(1, 1);
 * const trainer = new Trainer(model, { loss: mse, optimizer: new Adam(model, { lr: 0.1 }) });
 * const batch = { input: { data: new Float32Array([1, 2]), shape: [2, 1] }, target: { data: new Float32Array([3, 5]), shape: [2, 1] } };
 * let last = Infinity;
 * for await (const { loss } of trainer.run(Array(300).fill(batch))) last = loss;
 * console.log(last < 0.01, trainer.step); // true 300
 *
 * // The same on two threads: only `run` can wait for them.
 * const shared = new Trainer(model, { loss: mse, optimizer: new Adam(model), threads: 2 });
 * for await (const { loss } of shared.run([batch, batch])) last = loss;
 * console.log(last < 0.01, shared.step); // true 2
 * ```
 * @throws TypeError for another kind of argument, an unknown option, an optimizer of another runtime, what follows validations
 *   without any, or more than one thread for a model that holds a layer of your own or one layer twice; RangeError for a value out of
 *   range; Error where the runtime has no threads
 */
export class Trainer<Target = AnyTarget> {
  readonly model: Layer;
  readonly optimizer: Optimizer<{ lr: number }>;
  /** @internal The checked options. */
  readonly checkedOptions: CheckedTrainerOptions<Target>;
  readonly #update: Update<Target>;
  readonly #validations: Validations<Target>;
  readonly #long = new LongSteps();
  #step = 0;

  /** @internal */
  get 'lstm-wasm'(): string {
    return 'Trainer';
  }

  constructor(model: Layer, options: TrainerOptions<Target>) {
    this.checkedOptions = checkTrainerOptions(model, options);
    this.model = model;
    this.optimizer = options.optimizer;
    this.#update = new Update(model, this.optimizer, this.checkedOptions);
    const { rates } = this.#update;
    if (rates?.observes) checkValidated('reduceLROnPlateau', this.checkedOptions.validation);
    this.#validations = new Validations(model, this.checkedOptions, rates);
  }

  /** Steps so far, over all runs and those of the state that was loaded. */
  get step(): number {
    return this.#step;
  }

  /** The best validation so far: after which step, and what was monitored. */
  get best(): Best | undefined {
    return this.#validations.best;
  }

  /**
   * One batch, at once: a step, or with `accumulate` a part of one. It makes no validation.
   *
   * @throws Error where the loss or a gradient is not finite, and nothing has changed then, or where there are several threads
   */
  trainStep(batch: Batch<Target>): StepResult {
    const { threads } = this.checkedOptions;
    if (threads > 1)
      throw new Error(`trainStep expected threads: 1, got ${threads}: run() waits for the others`);
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
    const { model } = this;
    const options = trainingOptions(paddingOf(batch));
    if (measuresInCore(model, this.checkedOptions)) {
      const recording = lock.open(() => model.record(batch.input, options));
      const measured = this.#update.measureRecording(recording, batch, this.#step);
      lock.open(() => model.backwardRecorded(recording));
      return measured;
    }
    const output = outputOf(lock.open(() => model.forward(batch.input, options)));
    const measured = this.#update.measure(output, batch, this.#step);
    lock.open(() => model.backward({ output: measured.grad }, { inputGradient: false }));
    return measured;
  }

  /** The same on several threads. */
  async #poolStep(pool: WorkerPool, batch: Batch<Target>): Promise<StepResult> {
    const lock = this.#lock();
    let restore: (() => void) | undefined;
    try {
      restore = lock.open(() => this.#begin(batch));
      const output = await pool.forward(batch.input, paddingOf(batch), lock);
      const measured = this.#update.measure(output, batch, this.#step);
      await pool.backward(measured.grad, lock);
      return this.#end(measured, lock);
    } catch (error) {
      return this.#failed(error, lock, restore);
    } finally {
      lock.release();
    }
  }

  /** Makes the step of the batches that wait for others, if there are any. */
  #completeStep(): StepResult | undefined {
    if (this.#update.waiting.batches === 0) return undefined;
    const lock = this.#lock();
    const reset = () => this.model.zeroGrad();
    try {
      lock.open(reset);
      this.#update.waiting.load();
      const result = this.#update.complete(this.#step, lock);
      this.#step = result.step;
      return result;
    } catch (error) {
      return this.#failed(error, lock, reset);
    } finally {
      lock.release();
    }
  }

  /** Keeps the model and the optimizer to one step. @throws Error if something else uses them */
  #lock(): Lock {
    return Lock.take(STEP, this.model, this.optimizer.allocations);
  }

  /** From gradients to new weights; nothing that may throw runs between them and the count of steps. */
  #end(measured: Tally, lock: Lock): StepResult {
    const result = this.#update.finish(measured, this.#step, lock);
    this.#step = result.step;
    return result;
  }

  /** Takes a step that failed back. @throws its error, unless the batch is skipped */
  #failed(error: unknown, lock: Lock, restore: (() => void) | undefined): StepResult {
    try {
      if (restore) lock.open(restore);
    } catch {
      // The model cannot be restored, because it was disposed of or its zeroGrad throws: the first error says more.
    }
    return this.#left(error);
  }

  /** What a batch tells that is left out. @throws what is not to be */
  #left(error: unknown): StepResult {
    if (!(error instanceof NotFinite)) throw error;
    const { message, loss, gradNorm } = error;
    if (this.checkedOptions.onNonFinite === 'stop') throw new Error(message);
    return { step: this.#step, loss, gradNorm, skipped: message };
  }

  /** Checks a batch and makes the model ready for it; gives the way back. */
  #begin(batch: Batch<Target>): () => void {
    checkBatch(batch);
    const layers = layersOf(this.model);
    if (batch.reset && layers.length === 0) {
      throw new TypeError(
        "reset expected a model of this package's layers: a layer of your own is yours to reset",
      );
    }
    const rememberedState = remember(layers);
    const restore = () => {
      rememberedState();
      this.model.zeroGrad();
    };
    this.model.zeroGrad();
    this.#update.waiting.load();
    if (batch.reset) for (const layer of layers) layer.extras.carried?.set({});
    return restore;
  }

  /**
   * Trains on batches as they come, and tells of each step, with `accumulate` of each whole one. The event loop turns after every
   * batch, so that a page stays alive; leaving the loop, or `signal`, ends the run after a whole batch. With several threads the
   * model is theirs while a step is waited for; the end of the run ends the workers.
   *
   * @throws the signal's reason when it is aborted; TypeError where validation waits for epochs and the batches know none; and as
   *   {@link trainStep}
   */
  async *run(
    batches: AnyBatches<Batch<Target>>,
    options: { signal?: AbortSignal } = {},
  ): AsyncGenerator<Progress, void, undefined> {
    checkOptions(options, ['signal'], 'Trainer.run');
    const signal = checkSignal(options.signal);
    const progress = new BatchProgress(batches);
    this.#validations.check(progress);
    const loop = new EventLoop();
    let pool: WorkerPool | undefined;
    try {
      // Asked before a batch is taken: what is saved after an abort goes on with the batch that was not trained on.
      throwIfAborted(signal);
      pool = await this.#openPool(signal);
      const pace = new Pace();
      let made = await this.#validate(signal, pool);
      if (made.stopped) {
        yield this.#untrained(made);
        return;
      }
      for await (const batch of batches) {
        progress.count();
        const result = this.#endOfRun(await this.#oneOf(pool, batch), progress);
        this.#validations.follow(result, progress);
        made = { ...made, ...(await this.#validate(signal, pool)) };
        pace.count(rowsOf(this.model, batch));
        if (result.pending === undefined || made.validation) {
          const { samplesPerSecond } = pace;
          yield { ...result, samplesPerSecond, ...pace.secondsFor(progress.remaining), ...made };
          if (made.stopped) return;
          made = {};
        }
        await loop.yield();
        throwIfAborted(signal);
      }
      const last = this.#completeStep();
      if (last) {
        this.#validations.follow(last, progress);
        made = { ...made, ...(await this.#validate(signal, pool)) };
        yield { ...last, samplesPerSecond: pace.samplesPerSecond, ...made };
        if (made.stopped) return;
      } else if (made.validation) yield this.#untrained(made);
      await this.#validations.end();
    } finally {
      loop.close();
      await pool?.close();
    }
  }

  /** A run ends with a whole step, of fewer batches if necessary; before a validation if its end is known. */
  #endOfRun(result: StepResult, progress: BatchProgress<unknown>): StepResult {
    const completed = progress.remaining === 0 ? this.#completeStep() : undefined;
    if (!completed) return result;
    const { skipped } = result;
    return { ...(skipped !== undefined && { skipped }), ...completed };
  }

  /** The progress of a validation that was due from an earlier run, where no batch follows in this one. */
  #untrained(made: ValidationOutcome): Progress {
    return { step: this.#step, loss: Number.NaN, gradNorm: Number.NaN, samplesPerSecond: 0, ...made };
  }

  async #openPool(signal: AbortSignal | undefined): Promise<WorkerPool | undefined> {
    const { threads } = this.checkedOptions;
    if (threads === 1) return undefined;
    return (await import('#worker-pool')).WorkerPool.open(this.model as CoreLayer, threads, signal);
  }

  async #oneOf(pool: WorkerPool | undefined, batch: Batch<Target>): Promise<StepResult> {
    // An evaluation may be under way, which measures one state of the model.
    await Lock.ended(VALIDATION, this.model);
    return pool ? this.#poolStep(pool, batch) : this.#long.watch(() => this.trainStep(batch));
  }

  async #validate(signal: AbortSignal | undefined, pool: WorkerPool | undefined): Promise<ValidationOutcome> {
    if (!this.#validations.due) return {};
    return this.#validations.make(this.#step, signal, pool);
  }

  /**
   * The loss and the metrics on batches, without dropout; nothing that training goes on from is touched. Of what `batches()` or `lanes()`
   * gave, the first epoch, and its place stays. The event loop turns after each batch. What waits for a backward is dropped where the
   * model carries states.
   *
   * @throws TypeError for what is no iterable, RangeError where there is no batch, and the signal's reason when it is aborted
   */
  async evaluate(
    batches: AnyBatches<Batch<Target>>,
    options: { signal?: AbortSignal } = {},
  ): Promise<Evaluation> {
    checkOptions(options, ['signal'], 'Trainer.evaluate');
    const signal = checkSignal(options.signal);
    const all = onceThrough(checkBatches('batches', batches));
    const pool = await this.#openPool(signal); // Not that of a run, which may be in the middle of a step.
    return evaluateAll(this.model, this.checkedOptions, all, signal, pool).finally(() => pool?.close());
  }

  /**
   * Gives the model the weights of the best validation; the optimizer stays as it is.
   *
   * @throws Error where the trainer keeps none, or where no validation came to a number
   */
  restoreBest(): void {
    this.#validations.restore();
  }

  /** A copy of the state: the optimizer's, how many steps were made, and all else that training goes on from. `saveModel(model, { trainer })` writes it. */
  stateDict(): TrainerState {
    const state = this.stateWith(() => this.optimizer.stateDict());
    // The optimizer's are copies already.
    return mapArrays(state, ({ data, shape }, name) => ({
      data: name.startsWith('optimizer/') ? data : data.slice(),
      shape,
    }));
  }

  /** @internal The state with what `read` gives for the optimizer, and the other arrays themselves. */
  stateWith(read: () => TrainerState['optimizer']): TrainerState {
    const { rates, waiting } = this.#update;
    const accumulated = waiting.state;
    return {
      step: String(this.#step),
      variant: this.model.runtime.variant,
      optimizer: read(),
      ...(this.checkedOptions.threads > 1 && { threads: this.checkedOptions.threads }),
      ...(rates && { schedule: rates.state }),
      ...this.#validations.state,
      ...(accumulated && { accumulated }),
    };
  }

  /**
   * Goes on from what {@link stateDict} gave. Under another binary than it was made with, on another number of threads, or without the
   * schedule that it had, the next steps may differ; this is warned of.
   *
   * @throws TypeError for another kind of state, RangeError where it has other parameters
   */
  loadStateDict(state: TrainerState): void {
    for (const _ of this.loading(state));
  }

  /** @internal The same, stopping after each array of the optimizer; nothing is changed before the end. */
  *loading(state: TrainerState): Generator<void, void, undefined> {
    const step = checkState(state);
    const { rates, waiting } = this.#update;
    const takers = [
      waiting.loading(state.accumulated, this.checkedOptions.accumulate),
      this.#validations.loading(state),
      state.schedule && rates?.loading(state.schedule),
    ];
    yield* this.optimizer.loading(state.optimizer);
    if (!state.schedule) rates?.rebase();
    for (const take of takers) take?.();
    this.#step = step;
    const { threads, schedule } = this.checkedOptions;
    const { variant } = this.model.runtime;
    warnOfChange(state, { variant, threads, scheduled: schedule !== undefined });
  }
}
