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

/** The validations of a trainer: when they are made, and what follows from them. */
export class Validations<Target> {
  /** Whether one has to be made before the next step. */
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
        keeps: bestWeights !== undefined,
        patience: earlyStopping?.patience ?? Number.POSITIVE_INFINITY,
        minDelta: earlyStopping?.minDelta ?? 0,
      });
  }

  get best(): Best | undefined {
    return this.#monitor?.best;
  }

  /** @throws TypeError where they wait for epochs and the batches know none */
  check(progress: BatchProgress<unknown>): void {
    if (this.#options.validation?.every !== 'epoch' || progress.epochOver !== undefined) return;
    throw new TypeError(
      "batches expected what knows its epochs, as batches(), lanes() and arrays do, for a validation that is made every: 'epoch', got another iterable",
    );
  }

  /** Told what a batch came to: from some on one is due. */
  follow({ step, pending, skipped }: StepResult, progress: BatchProgress<unknown>): void {
    const every = this.#options.validation?.every;
    if (every === undefined) return;
    const whole = pending === undefined && skipped === undefined;
    this.due ||= every === 'epoch' ? progress.epochOver === true : whole && step % every === 0;
  }

  /** Makes the one that is due; where it is aborted, it stays so. */
  async make(
    step: number,
    signal: AbortSignal | undefined,
    pool: WorkerPool | undefined,
  ): Promise<ValidationOutcome> {
    if (this.#running)
      throw new Error('The model is busy: a validation of another run of this trainer is running');
    this.#running = true;
    try {
      return await this.#make(step, signal, pool);
    } finally {
      this.#running = false;
    }
  }

  async #make(
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
    // An evaluation may be under way, which measures one state of the model.
    await Lock.ended(VALIDATION, this.#model);
    this.#monitor.restore();
  }

  /** @throws Error where no weights are kept */
  restore(): void {
    if (this.#options.bestWeights === undefined)
      throw new Error("restoreBest expected a Trainer with bestWeights: 'keep' or 'restore'");
    if (!this.#monitor?.restore()) throw new Error('restoreBest expected a validation before it, got none');
  }

  get state(): { monitor?: MonitorState; due?: boolean } {
    return {
      ...(this.#monitor && { monitor: this.#monitor.state }),
      ...(this.due && { due: true }),
    };
  }

  /** A state, checked, as what takes it on. */
  loading({ monitor, due }: { monitor?: MonitorState; due?: boolean }): () => void {
    const take = this.#monitor?.loading(monitor);
    return () => {
      take?.();
      this.due = due === true && this.#monitor !== undefined;
    };
  }
}
