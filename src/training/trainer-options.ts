import type { Layer } from '../layers/layer.js';
import { checkThreads } from '../parallel/threads.js';
import { isOf } from '../validation/copies.js';
import { describe } from '../validation/errors.js';
import {
  checkNotNegative,
  checkOneOf,
  checkOptions,
  checkPositive,
  checkSize,
} from '../validation/options.js';
import type { Integers, Tensor } from '../validation/tensor.js';
import type { Batch, Loss } from './batch.js';
import { type AnyBatches, checkBatches } from './batch-progress.js';
import { checkMetrics, checkMonitor, type Metric } from './metrics.js';
import { Optimizer } from './optimizer.js';
import { checkSchedule, type Schedule } from './schedules.js';

/** The data for validation, and how often to validate. */
export interface ValidationOptions<Target> {
  /** Gone through at each validation: what `batches()` or `lanes()` gives, of which the first epoch, or an array. */
  batches: AnyBatches<Batch<Target>>;
  /** After each so many steps, or each epoch of batches that know theirs. Default epoch. */
  every?: number | 'epoch';
  /** What is best, stops early and moves a plateau: the loss, or a metric by its name. Default loss. */
  monitor?: string;
}

export interface EarlyStoppingOptions {
  /** The number of successive validations without improvement that ends the run. */
  patience: number;
  /** The smallest improvement that counts, in the unit of the monitored value. Default 0. */
  minDelta?: number;
}

export interface TrainerOptions<Target> {
  /** `crossEntropy`, `mse`, `binaryCrossEntropy`, or a function of the same form. */
  loss: Loss<Target>;
  optimizer: Optimizer<{ lr: number }>;
  /** The largest norm of all gradients as one vector. */
  clipNorm?: number;
  /** The largest value of a gradient. */
  clipValue?: number;
  /**
   * How many threads share each batch: this one and workers, which a run starts and ends. Default 1. For `run` and `evaluate`, in Node,
   * Deno, Bun and pages that are cross-origin isolated.
   */
  threads?: number;
  /**
   * The number of batches per step: their gradient is that of the mean over all of them, as if they were one batch. At the end of a run
   * the batches that remain make a step of their own; if the run is left or aborted before, they wait for the next one. Default 1.
   */
  accumulate?: number;
  /** The schedule of the learning rate, starting from the optimizer's current one; applied before each step. Default: constant. */
  schedule?: Schedule;
  /**
   * Whether a loss or a gradient that is not finite ends the run with an Error, or its batch is left out and told of as `skipped`, however
   * many there are. Default stop.
   */
  onNonFinite?: 'stop' | 'skip';
  /** Metrics by name, reported with each step and each validation. */
  metrics?: Record<string, Metric<Target>>;
  validation?: ValidationOptions<Target>;
  /** Ends a run when validation stops improving (Prechelt 1998). Default: off. */
  earlyStopping?: EarlyStoppingOptions;
  /**
   * Whether the weights of the best validation are kept, for `restoreBest()`, or also restored where a run comes to its end or
   * stops early. Default: neither.
   */
  bestWeights?: 'keep' | 'restore';
}

/** Its batches are those of the trainer; typed where they are used, so that a trainer of any target is assignable to `Trainer<never>`. */
interface CheckedValidation extends Required<Omit<ValidationOptions<never>, 'batches'>> {
  readonly batches: AnyBatches<unknown>;
}

/** The options of a trainer, checked, without its optimizer. */
export interface CheckedTrainerOptions<Target> {
  readonly loss: Loss<Target>;
  readonly clipNorm: number | undefined;
  readonly clipValue: number | undefined;
  readonly threads: number;
  readonly accumulate: number;
  readonly schedule: Schedule | undefined;
  readonly onNonFinite: 'stop' | 'skip';
  readonly metrics: Readonly<Record<string, Metric<Target>>>;
  readonly validation: CheckedValidation | undefined;
  readonly earlyStopping: Required<EarlyStoppingOptions> | undefined;
  readonly bestWeights: 'keep' | 'restore' | undefined;
}

