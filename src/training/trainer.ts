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
  readonly #steps: Steps<Target>;
  readonly #validations: Validations<Target>;
  readonly #long = new LongSteps();

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

  /** Steps so far, over all runs and those of the state that was loaded. */
  get step(): number {
    return this.#steps.count;
  }

  /** The best validation so far: after which step, and what was monitored. */
  get best(): Best | undefined {
    return this.#validations.best;
  }

  /**
   * Makes a step of one batch, or with `accumulate` a part of one. It makes no validation. If it throws, the model, the optimizer
   * and {@link step} are as before.
   *
   * @throws Error if the loss or a gradient is not finite, if there are several threads, or if something else uses the model; what
   *   a loss, a metric or a schedule of your own throws
   */
  trainStep(batch: Batch<Target>): StepResult {
    const { threads } = this.checkedOptions;
    if (threads > 1)
      throw new Error(`trainStep expected threads: 1, got ${threads}: run() waits for the others`);
    return this.#steps.make(batch);
  }

  /**
   * Trains on batches as they come and yields the progress of each step. It yields to the event loop after every batch, so that a
   * page stays responsive. Leaving the loop, or `signal`, ends the run after a whole batch. With several threads, what would change
   * the model throws while a step waits for them; the workers end with the run. A run waits for an `evaluate` under way.
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
        const result = await this.#endOfRun(await this.#oneOf(pool, batch), progress);
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

  /** A run ends with a whole step, of fewer batches if necessary; before a validation if its end is known. */
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

  /** The progress of a validation that was due from an earlier run, where no batch follows in this one. */
  #untrained(made: ValidationOutcome): Progress {
    return { step: this.#steps.count, loss: Number.NaN, gradNorm: Number.NaN, samplesPerSecond: 0, ...made };
  }

  async #openPool(signal: AbortSignal | undefined): Promise<WorkerPool | undefined> {
    const { threads } = this.checkedOptions;
    if (threads === 1) return undefined;
    return (await import('#worker-pool')).WorkerPool.open(this.model as CoreLayer, threads, signal);
  }

  async #oneOf(pool: WorkerPool | undefined, batch: Batch<Target>): Promise<StepResult> {
    // An evaluation may be under way, which measures one state of the model.
    await Lock.ended(VALIDATION, this.model);
    return pool ? this.#steps.makeOn(pool, batch) : this.#long.watch(() => this.trainStep(batch));
  }

  async #validate(signal: AbortSignal | undefined, pool: WorkerPool | undefined): Promise<ValidationOutcome> {
    if (!this.#validations.due) return {};
    return this.#validations.make(this.#steps.count, signal, pool);
  }

  /**
   * The loss and the metrics on batches, without dropout. It does not change the model, and what would change the model throws
   * meanwhile; a step of a run waits. The result of `batches()` or `lanes()` gives its first epoch and keeps its position. It yields to
   * the event loop after each batch.
   *
   * @throws TypeError for anything but an iterable, RangeError if there is no batch, Error while the model is trained in a worker, and
   *   the signal's reason when it is aborted
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
    this.#steps.count = step;
    const { threads, schedule } = this.checkedOptions;
    const { variant } = this.model.runtime;
    warnOfChange(state, { variant, threads, scheduled: schedule !== undefined });
  }
}
