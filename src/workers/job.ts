import { Batches, type BatchesSource, type BatchesState } from '../data/batches.js';
import type { CoreLayer, LayerConfig } from '../layers/layer.js';
import { type ModelState, stateOf } from '../layers/model-state.js';
import type { Failure } from '../parallel/protocol.js';
import { checkRebuildable } from '../parallel/threads.js';
import { characterErrorRate } from '../training/error-rate.js';
import { f1 } from '../training/f1.js';
import { binaryCrossEntropy, crossEntropy, mse } from '../training/losses.js';
import { accuracy, bitsPerCharacter, type Metric, mae, perplexity, rmse } from '../training/metrics.js';
import { Adam, AdamW, RMSprop, SGD } from '../training/optimizers.js';
import { ownFunctionIn } from '../training/schedules.js';
import type { Trainer } from '../training/trainer.js';
import type {
  CheckedTrainerOptions,
  TrainerOptions,
  ValidationOptions,
} from '../training/trainer-options.js';
import { mapArrays, type TrainerState } from '../training/trainer-state.js';
import { isOf } from '../validation/copies.js';
import { describe } from '../validation/errors.js';
import { type AnyTensor, arrayLike, type Bytes } from '../validation/tensor.js';

import type { CountedProgress } from './progress-queue.js';

/** The losses, optimizers and metrics that a job can refer to by name. */
export const LOSSES = { crossEntropy, mse, binaryCrossEntropy };
export const OPTIMIZERS = { SGD, RMSprop, Adam, AdamW };
// biome-ignore lint/suspicious/noExplicitAny: options that the page has checked.
export const METRICS: Record<string, (options: any) => Metric<never>> = {
  ...{ accuracy, perplexity, bitsPerCharacter, rmse, mae, f1, characterErrorRate },
};

/** The position of an iteration over batches. */
export interface BatchesPosition {
  readonly state: BatchesState;
  readonly ended: boolean;
}

/** Everything that training changes. */
export interface RunState {
  readonly model: ModelState;
  readonly trainer: TrainerState;
  readonly batches: BatchesPosition;
}

/** How to rebuild batches, with the shapes of their arrays but without the arrays. */
export type BatchesConfig = Pick<BatchesSource, 'of' | 'options'> & {
  readonly shapes: readonly (readonly number[])[];
};

type MetricConfig = NonNullable<Metric['config']>;

/**
 * Everything that a worker needs to train as the page would, except the large arrays (weights, optimizer state, data),
 * which follow in chunks. Empty arrays replace them.
 */
export interface TrainingJob extends RunState {
  readonly job: 'training';
  readonly module: WebAssembly.Module;
  readonly config: LayerConfig;
  readonly loss: keyof typeof LOSSES;
  /** The options of the trainer that are plain data. */
  readonly options: Omit<TrainerOptions<never>, 'loss' | 'optimizer' | 'threads' | 'metrics' | 'validation'>;
  readonly metrics: Readonly<Record<string, MetricConfig>>;
  readonly optimizer: keyof typeof OPTIMIZERS;
  /** For each group of the optimizer, the indices of its parameters in the model. */
  readonly groups: readonly (readonly number[])[];
  readonly data: BatchesConfig;
  readonly validation:
    | (Omit<ValidationOptions<never>, 'batches'> & { readonly data: BatchesConfig })
    | undefined;
  /** The lengths of the arrays that follow. */
  readonly lengths: readonly number[];
}

export type JobArray = AnyTensor['data'];

/** An array that follows a job; `view` is called when it is sent, since the core's memory moves when it grows. */
export interface DeferredArray {
  readonly length: number;
  view(): JobArray;
}

/** Sent to the worker after the job. */
export type Command =
  /** A part of array `n`, from index `from` on. */
  | { readonly kind: 'chunk'; readonly n: number; readonly from: number; readonly values: JobArray }
  | { readonly kind: 'begin' | 'pause' | 'resume' | 'stop' }
  /** Request number `n` for a model file. */
  | { readonly kind: 'snapshot'; readonly n: number; readonly metadata: Record<string, string> };

/** Sent by the worker; `state` is missing if training never began. */
export type Report =
  | { readonly kind: 'progress'; readonly entries: readonly CountedProgress[] }
  | { readonly kind: 'paused' }
  | ({ readonly kind: 'snapshot'; readonly n: number; readonly file?: Bytes } & Partial<Failure>)
  | ({ readonly kind: 'end'; readonly state?: RunState } & Partial<Failure>);

/** The number of values in a chunk: 1 MB, which is copied in half a millisecond, well within a frame. */
const CHUNK = 262_144;

/** Copies an array in chunks, in order. An empty array gives one empty chunk, which still has the type of the array. */
export function* chunksOf({ length, view }: DeferredArray): Generator<{ from: number; values: JobArray }> {
  let from = 0;
  do {
    const part = view().subarray(from, from + CHUNK);
    const values = arrayLike(part, part.length);
    values.set(part);
    yield { from, values };
    from += CHUNK;
  } while (from < length);
}

/**
 * The job of a trainer, and the arrays that follow it.
 *
 * @throws TypeError if a worker cannot rebuild the model, the loss, the optimizer or anything else of it
 */
