import type { CoreLayer, Layer } from '../layers/layer.js';
import { Lock, VALIDATION } from '../layers/lock.js';
import type { WorkerPool } from '../parallel/pool.js';
import { EventLoop } from '../runtime/event-loop.js';
import { checkOptions, checkSignal, throwIfAborted } from '../validation/options.js';
import { type Batch, rowsOf } from './batch.js';
import { type AnyBatches, BatchProgress, checkBatches, onceThrough } from './batch-progress.js';
import { type Evaluation, evaluateAll } from './evaluation.js';
import type { Best } from './monitor.js';
import type { Optimizer } from './optimizer.js';
import { LongSteps, Pace } from './pace.js';
import type { Progress, StepResult, ValidationOutcome } from './progress.js';
import { Steps } from './steps.js';
import {
  type AnyTarget,
  type CheckedTrainerOptions,
  checkTrainerOptions,
  checkValidated,
  type TrainerOptions,
} from './trainer-options.js';
import { checkState, mapArrays, type TrainerState, warnOfChange } from './trainer-state.js';
import { Update } from './update.js';
import { Validations } from './validations.js';

/**
 * Trains a model. Each step runs forward, loss, backward, clipping and the optimizer. If the loss or a gradient is not finite, an Error
 * names the step and the parameter, and nothing changes: weights, optimizer, carried states and accumulated batches are as before. With
 * `onNonFinite: 'skip'` the batch is skipped instead, and the step is not counted.
 *
 * With `validation`, a run evaluates the model on other data, without dropout. Validation never changes training results; stateful layers
 * start it with zeros and carry their states from batch to batch.
 *
 * With `threads`, each thread runs forward and backward for a slice of the batch in a copy of the model; the loss is computed for the
 * whole batch in this thread. Gradients are summed in a fixed order, so that runs with the same number of threads give the same bits.
 * Compared with one thread, results differ by rounding, and by the dropout masks, which each thread draws for its rows. Validations and
 * `evaluate`, which starts its own threads, give the bits of one thread.
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
 * // The same on two threads, which only `run` supports.
 * const shared = new Trainer(model, { loss: mse, optimizer: new Adam(model), threads: 2 });
 * for await (const { loss } of shared.run([batch, batch])) last = loss;
 * console.log(last < 0.01, shared.step); // true 2
 * ```
 * @throws TypeError for an argument of the wrong type, an unknown option, an optimizer of another runtime, an option that needs
 *   `validation` without it, or several threads for a model with a custom layer or the same layer twice; RangeError for a value out of
 *   range; Error if the runtime has no threads
 */
export class Trainer<Target = AnyTarget> {
  readonly model: Layer;
  readonly optimizer: Optimizer<{ lr: number }>;
  /** @internal The checked options. */
  readonly checkedOptions: CheckedTrainerOptions<Target>;
  readonly #update: Update<Target>;
  readonly #steps: Steps<Target>;
  readonly #validations: Validations<Target>;
  readonly #longSteps = new LongSteps();

  /** @internal */
  get 'lstm-wasm'(): string {
    return 'Trainer';
  }

  constructor(model: Layer, options: TrainerOptions<Target>) {
    this.checkedOptions = checkTrainerOptions(model, options);
    this.model = model;
    this.optimizer = options.optimizer;
    this.#update = new Update(model, this.optimizer, this.checkedOptions);
    this.#steps = new Steps(model, this.optimizer, this.checkedOptions, this.#update);
    const { rates } = this.#update;
    if (rates?.observes) checkValidated('reduceLROnPlateau', this.checkedOptions.validation);
    this.#validations = new Validations(model, this.checkedOptions, rates);
  }

  /** The number of steps so far, over all runs and including those of a loaded state. */
  get step(): number {
    return this.#steps.count;
  }

  /** The best validation so far: its step and the monitored value. */
  get best(): Best | undefined {
    return this.#validations.best;
  }

  /**
   * Trains on one batch: a whole step, or with `accumulate` a part of one. It runs no validation. If it throws, the model, the optimizer
   * and {@link step} are as before.
   *
   * @throws Error if the loss or a gradient is not finite, if there are several threads, or if something else uses the model; whatever a
   *   custom loss, metric or schedule throws
   */
  trainStep(batch: Batch<Target>): StepResult {
    const { threads } = this.checkedOptions;
    if (threads > 1)
      throw new Error(
        `trainStep expected threads: 1, got ${threads}: use run(), which supports several threads`,
      );
    return this.#steps.run(batch);
  }

