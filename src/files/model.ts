import { readBytes, replaceFile } from '#disk';
import { describe } from '../border/errors.js';
import { checkOptions } from '../border/options.js';
import type { Tensor } from '../border/tensor.js';
import type { BatchesState } from '../data/batches.js';
import type { Layer } from '../layers/layer.js';
import { layersOf } from '../layers/sequential.js';
import { checkRuntime, type Generator, type Runtime } from '../runtime/runtime.js';
import type { OptimizerState } from '../training/optimizer.js';
import type { Trainer, TrainerState } from '../training/trainer.js';
import { configOf, layerOf } from './config.js';
import { type NamedArray, readSafetensors, writeSafetensors } from './safetensors.js';

/** The version of what is written below; a file of a later one is refused. */
const VERSION = 1;

export interface SaveOptions {
  /** Saves how far training has come with it: optimizer, step. */
  trainer?: Trainer<never> | Trainer;
  /** Saves where in the data training stands. */
  batches?: { stateDict(): BatchesState };
  /** Texts of the caller's own, such as a vocabulary. */
  metadata?: Record<string, string>;
}

/** How far training had come: for `trainer.loadStateDict` and `batches.loadStateDict`. */
export interface TrainingState {
  readonly trainer: TrainerState;
  readonly batches?: BatchesState;
}

export interface LoadedModel {
  readonly model: Layer;
  readonly training: TrainingState | undefined;
  readonly metadata: Record<string, string>;
}

/** What a layer keeps beside its parameters, as text. */
interface LayerRecord {
  generators?: { seed: string; stream: string; counter: string }[];
  carried?: boolean;
}

/**
 * A model as a safetensors file: its parameters under PyTorch's names, its configuration in the metadata. With `trainer`
 * and `batches` it holds everything that training needs to go on to the same bits as if it had never stopped: optimizer
 * slots and running products, the step, the generators of dropout, the epoch's order and place, and carried states.
 *
 * @throws TypeError for what is no model of this package's layers
 * @example
 * ```ts
 * import { LSTM } from 'lstm-wasm';
 * import { loadModel, saveModel } from 'lstm-wasm/files';
 * const bytes = saveModel(new LSTM(3, 5), { metadata: { trainedOn: 'nothing' } });
 * const { model, metadata } = loadModel(bytes);
 * console.log(model.parameterCount, metadata.trainedOn); // 200 nothing
 * ```
 */
export function saveModel(model: Layer, options: SaveOptions = {}): Uint8Array {
  checkOptions(options, ['trainer', 'batches', 'metadata'], 'saveModel');
  const { trainer, batches, metadata = {} } = options;
  const tensors: Record<string, NamedArray> = {};
  const own: Record<string, string> = { version: String(VERSION), model: JSON.stringify(configOf(model)) };
  for (const [name, value] of Object.entries(metadata)) {
    if (typeof value !== 'string')
      throw new TypeError(`metadata.${name} expected text, got ${describe(value)}`);
    own[`user.${name}`] = value;
  }
  Object.assign(tensors, model.stateDict());
  const records = layersOf(model).map((layer, n): LayerRecord => {
    const { generators, carried } = layer.extras;
    for (const [name, state] of Object.entries(carried?.get() ?? {})) tensors[`carried/${n}/${name}`] = state;
    return {
      ...(generators && { generators: generators.map(generatorText) }),
      ...(carried && { carried: true }),
    };
  });
  own.layers = JSON.stringify(records);
  if (trainer) {
    const state = trainer.stateDict();
    own.trainer = JSON.stringify({ ...state, optimizer: takeArrays(state.optimizer, tensors) });
  }
  if (batches) own.batches = JSON.stringify(batches.stateDict());
  return writeSafetensors(
    tensors,
    Object.fromEntries(Object.entries(own).map(([key, value]) => [`lstm-wasm.${key}`, value])),
  );
}

/**
 * The model of a file that {@link saveModel} wrote, and what is needed to go on training it.
 *
 * @param options - `runtime`: where the model is to live
 * @throws RangeError for a damaged file, one of another kind or of a later version
 */