export function jobOf<Target>(
  trainer: Trainer<Target>,
  batches: Batches<unknown>,
): [TrainingJob, readonly DeferredArray[]] {
  const { checkedOptions, optimizer } = trainer;
  checkRebuildable('trainInWorker', trainer.model);
  const model = trainer.model as CoreLayer;
  const { runtime } = model;
  const deferred: DeferredArray[] = [];
  const defer = (at: number, length: number, owner: { check(): void }) => {
    const view = () => {
      owner.check();
      return runtime.f32.subarray(at, at + length);
    };
    deferred.push({ length, view });
    return new Float32Array(0);
  };
  // In the order in which JobRunner takes the arrays.
  const parts = {
    loss: lossOf(checkedOptions.loss),
    optimizer: optimizerOf(optimizer),
    groups: optimizer.indicesIn(model),
    options: optionsOf(checkedOptions),
    metrics: metricsOf(checkedOptions.metrics),
    model: stateOf(model, (parameter) =>
      defer(parameter.pointer >>> 2, parameter.size, parameter.allocations),
    ),
    trainer: trainerStateOf(trainer, deferred, (at, size) => defer(at, size, optimizer.allocations)),
    data: batchesConfigOf(batches, deferred),
    validation: validationOf(checkedOptions.validation, deferred),
  };
  const job: TrainingJob = {
    job: 'training',
    module: runtime.module,
    config: model.config(),
    ...parts,
    batches: positionOf(batches),
    lengths: deferred.map(({ length }) => length),
  };
  return [job, deferred];
}

/** The state of a trainer with deferred arrays: first those of the optimizer, which are in the core, then the others. */
function trainerStateOf<Target>(
  trainer: Trainer<Target>,
  deferred: DeferredArray[],
  read: (at: number, size: number) => Float32Array,
): TrainerState {
  const state = trainer.stateWith(() => trainer.optimizer.stateWith(read));
  return mapArrays(state, (array, name) => {
    if (name.startsWith('optimizer/')) return array;
    deferred.push({ length: array.data.length, view: () => array.data });
    return { ...array, data: new Float32Array(0) };
  });
}

function batchesConfigOf(batches: Batches<unknown>, deferred: DeferredArray[]): BatchesConfig {
  const { of, arrays, options } = batches.source;
  deferred.push(...arrays.map(({ data }) => ({ length: data.length, view: () => data })));
  return { of, options, shapes: arrays.map(({ shape }) => [...shape]) } as BatchesConfig;
}

function validationOf(
  validation: CheckedTrainerOptions<never>['validation'],
  deferred: DeferredArray[],
): TrainingJob['validation'] {
  if (validation === undefined) return undefined;
  const { batches, every, monitor } = validation;
  return {
    every,
    monitor,
    data: batchesConfigOf(checkRebuildableBatches('validation.batches', batches), deferred),
  };
}

/** @throws TypeError for batches that a worker cannot rebuild */
export function checkRebuildableBatches(name: string, batches: unknown): Batches<unknown> {
  if (isOf(name, batches, Batches)) return batches as Batches<unknown>;
  throw new TypeError(
    `${name} expected the result of batches(), lanes() or bucketBatches() of lstm-wasm/data, which a worker can rebuild, got ${describe(batches)}`,
  );
}

function optionsOf(checkedOptions: CheckedTrainerOptions<never>): TrainingJob['options'] {
  const { clipNorm, clipValue, accumulate, schedule, onNonFinite, earlyStopping, bestWeights } =
    checkedOptions;
  if (schedule !== undefined && ownFunctionIn(schedule))
    throw new TypeError(
      'schedule expected a schedule of this package, such as stepLR, got a function, which cannot be sent to a worker',
    );
  const all = { clipNorm, clipValue, accumulate, schedule, onNonFinite, earlyStopping, bestWeights };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function metricsOf(metrics: Readonly<Record<string, Metric<never>>>): TrainingJob['metrics'] {
  const entries = Object.entries(metrics).map(([name, { config }]): [string, MetricConfig] => {
    if (config && Object.keys(METRICS).includes(config.type)) return [name, config];
    throw notInWorker(`metrics.${name}`, METRICS, 'a custom metric');
  });
  return Object.fromEntries(entries);
}

function optimizerOf(optimizer: object): TrainingJob['optimizer'] {
  const names = Object.keys(OPTIMIZERS) as TrainingJob['optimizer'][];
  const found = names.find((name) => OPTIMIZERS[name] === optimizer.constructor);
  if (found !== undefined) return found;
  throw notInWorker('optimizer', OPTIMIZERS, 'another class');
}

function lossOf(loss: unknown): TrainingJob['loss'] {
  const names = Object.keys(LOSSES) as TrainingJob['loss'][];
  const found = names.find((name) => LOSSES[name] === loss);
  if (found !== undefined) return found;
  throw notInWorker('loss', LOSSES, describe(loss));
}

function notInWorker(name: string, known: object, got: string): TypeError {
  return new TypeError(
    `${name} expected one of ${Object.keys(known).join(', ')}, got ${got}, which cannot be sent to a worker`,
  );
}

export function positionOf(batches: Batches<unknown>): BatchesPosition {
  return { state: batches.stateDict(), ended: batches.ended };
}

export function setPosition(batches: Batches<unknown>, { state, ended }: BatchesPosition): void {
  batches.loadStateDict(state);
  batches.ended = ended;
}

/** The buffers of a state, to transfer. */
export function buffersOf({ model, trainer }: RunState): ArrayBuffer[] {
  const arrays = [...model.weights, ...model.carried.map(({ data }) => data)];
  mapArrays(trainer, (array) => {
    arrays.push(array.data);
    return array;
  });
  return arrays.map(({ buffer }) => buffer as ArrayBuffer);
}
