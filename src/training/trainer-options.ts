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
  /** The result of `batches()` or `lanes()`, of which the first epoch is used, or an array of batches. */
  batches: AnyBatches<Batch<Target>>;
  /** Validate after every `every` steps, or after every epoch. Default epoch. */
  every?: number | 'epoch';
  /** The value for `best`, early stopping and `reduceLROnPlateau`: `loss`, or the name of a metric. Default loss. */
  monitor?: string;
}

export interface EarlyStoppingOptions {
  /** The number of consecutive validations without improvement after which the run stops. */
  patience: number;
  /** The minimum improvement, in the unit of the monitored value. Default 0. */
  minDelta?: number;
}

export interface TrainerOptions<Target> {
  /** `crossEntropy`, `mse`, `binaryCrossEntropy`, or a custom function with the same signature. */
  loss: Loss<Target>;
  optimizer: Optimizer<{ lr: number }>;
  /** The maximum norm of all gradients taken as one vector. */
  clipNorm?: number;
  /** The maximum absolute value of each gradient element. */
  clipValue?: number;
  /**
   * The number of threads that share each batch: this thread and workers, which a run starts and stops. Default 1. For `run` and
   * `evaluate`, in Node, Deno, Bun and cross-origin isolated pages.
   */
  threads?: number;
  /**
   * The number of batches per step. Their gradients are averaged as if they were one batch. At the end of a run, the remaining batches
   * make a step; if the run is left or aborted before, they are kept for the next run. Default 1.
   */
  accumulate?: number;
  /** The learning rate schedule, starting from the optimizer's current rate and applied before each step. Default: constant. */
  schedule?: Schedule;
  /**
   * What to do if the loss or a gradient is not finite: `stop` throws an Error, `skip` skips the batch and reports it as `skipped`, without
   * a limit. Default stop.
   */
  onNonFinite?: 'stop' | 'skip';
  /** Metrics by name, reported with each step and each validation. */
  metrics?: Record<string, Metric<Target>>;
  validation?: ValidationOptions<Target>;
  /** Ends a run when validation stops improving (Prechelt 1998). Default: off. */
  earlyStopping?: EarlyStoppingOptions;
  /**
   * `keep` keeps the weights of the best validation for `restoreBest()`; `restore` also restores them when a run completes or stops
   * early. Default: neither.
   */
  bestWeights?: 'keep' | 'restore';
}

/** The batches are typed where they are used, so that a trainer of any target is assignable to `Trainer<never>`. */
interface CheckedValidation extends Required<Omit<ValidationOptions<never>, 'batches'>> {
  readonly batches: AnyBatches<unknown>;
}

/** The checked options of a trainer, without the optimizer. */
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

/** @throws TypeError and RangeError as documented for Trainer */
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
    throw new TypeError(`${name} expected validation: { batches } as well, got none`);
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

/** The target types of the built-in losses. */
export type AnyTarget = Integers | Tensor;
