import { describe } from '../border/errors.js';
import type { IntegerArray } from '../border/tensor.js';
import type { Batches, BatchesSource, BatchesState } from '../data/batches.js';
import type { CoreLayer, LayerConfig } from '../layers/layer.js';
import { binaryCrossEntropy, crossEntropy, mse } from './losses.js';
import { type ModelState, stateOf } from './model-state.js';
import { Adam, AdamW, RMSprop, SGD } from './optimizers.js';
import type { Failure } from './protocol.js';
import { checkRemakable } from './threads.js';
import type { Progress, Trainer, TrainerState } from './trainer.js';

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

/** All that a worker needs to train as the page would, but for the values of the data. */
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
  readonly data: readonly { readonly length: number; readonly shape: readonly number[] }[];
}

/** What the page tells after the job. */
export type Command =
  /** Part of array `n` of the data. */
  | { readonly kind: 'piece'; readonly n: number; readonly from: number; readonly values: Values }
  | { readonly kind: 'begin' | 'pause' | 'resume' | 'stop' };

export type Values = Float32Array | IntegerArray;

/** What the worker tells; the outcome is missing where nothing was begun. */
export type Report =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'paused' }
  | ({ readonly kind: 'end'; readonly outcome?: Outcome } & Partial<Failure>);

/**
 * The job of a trainer: its state is copied here and now.
 *
 * @throws TypeError where a worker can not make the model, the loss or the optimizer again
 */
export function jobOf<Target>(trainer: Trainer<Target>, batches: Batches<unknown>): Job {
  const { model, recipe, optimizer } = trainer;
  checkRemakable('trainInWorker', model);
  const kinds = Object.entries(OPTIMIZERS);
  const kind = kinds.find(([, Kind]) => optimizer.constructor === Kind)?.[0];
  if (kind === undefined) {
    throw new TypeError(`optimizer expected ${kinds.map(([name]) => name).join(', ')}, got another class`);
  }
  const { of, arrays, options } = batches.source;
  return {
    job: 'training',
    module: model.runtime.module,
    config: (model as CoreLayer).config(),
    loss: lossOf(recipe.loss),
    clipNorm: recipe.clipNorm,
    clipValue: recipe.clipValue,
    optimizer: kind as Job['optimizer'],
    groups: optimizer.placesIn(model),
    source: { of, options },
    data: arrays.map(({ data, shape }) => ({ length: data.length, shape: [...shape] })),
    model: stateOf(model as CoreLayer),
    trainer: trainer.stateDict(),
    batches: placeOf(batches),
  };
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
