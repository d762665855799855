import { describe } from '../border/errors.js';
import type { IntegerArray } from '../border/tensor.js';
import type { Batches, BatchesSource, BatchesState } from '../data/batches.js';
import type { CoreLayer, LayerConfig } from '../layers/layer.js';
import { binaryCrossEntropy, crossEntropy, mse } from './losses.js';
import { type ModelState, stateOf } from './model-state.js';
import { Adam, AdamW, RMSprop, SGD } from './optimizers.js';
import type { Failure } from './protocol.js';
import { checkRemakable } from './threads.js';
import type { Progress, Trainer } from './trainer.js';
import type { TrainerState } from './trainer-state.js';

/** What both sides have, so that its name is enough. */
export const LOSSES = { crossEntropy, mse, binaryCrossEntropy };
export const OPTIMIZERS = { SGD, RMSprop, Adam, AdamW };

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

/**
 * All that a worker needs to train as the page would, but for the large arrays, which follow in pieces: the weights, those of
 * the optimizer, the data. In their place stand empty ones.
 */
export interface Job extends Outcome {
  readonly job: 'training';
  readonly module: WebAssembly.Module;
  readonly config: LayerConfig;
  readonly loss: keyof typeof LOSSES;
  readonly clipNorm: number | undefined;
  readonly clipValue: number | undefined;
  readonly optimizer: keyof typeof OPTIMIZERS;
  /** Which of the model's parameters each group of the optimizer has. */
  readonly groups: readonly (readonly number[])[];
  readonly source: Pick<BatchesSource, 'of' | 'options'>;
  readonly shapes: readonly (readonly number[])[];
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
  const { of, arrays, options } = batches.source;
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
    model: stateOf(model, (parameter) => later(parameter.pointer >>> 2, parameter.size, parameter)),
    trainer: {
      step: String(trainer.step),
      variant: runtime.variant,
      optimizer: optimizer.stateWith((at, size) => later(at, size, optimizer)),
    },
  };
  cargo.push(...arrays.map(({ data }) => ({ length: data.length, view: () => data })));
  const job: Job = {
    job: 'training',
    module: runtime.module,
    config: model.config(),
    ...head,
    clipNorm: recipe.clipNorm,
    clipValue: recipe.clipValue,
    source: { of, options },
    shapes: arrays.map(({ shape }) => [...shape]),
    batches: placeOf(batches),
    lengths: cargo.map(({ length }) => length),
  };
  return [job, cargo];
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
  const slots = trainer.optimizer.slots.flatMap((slot) => Object.values(slot?.arrays ?? {}));
  const arrays = [...model.weights, ...[...model.carried, ...slots].map(({ data }) => data)];
  return arrays.map(({ buffer }) => buffer as ArrayBuffer);
}
