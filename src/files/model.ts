import type { BatchesState } from '../data/batches.js';
import type { LayerExtras } from '../layers/extras.js';
import { type Layer, layersOf } from '../layers/layer.js';
import { checkSaved } from '../layers/lock.js';
import { checkConfigSizes, configOf, layerOf } from '../layers/registry.js';
import { checkRuntime, type GeneratorState, type Runtime } from '../runtime/runtime.js';
import type { Trainer } from '../training/trainer.js';
import type { TrainerState } from '../training/trainer-state.js';
import { clip, describe } from '../validation/errors.js';
import { checkOptions, parseWhole } from '../validation/options.js';
import { type Bytes, checkTensor, sameShape, showShape, type Tensor } from '../validation/tensor.js';
import { type NamedArray, readSafetensors, writeSafetensors } from './safetensors.js';
import { moveArraysToTensors, restoreArrays } from './training-state.js';

/** The version of the format; files of a later version are refused. */
const VERSION = 1;

export interface SaveOptions {
  /** Also saves the training state, such as the optimizer's and the step. */
  trainer?: Trainer<never> | Trainer;
  /** Also saves the position in the data. */
  batches?: { stateDict(): BatchesState };
  /** Additional texts, such as a vocabulary. */
  metadata?: Record<string, string>;
}

/** The state of training: for `trainer.loadStateDict` and `batches.loadStateDict`. */
export interface TrainingState {
  readonly trainer: TrainerState;
  readonly batches?: BatchesState;
}

export interface LoadedModel<Model extends Layer = Layer> {
  readonly model: Model;
  readonly training: TrainingState | undefined;
  readonly metadata: Record<string, string>;
}

/** The state of a layer besides its parameters, as JSON. */
interface LayerRecord {
  generators?: { seed: string; stream: string; counter: string }[];
  /** The names of the parameters that require no gradient. */
  frozen?: string[];
}

/**
 * Writes a model as a safetensors file: its parameters under PyTorch's names, its configuration in the metadata. With `trainer`
 * and `batches` the file holds everything that training needs to resume to the same bits: optimizer slots and running
 * products, the step, the generators of dropout, the epoch's order and position, and carried states.
 *
 * @throws TypeError for anything but a model of this package's layers; Error while a training step runs or waits for other
 *   threads, or while the model is trained in a worker: `training.snapshot()` saves it then
 * @example
 * ```ts
 * import { LSTM } from 'lstm-wasm';
 * import { loadModel, saveModel } from 'lstm-wasm/files';
 * const bytes = saveModel(new LSTM(3, 5), { metadata: { trainedOn: 'nothing' } });
 * const { model, metadata } = loadModel(bytes);
 * console.log(model.parameterCount, metadata.trainedOn); // 200 nothing
 * ```
 */
export function saveModel(model: Layer, options: SaveOptions = {}): Bytes {
  checkOptions(options, ['trainer', 'batches', 'metadata'], 'saveModel');
  const { trainer, batches, metadata = {} } = options;
  if (trainer !== undefined) checkStateful('trainer', trainer, 'a Trainer');
  if (batches !== undefined)
    checkStateful('batches', batches, 'the result of batches(), lanes() or bucketBatches()');
  if (batches !== undefined && trainer === undefined)
    throw new TypeError('batches expected a trainer as well: the position in the data belongs to its step');
  checkMetadata(metadata);
  const tensors: Record<string, NamedArray> = {};
  const own: Record<string, string> = { version: String(VERSION), model: JSON.stringify(configOf(model)) };
  for (const [name, value] of Object.entries(metadata)) own[`user.${name}`] = value;
  checkSaved(model);
  Object.assign(tensors, model.stateDict());
  const layers = layersOf(model);
  if (new Set(layers).size < layers.length) {
    throw new TypeError(
      'model expected each layer once, got a layer twice: a file cannot store that two of its layers are the same',
    );
  }
  const records = layers.map((layer, n): LayerRecord => {
    const { generators, carried } = layer.extras;
    for (const [name, state] of Object.entries(carried?.get() ?? {})) tensors[`carried/${n}/${name}`] = state;
    const frozen = [...layer.parameters].filter(([, one]) => !one.requiresGrad).map(([name]) => name);
    return {
      ...(generators && { generators: generators.map(generatorText) }),
      ...(frozen.length > 0 && { frozen }),
    };
  });
  own.layers = JSON.stringify(records);
  if (trainer) own.trainer = moveArraysToTensors(trainer.stateDict(), tensors);
  if (batches) own.batches = JSON.stringify(batches.stateDict());
  return writeSafetensors(
    tensors,
    Object.fromEntries(Object.entries(own).map(([key, value]) => [`lstm-wasm.${key}`, value])),
  );
}

/**
 * Reads a model that {@link saveModel} wrote, and the state to resume its training.
 *
 * @typeParam Model - the class of the model, if you know it: `loadModel<Sequential>(bytes).model.stream()`
 * @param options - `runtime`: the runtime of the model
 * @throws RangeError for a file that is damaged, of another format or of a later version
 */