const KNOWN = [
  'loss',
  'optimizer',
  'clipNorm',
  'clipValue',
  'threads',
  'accumulate',
  'schedule',
  'onNonFinite',
  'metrics',
  'validation',
  'earlyStopping',
  'bestWeights',
];

/** @throws TypeError and RangeError as Trainer says */
export function checkTrainerOptions<Target>(
  model: Layer,
  options: TrainerOptions<Target>,
): CheckedTrainerOptions<Target> {
  checkOptions(options, KNOWN, 'Trainer');
  const { loss, optimizer, clipNorm, clipValue, threads = 1, accumulate = 1, onNonFinite = 'stop' } = options;
  if (model === null || typeof model !== 'object' || typeof model.forward !== 'function')
    throw new TypeError(`model expected a layer, got ${describe(model)}`);
  if (typeof loss !== 'function')
    throw new TypeError(`loss expected a function such as crossEntropy, got ${describe(loss)}`);
  checkOptimizer(optimizer, model);
  const metrics = checkMetrics<Target>(options.metrics);
  const validation = options.validation && checkValidation(options.validation, metrics);
  const { schedule, earlyStopping, bestWeights } = options;
  const checked = {
    loss,
    clipNorm: clipNorm === undefined ? undefined : checkPositive('clipNorm', clipNorm),
    clipValue: clipValue === undefined ? undefined : checkPositive('clipValue', clipValue),
    threads: checkThreads(threads, model),
    accumulate: checkSize('accumulate', accumulate),
    schedule: schedule === undefined ? undefined : checkSchedule('schedule', schedule),
    onNonFinite: checkOneOf('onNonFinite', onNonFinite, ['stop', 'skip'] as const),
    metrics,
    validation,
    earlyStopping: earlyStopping === undefined ? undefined : checkStopping(earlyStopping),
    bestWeights:
      bestWeights === undefined
        ? undefined
        : checkOneOf('bestWeights', bestWeights, ['keep', 'restore'] as const),
  };
  for (const name of ['earlyStopping', 'bestWeights'] as const) {
    if (checked[name] !== undefined) checkValidated(name, validation);
  }
  return checked;
}

/** @throws TypeError if an option needs validations and there are none */
export function checkValidated(name: string, validation: unknown): void {
  if (validation === undefined)
    throw new TypeError(`${name} expected validation: { batches } beside it, got none`);
}

function checkOptimizer(optimizer: unknown, model: Layer): void {
  if (!isOf('optimizer', optimizer, Optimizer))
    throw new TypeError(
      `optimizer expected an optimizer such as new Adam(model), got ${describe(optimizer)}`,
    );
  if (optimizer.runtime !== model.runtime)
    throw new TypeError('optimizer expected the parameters of the model, got those of another runtime');
  if (!optimizer.covers(model))
    throw new TypeError("optimizer expected the model's parameters, got none of them");
}

function checkValidation<Target>(
  options: ValidationOptions<Target>,
  metrics: Record<string, Metric<Target>>,
): CheckedValidation {
  checkOptions(options, ['batches', 'every', 'monitor'], 'validation');
  const { batches, every = 'epoch', monitor = 'loss' } = options;
  return {
    batches: checkBatches('validation.batches', batches),
    every:
      typeof every === 'string'
        ? checkOneOf('validation.every', every, ['epoch'] as const)
        : checkSize('validation.every', every),
    monitor: checkMonitor(monitor, metrics),
  };
}

function checkStopping(options: EarlyStoppingOptions): Required<EarlyStoppingOptions> {
  checkOptions(options, ['patience', 'minDelta'], 'earlyStopping');
  const { patience, minDelta = 0 } = options;
  return {
    patience: checkSize('earlyStopping.patience', patience),
    minDelta: checkNotNegative('earlyStopping.minDelta', minDelta),
  };
}

/** The types that most models have. */
export type AnyTarget = Integers | Tensor;
