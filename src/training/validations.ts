import type { Layer } from '../layers/layer.js';
import { Lock, VALIDATION } from '../layers/lock.js';
import type { WorkerPool } from '../parallel/pool.js';
import type { Batch } from './batch.js';
import { type AnyBatches, type BatchProgress, onceThrough } from './batch-progress.js';
import { evaluateAll } from './evaluation.js';
import { parametersOf } from './groups.js';
import { type Best, Monitor, type MonitorState } from './monitor.js';
import type { StepResult, ValidationOutcome } from './progress.js';
import type { Better, Rates } from './rates.js';
import type { CheckedTrainerOptions } from './trainer-options.js';

/** Runs the validations of a trainer, with early stopping and best weights. */
export class Validations<Target> {
  /** Whether a validation has to run before the next step. */
  due = false;
  #running = false;
  readonly #model: Layer;
  readonly #options: CheckedTrainerOptions<Target>;
  readonly #rates: Rates | undefined;
  readonly #better: Better;
  readonly #monitor: Monitor | undefined;

  constructor(model: Layer, checkedOptions: CheckedTrainerOptions<Target>, rates: Rates | undefined) {
    this.#model = model;
    this.#options = checkedOptions;
    this.#rates = rates;
    const { validation, metrics, bestWeights, earlyStopping } = checkedOptions;
    this.#better = metrics[validation?.monitor ?? 'loss']?.better ?? 'lower';
    this.#monitor =
      validation &&
      new Monitor(parametersOf('Trainer', model), {
        better: this.#better,
        keepWeights: bestWeights !== undefined,
        patience: earlyStopping?.patience ?? Number.POSITIVE_INFINITY,
        minDelta: earlyStopping?.minDelta ?? 0,
      });
  }

  get best(): Best | undefined {
    return this.#monitor?.best;
  }

  /** @throws TypeError if validation runs every epoch and the batches have no epochs */
  check(progress: BatchProgress<unknown>): void {
    if (this.#options.validation?.every !== 'epoch' || progress.epochOver !== undefined) return;
    throw new TypeError(
      "batches expected the result of batches() or lanes(), or an array, for validation with every: 'epoch', got another iterable",
    );
  }

  /** Receives the result of each batch and sets {@link due}. */
  follow({ step, pending, skipped }: StepResult, progress: BatchProgress<unknown>): void {
    const every = this.#options.validation?.every;
    if (every === undefined) return;
    const whole = pending === undefined && skipped === undefined;
    this.due ||= every === 'epoch' ? progress.epochOver === true : whole && step % every === 0;
  }

  /** Runs the validation that is due. If it is aborted, it stays due. */
  async run(
    step: number,
    signal: AbortSignal | undefined,
    pool: WorkerPool | undefined,
  ): Promise<ValidationOutcome> {
    if (this.#running)
      throw new Error('The model is busy: a validation of another run of this trainer is running');
    this.#running = true;
    try {
      return await this.#run(step, signal, pool);
    } finally {
      this.#running = false;
    }
  }

  async #run(
    step: number,
    signal: AbortSignal | undefined,
    pool: WorkerPool | undefined,
  ): Promise<ValidationOutcome> {
    const { validation } = this.#options;
    if (!this.due || !validation || !this.#monitor) return {};
    const batches = onceThrough(validation.batches as AnyBatches<Batch<Target>>);
    const { loss, metrics } = await evaluateAll(this.#model, this.#options, batches, signal, pool);
    const value = validation.monitor === 'loss' ? loss : (metrics[validation.monitor] as number);
    const stopped = this.#monitor.observe(step, value);
    this.#rates?.observe(value, this.#better, step);
    this.due = false;
    if (stopped) await this.end();
    return { validation: { step, loss, metrics }, ...(stopped && { stopped }) };
  }

  /** Called at the end of a run. */
  async end(): Promise<void> {
    if (this.#options.bestWeights !== 'restore' || !this.#monitor) return;
    // A running evaluation needs the model unchanged.
    await Lock.ended(VALIDATION, this.#model);
    this.#monitor.restore();
  }

  /** Restores the best weights. @throws Error if there are none */
  restore(): void {
    if (this.#options.bestWeights === undefined)
      throw new Error("restoreBest expected a Trainer with bestWeights: 'keep' or 'restore'");
    if (!this.#monitor?.restore())
      throw new Error('restoreBest expected an earlier validation with a finite result, got none');
  }

  get state(): { monitor?: MonitorState; due?: boolean } {
    return {
      ...(this.#monitor && { monitor: this.#monitor.state }),
      ...(this.due && { due: true }),
    };
  }

  /** Checks a state. @returns a function that loads it */
  loading({ monitor, due }: { monitor?: MonitorState; due?: boolean }): () => void {
    const load = this.#monitor?.loading(monitor);
    return () => {
      load?.();
      this.due = due === true && this.#monitor !== undefined;
    };
  }
}