export function loadModel<Model extends Layer = Layer>(
  bytes: Uint8Array | ArrayBuffer,
  options: { runtime?: Runtime } = {},
): LoadedModel<Model> {
  checkOptions(options, ['runtime'], 'loadModel');
  const { tensors, metadata: all } = readSafetensors(bytes);
  const own = (key: string) => all[`lstm-wasm.${key}`];
  checkVersion(own('version'));
  const weights = weightsOf(tensors);
  const config = parse(own('model'), 'model');
  checkConfigSizes(
    config,
    Object.values(weights).reduce((sum, { data }) => sum + data.length, 0),
  );
  const model = layerOf(config, checkRuntime(options.runtime));
  try {
    model.loadStateDict(weights);
    loadExtras(model, tensors, parse(own('layers'), 'layers'));
    const metadata: Record<string, string> = {};
    for (const [key, value] of Object.entries(all))
      if (key.startsWith('lstm-wasm.user.'))
        Object.defineProperty(metadata, key.slice(15), {
          value,
          enumerable: true,
          writable: true,
          configurable: true,
        });
    return { model: model as Model, training: trainingOf(own('trainer'), own('batches'), tensors), metadata };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** @throws TypeError for anything but strings by name */
export function checkMetadata(metadata: Record<string, string>): void {
  if (metadata === null || typeof metadata !== 'object' || Array.isArray(metadata))
    throw new TypeError(`metadata expected texts { name: text }, got ${describe(metadata)}`);
  for (const [name, value] of Object.entries(metadata)) {
    if (typeof value !== 'string')
      throw new TypeError(`metadata.${clip(name)} expected text, got ${describe(value)}`);
  }
}

function checkStateful(name: string, value: unknown, expected: string): void {
  if (typeof (value as { stateDict?: unknown } | null)?.stateDict !== 'function')
    throw new TypeError(`${name} expected ${expected}, got ${describe(value)}`);
}

/** @throws RangeError for a file that this release cannot read */
function checkVersion(text: string | undefined): void {
  const number = parseWhole(text);
  if (!(number >= 1)) {
    const version = text === undefined ? '' : ` (version ${clip(text)})`;
    throw new RangeError(
      `this safetensors file was not written by saveModel${version}: read it with readSafetensors and LSTM.fromStateDict`,
    );
  }
  if (number > VERSION)
    throw new RangeError(
      `this file has version ${number}, but this release of lstm-wasm reads versions up to ${VERSION}`,
    );
}

/** The parameters; the names of all other tensors contain a slash. */
function weightsOf(tensors: Record<string, NamedArray>): Record<string, Tensor> {
  const weights = Object.entries(tensors).filter(([name]) => !name.includes('/'));
  return Object.fromEntries(weights) as Record<string, Tensor>;
}

/** The state of the layers besides their parameters. */
function loadExtras(model: Layer, tensors: Record<string, NamedArray>, records: unknown): void {
  const layers = layersOf(model);
  if (!Array.isArray(records) || records.length !== layers.length)
    throw new RangeError(`the file's metadata "lstm-wasm.layers" expected ${layers.length} records`);
  for (const [n, layer] of layers.entries()) {
    const { generators = [], carried } = layer.extras;
    const record: Partial<LayerRecord> | null | undefined = records[n];
    for (const [m, generator] of generators.entries())
      Object.assign(generator, generatorOf(record?.generators?.[m], n));
    for (const name of Array.isArray(record?.frozen) ? record.frozen : []) {
      const parameter = layer.parameters.get(name);
      if (parameter) parameter.requiresGrad = false;
    }
    if (carried) carried.set(carriedFrom(carried, n, tensors));
  }
}

/** The carried states of layer `n`: all or none, with the same batch. */
function carriedFrom(
  { names, fits }: NonNullable<LayerExtras['carried']>,
  n: number,
  tensors: Record<string, NamedArray>,
): Record<string, Tensor> {
  const states: Record<string, Tensor> = {};
  if (!names.some((name) => `carried/${n}/${name}` in tensors)) return states;
  for (const name of names) {
    const key = `carried/${n}/${name}`;
    const { data, shape } = checkTensor(key, tensors[key]);
    const [first = shape] = Object.values(states).map((state) => state.shape);
    if (!fits(name, shape) || !sameShape(shape.slice(0, -1), first.slice(0, -1))) {
      throw new RangeError(
        `"${key}" expected a state of layer ${n}, [numLayers, batch, hiddenSize], got ${showShape(shape)}`,
      );
    }
    if (!data.every(Number.isFinite)) throw new RangeError(`"${key}" expected finite values`);
    states[name] = { data, shape };
  }
  return states;
}

function generatorText({ seed, stream, counter }: GeneratorState) {
  return { seed: String(seed), stream: String(stream), counter: String(counter) };
}

function generatorOf(text: unknown, n: number): GeneratorState {
  const { seed, stream, counter } = (text ?? {}) as Record<string, unknown>;
  const numbers = [seed, stream, counter].map(parseWhole);
  if (numbers.some(Number.isNaN))
    throw new RangeError(
      `the file's metadata "lstm-wasm.layers": the generator of layer ${n} is missing or damaged`,
    );
  const [a, b, c] = numbers as [number, number, number];
  return { seed: a, stream: b, counter: c };
}

function trainingOf(
  trainer: string | undefined,
  batches: string | undefined,
  tensors: Record<string, NamedArray>,
): TrainingState | undefined {
  if (trainer === undefined) return undefined;
  return {
    trainer: restoreArrays(parse(trainer, 'trainer') as TrainerState, tensors),
    ...(batches !== undefined && { batches: parse(batches, 'batches') as BatchesState }),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: any JSON; each reader checks what it uses.
function parse(text: string | undefined, name: string): any {
  try {
    return JSON.parse(text ?? '');
  } catch {
    throw new RangeError(`the file's metadata "lstm-wasm.${name}" is missing or damaged`);
  }
}
