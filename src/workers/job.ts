import { Batches, type BatchesSource, type BatchesState } from '../data/batches.js';
import type { CoreLayer, LayerConfig } from '../layers/layer.js';
import { characterErrorRate } from '../training/error-rate.js';
import { f1 } from '../training/f1.js';
import { binaryCrossEntropy, crossEntropy, mse } from '../training/losses.js';
import { accuracy, bitsPerCharacter, type Metric, mae, perplexity, rmse } from '../training/metrics.js';
import { type ModelState, stateOf } from '../training/model-state.js';
import { Adam, AdamW, RMSprop, SGD } from '../training/optimizers.js';
import type { Progress } from '../training/progress.js';
import { ownFunctionIn } from '../training/schedules.js';
import { checkRemakable } from '../training/threads.js';
import type { Trainer } from '../training/trainer.js';
import type { Recipe, TrainerOptions, ValidationOptions } from '../training/trainer-options.js';
import { mapArrays, type TrainerState } from '../training/trainer-state.js';
import { describe } from '../validation/errors.js';
import type { IntegerArray } from '../validation/tensor.js';
import type { Failure } from './protocol.js';

/** What both sides have, so that its name is enough. */
export const LOSSES = { crossEntropy, mse, binaryCrossEntropy };
export const OPTIMIZERS = { SGD, RMSprop, Adam, AdamW };
// biome-ignore lint/suspicious/noExplicitAny: options that the page has checked.
export const METRICS: Record<string, (options: any) => Metric<never>> = {
  ...{ accuracy, perplexity, bitsPerCharacter, rmse, mae, f1, characterErrorRate },
};

/** Where an iteration over batches stands. */
export interface BatchesPlace {
  readonly state: BatchesState;
  readonly ended: boolean;
}

/** What training changes. */
export interface Outcome {
  readonly model: ModelState;
  readonly trainer: TrainerState;
  readonly batches: BatchesPlace;
}

/** What batches are made of, but for the arrays, which have these shapes. */
export type Source = Pick<BatchesSource, 'of' | 'options'> & {
  readonly shapes: readonly (readonly number[])[];
};

type MetricConfig = NonNullable<Metric['config']>;

/**
 * All that a worker needs to train as the page would, but for the large arrays, which follow in pieces: the weights, those of
 * the optimizer, the data. In their place stand empty ones.
 */
export interface Job extends Outcome {
  readonly job: 'training';
  readonly module: WebAssembly.Module;
  readonly config: LayerConfig;
  readonly loss: keyof typeof LOSSES;
  /** The options of the trainer that are plain data. */
  readonly options: Omit<TrainerOptions<never>, 'loss' | 'optimizer' | 'threads' | 'metrics' | 'validation'>;
  readonly metrics: Readonly<Record<string, MetricConfig>>;
  readonly optimizer: keyof typeof OPTIMIZERS;
  /** Which of the model's parameters each group of the optimizer has. */
  readonly groups: readonly (readonly number[])[];
  readonly source: Source;
  readonly validation: (Omit<ValidationOptions<never>, 'batches'> & { readonly source: Source }) | undefined;
  /** How long the arrays are that follow. */
  readonly lengths: readonly number[];
}

/** The arrays that follow a job: each as it is when it is asked for, since memory of the core moves when it grows. */
export type Cargo = readonly { readonly length: number; view(): Values }[];

/** What the page tells after the job. */
export type Command =
  /** Part of array `n` of the cargo. */
  | { readonly kind: 'piece'; readonly n: number; readonly from: number; readonly values: Values }
  | { readonly kind: 'begin' | 'pause' | 'resume' | 'stop' };

export type Values = Float32Array | IntegerArray;

/** What the worker tells; the outcome is missing where nothing was begun. */
export type Report =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'paused' }
  | ({ readonly kind: 'end'; readonly outcome?: Outcome } & Partial<Failure>);

/**
 * The job of a trainer, and what follows it.
 *
 * @throws TypeError where a worker can not make the model, the loss or the optimizer again
 */