export function loadModel(bytes: Uint8Array | ArrayBuffer, options: { runtime?: Runtime } = {}): LoadedModel {
  checkOptions(options, ['runtime'], 'loadModel');
  const { tensors, metadata: all } = readSafetensors(bytes);
  const own = (key: string) => all[`lstm-wasm.${key}`];
  const version = Number(own('version') ?? Number.NaN);
  if (Number.isNaN(version))
    throw new RangeError(
      'this safetensors file was not written by saveModel: read it with readSafetensors and LSTM.fromStateDict',
    );
  if (version > VERSION)
    throw new RangeError(
      `this file has version ${version}, and this release of lstm-wasm reads up to ${VERSION}`,
    );
  const model = layerOf(parse(own('model'), 'model'), checkRuntime(options.runtime));
  try {
    loadInto(model, tensors, parse(own('layers'), 'layers') as LayerRecord[]);
    const metadata: Record<string, string> = {};
    for (const [key, value] of Object.entries(all))
      if (key.startsWith('lstm-wasm.user.')) metadata[key.slice(15)] = value;
    return { model, training: trainingOf(own('trainer'), own('batches'), tensors), metadata };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/**
 * {@link saveModel} to a file, where there is a file system: written beside and renamed, so that a crash or a full disk never
 * costs the file that was there.
 */
export async function saveModelFile(
  path: string | URL,
  model: Layer,
  options: SaveOptions = {},
): Promise<void> {
  await replaceFile(path, saveModel(model, options));
}

/** {@link loadModel} from a file, where there is a file system. */
export async function loadModelFile(
  path: string | URL,
  options: { runtime?: Runtime } = {},
): Promise<LoadedModel> {
  return loadModel(await readBytes(path), options);
}

function loadInto(model: Layer, tensors: Record<string, NamedArray>, records: readonly LayerRecord[]): void {
  const weights = Object.entries(tensors).filter(([name]) => !name.includes('/'));
  model.loadStateDict(Object.fromEntries(weights) as Record<string, Tensor>);
  for (const [n, layer] of layersOf(model).entries()) {
    const { generators = [], carried } = layer.extras;
    for (const [m, generator] of generators.entries())
      Object.assign(generator, generatorOf(records[n]?.generators?.[m], generator));
    const states = Object.entries(tensors).filter(([name]) => name.startsWith(`carried/${n}/`));
    carried?.set(
      Object.fromEntries(states.map(([name, state]) => [name.split('/')[2] as string, state as Tensor])),
    );
  }
}

function generatorText({ seed, stream, counter }: Generator) {
  return { seed: String(seed), stream: String(stream), counter: String(counter) };
}

function generatorOf(
  text: { seed: string; stream: string; counter: string } | undefined,
  otherwise: Generator,
): Generator {
  if (text === undefined) return otherwise;
  return { seed: Number(text.seed), stream: Number(text.stream), counter: Number(text.counter) };
}

/** Moves the arrays of an optimizer's state among the tensors; what is left is plain text. */
function takeArrays(state: OptimizerState, tensors: Record<string, NamedArray>): unknown {
  const slots = state.slots.map((slot, n) => {
    if (slot === null) return null;
    for (const [name, array] of Object.entries(slot.arrays)) tensors[`optimizer/${n}/${name}`] = array;
    return { numbers: slot.numbers };
  });
  return { ...state, slots };
}

function trainingOf(
  trainer: string | undefined,
  batches: string | undefined,
  tensors: Record<string, NamedArray>,
): TrainingState | undefined {
  if (trainer === undefined) return undefined;
  const state = parse(trainer, 'trainer') as TrainerState;
  const slots = state.optimizer.slots.map((slot, n) => {
    if (slot === null) return null;
    const arrays: Record<string, Tensor> = {};
    for (const [name, array] of Object.entries(tensors)) {
      const [kind, number, slotName] = name.split('/');
      if (kind === 'optimizer' && Number(number) === n) arrays[slotName as string] = array as Tensor;
    }
    return { numbers: slot.numbers, arrays };
  });
  const restored = { ...state, optimizer: { ...state.optimizer, slots } };
  return {
    trainer: restored,
    ...(batches !== undefined && { batches: parse(batches, 'batches') as BatchesState }),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the file holds; each reader checks what it takes.
function parse(text: string | undefined, name: string): any {
  try {
    return JSON.parse(text ?? '');
  } catch {
    throw new RangeError(`the file's metadata "lstm-wasm.${name}" is missing or damaged`);
  }
}