  /**
   * Trains on batches in order and yields the progress of each step. It yields to the event loop after every batch, so that a
   * page stays responsive. Leaving the loop, or aborting `signal`, ends the run after a whole batch. With several threads, changing the
   * model throws while a step waits for the workers, which stop with the run. A run waits until a running `evaluate` has finished.
   *
   * @throws the signal's reason when it is aborted; TypeError if validation runs every epoch and the batches have no epochs; and as
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
      // Checked before a batch is taken, so that a state saved after an abort continues with the first batch not trained on.
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
        const result = await this.#endOfRun(await this.#trainOn(pool, batch), progress);
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
      const last = await this.#complete();
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

  /** A run ends with a whole step, of fewer batches if necessary; if the end is known, this is before the last validation. */
  async #endOfRun(result: StepResult, progress: BatchProgress<unknown>): Promise<StepResult> {
    const completed = progress.remaining === 0 ? await this.#complete() : undefined;
    if (!completed) return result;
    const { skipped } = result;
    return { ...(skipped !== undefined && { skipped }), ...completed };
  }

  async #complete(): Promise<StepResult | undefined> {
    await Lock.ended(VALIDATION, this.model);
    return this.#steps.complete();
  }

  /** The progress of a validation that is not reported with a training step. */
  #untrained(made: ValidationOutcome): Progress {
    return { step: this.#steps.count, loss: Number.NaN, gradNorm: Number.NaN, samplesPerSecond: 0, ...made };
  }

  async #openPool(signal: AbortSignal | undefined): Promise<WorkerPool | undefined> {
    const { threads } = this.checkedOptions;
    if (threads === 1) return undefined;
    return (await import('#worker-pool')).WorkerPool.open(this.model as CoreLayer, threads, signal);
  }

  async #trainOn(pool: WorkerPool | undefined, batch: Batch<Target>): Promise<StepResult> {
    // A running evaluation needs the model unchanged.
    await Lock.ended(VALIDATION, this.model);
    return pool ? this.#steps.runOn(pool, batch) : this.#longSteps.watch(() => this.trainStep(batch));
  }

  async #validate(signal: AbortSignal | undefined, pool: WorkerPool | undefined): Promise<ValidationOutcome> {
    if (!this.#validations.due) return {};
    return this.#validations.run(this.#steps.count, signal, pool);
  }

  /**
   * Computes the loss and the metrics on batches, without dropout. It does not change the model. While it runs, changing the model
   * throws, and the steps of a run wait. Of the result of `batches()` or `lanes()` it reads the first epoch and keeps the position. It
   * yields to the event loop after each batch.
   *
   * @throws TypeError for anything but an iterable, RangeError if there is no batch, Error while the model is trained in a worker, and
   *   the signal's reason if it is aborted
   */
  async evaluate(
    batches: AnyBatches<Batch<Target>>,
    options: { signal?: AbortSignal } = {},
  ): Promise<Evaluation> {
    checkOptions(options, ['signal'], 'Trainer.evaluate');
    const signal = checkSignal(options.signal);
    const all = onceThrough(checkBatches('batches', batches));
    const pool = await this.#openPool(signal); // Not the pool of a run, which may be in the middle of a step.
    return evaluateAll(this.model, this.checkedOptions, all, signal, pool).finally(() => pool?.close());
  }

  /**
   * Restores the weights of the best validation. The optimizer does not change.
   *
   * @throws Error without the option `bestWeights`, or if no validation had a finite result
   */
  restoreBest(): void {
    this.#validations.restore();
  }

  /** A copy of the state that training resumes from: the optimizer's, the step, and so on. `saveModel(model, { trainer })` writes it. */
  stateDict(): TrainerState {
    const state = this.stateWith(() => this.optimizer.stateDict());
    // The arrays of the optimizer are copies already.
    return mapArrays(state, ({ data, shape }, name) => ({
      data: name.startsWith('optimizer/') ? data : data.slice(),
      shape,
    }));
  }

  /** @internal The state, with the optimizer state that `read` returns; the other arrays are shared. */
  stateWith(read: () => TrainerState['optimizer']): TrainerState {
    const { rates } = this.#update;
    const accumulated = this.#update.accumulated.state;
    return {
      step: String(this.#steps.count),
      variant: this.model.runtime.variant,
      optimizer: read(),
      ...(this.checkedOptions.threads > 1 && { threads: this.checkedOptions.threads }),
      ...(rates && { schedule: rates.state }),
      ...this.#validations.state,
      ...(accumulated && { accumulated }),
    };
  }

  /**
   * Loads a state that {@link stateDict} returned. With another binary, another number of threads or without its schedule, the next steps
   * may differ; a warning says so.
   *
   * @throws TypeError for another kind of state, RangeError if its parameters do not match
   */
  loadStateDict(state: TrainerState): void {
    for (const _ of this.loading(state));
  }

  /** @internal Like {@link loadStateDict}, but yields after each array of the optimizer. Nothing changes before the end. */
  *loading(state: TrainerState): Generator<void, void, undefined> {
    const step = checkState(state);
    const { rates, accumulated } = this.#update;
    const loaders = [
      accumulated.loading(state.accumulated, this.checkedOptions.accumulate),
      this.#validations.loading(state),
      state.schedule && rates?.loading(state.schedule),
    ];
    yield* this.optimizer.loading(state.optimizer);
    if (!state.schedule) rates?.rebase();
    for (const load of loaders) load?.();
    this.#steps.count = step;
    const { threads, schedule } = this.checkedOptions;
    const { variant } = this.model.runtime;
    warnOfChange(state, { variant, threads, scheduled: schedule !== undefined });
  }
}