export function jobOf<Target>(trainer: Trainer<Target>, batches: Batches<unknown>): [Job, Cargo] {
  const { recipe, optimizer } = trainer;
  checkRemakable('trainInWorker', trainer.model);
  const model = trainer.model as CoreLayer;
  const { runtime } = model;
  const cargo: Cargo[number][] = [];
  const later = (at: number, length: number, owner: { check(): void }) => {
    const view = () => {
      owner.check();
      return runtime.f32.subarray(at, at + length);
    };
    cargo.push({ length, view });
    return new Float32Array(0);
  };
  const head = {
    loss: lossOf(recipe.loss),
    optimizer: kindOf(optimizer),
    groups: optimizer.placesIn(model),
    options: optionsOf(recipe),
    metrics: metricsOf(recipe.metrics),
    model: stateOf(model, (parameter) => later(parameter.pointer >>> 2, parameter.size, parameter)),
    trainer: stateFor(trainer, cargo, (at, size) => later(at, size, optimizer)),
    source: sourceOf(batches, cargo),
    validation: validationOf(recipe.validation, cargo),
  };
  const job: Job = {
    job: 'training',
    module: runtime.module,
    config: model.config(),
    ...head,
    batches: placeOf(batches),
    lengths: cargo.map(({ length }) => length),
  };
  return [job, cargo];
}

/** The state of a trainer whose arrays follow: those of the optimizer from the core, then the others. */
function stateFor<Target>(
  trainer: Trainer<Target>,
  cargo: Cargo[number][],
  read: (at: number, size: number) => Float32Array,
): TrainerState {
  const state = trainer.stateWith(() => trainer.optimizer.stateWith(read));
  return mapArrays(state, (array, name) => {
    if (name.startsWith('optimizer/')) return array;
    cargo.push({ length: array.data.length, view: () => array.data });
    return { ...array, data: new Float32Array(0) };
  });
}

function sourceOf(batches: Batches<unknown>, cargo: Cargo[number][]): Source {
  const { of, arrays, options } = batches.source;
  cargo.push(...arrays.map(({ data }) => ({ length: data.length, view: () => data })));
  return { of, options, shapes: arrays.map(({ shape }) => [...shape]) } as Source;
}

function validationOf(validation: Recipe<never>['validation'], cargo: Cargo[number][]): Job['validation'] {
  if (validation === undefined) return undefined;
  const { batches, every, monitor } = validation;
  if (!(batches instanceof Batches)) {
    throw new TypeError(
      `validation.batches expected what batches() or lanes() of lstm-wasm/data gives, which a worker can make again, got ${describe(batches)}`,
    );
  }
  return { every, monitor, source: sourceOf(batches, cargo) };
}

function optionsOf(recipe: Recipe<never>): Job['options'] {
  const { clipNorm, clipValue, accumulate, schedule, onNonFinite, earlyStopping, bestWeights } = recipe;
  if (schedule !== undefined && ownFunctionIn(schedule))
    throw new TypeError(
      'schedule expected what stepLR and its like give, got a function that can not go there',
    );
  const all = { clipNorm, clipValue, accumulate, schedule, onNonFinite, earlyStopping, bestWeights };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function metricsOf(metrics: Readonly<Record<string, Metric<never>>>): Job['metrics'] {
  const entries = Object.entries(metrics).map(([name, { config }]): [string, MetricConfig] => {
    if (config && Object.hasOwn(METRICS, config.type)) return [name, config];
    const known = Object.keys(METRICS).join(', ');
    throw new TypeError(
      `metrics.${name} expected one of ${known}, which a worker has as well, got one of your own`,
    );
  });
  return Object.fromEntries(entries);
}

function kindOf(optimizer: object): Job['optimizer'] {
  const names = Object.keys(OPTIMIZERS) as Job['optimizer'][];
  const found = names.find((name) => OPTIMIZERS[name] === optimizer.constructor);
  if (found !== undefined) return found;
  throw new TypeError(`optimizer expected ${names.join(', ')}, got another class`);
}

function lossOf(loss: unknown): Job['loss'] {
  const names = Object.keys(LOSSES) as Job['loss'][];
  const found = names.find((name) => LOSSES[name] === loss);
  if (found !== undefined) return found;
  throw new TypeError(
    `loss expected ${names.join(', ')}, which a worker has as well, got ${describe(loss)} that can not go there`,
  );
}

export function placeOf(batches: Batches<unknown>): BatchesPlace {
  return { state: batches.stateDict(), ended: batches.ended };
}

export function setPlace(batches: Batches<unknown>, { state, ended }: BatchesPlace): void {
  batches.loadStateDict(state);
  batches.ended = ended;
}

/** The memory of an outcome, which its sender needs no more. */
export function buffersOf({ model, trainer }: Outcome): ArrayBuffer[] {
  const arrays = [...model.weights, ...model.carried.map(({ data }) => data)];
  mapArrays(trainer, (array) => {
    arrays.push(array.data);
    return array;
  });
  return arrays.map(({ buffer }) => buffer as ArrayBuffer);
}
