import type { Runtime } from '../runtime/runtime.js';
import { suggestion } from '../validation/edit-distance.js';
import { describe, isObject } from '../validation/errors.js';
import { Activation, type ActivationName } from './activation.js';
import { Dropout } from './dropout.js';
import { Embedding } from './embedding.js';
import { GRU } from './gru.js';
import { UNINITIALIZED } from './initialize.js';
import { isCoreLayer, type Layer, type LayerConfig } from './layer.js';
import { Linear } from './linear.js';
import { LSTM } from './lstm.js';
import { RNN } from './rnn.js';
import { Sequential } from './sequential.js';

// biome-ignore lint/suspicious/noExplicitAny: read from a file; the constructors check it.
type Config = Record<string, any>;

/**
 * The layers that files and workers can rebuild: for each `type` a function that makes the layer from its `config()`.
 *
 * To add a layer, extend CoreLayer, let its `config()` return its `type` and its options, and list it here under that type.
 */
const REGISTRY: Record<string, (config: Config, runtime: Runtime) => Layer> = {
  Activation: ({ name }, runtime) => new Activation(name as ActivationName, { runtime }),
  Dropout: ({ p }, runtime) => new Dropout(p, { runtime }),
  Embedding: ({ count, size, ...options }, runtime) =>
    new Embedding(count, size, uninitialized(options, runtime)),
  Linear: ({ inFeatures, outFeatures, bias }, runtime) =>
    new Linear(inFeatures, outFeatures, uninitialized({ bias }, runtime)),
  GRU: ({ inputSize, hiddenSize, ...options }, runtime) =>
    new GRU(inputSize, hiddenSize, uninitialized(options, runtime)),
  LSTM: ({ inputSize, hiddenSize, ...options }, runtime) =>
    new LSTM(inputSize, hiddenSize, uninitialized(options, runtime)),
  RNN: ({ inputSize, hiddenSize, ...options }, runtime) =>
    new RNN(inputSize, hiddenSize, uninitialized(options, runtime)),
  Sequential: ({ layers }, runtime) => new Sequential(...layersFrom(layers, runtime)),
};

/** How many values the parameters of a layer have at least, by its type and the sizes in its configuration. */
const LEAST_VALUES: Record<string, (config: Config) => number> = {
  Embedding: ({ count, size }) => count * size,
  Linear: ({ inFeatures, outFeatures }) => inFeatures * outFeatures,
  // With coupled gates.
  LSTM: (config) => 3 * recurrentValues(config),
  GRU: (config) => 3 * recurrentValues(config),
  RNN: recurrentValues,
};

/** The weights of one gate. */
function recurrentValues({ inputSize, hiddenSize, projSize, numLayers = 1, bidirectional }: Config): number {
  const directions = bidirectional === true ? 2 : 1;
  const stateSize = projSize || hiddenSize;
  return directions * hiddenSize * (inputSize + (numLayers - 1) + numLayers * stateSize);
}

/** Deeper nesting of layers than this is damage. */
const DEEPEST = 64;

function leastValues(config: unknown, depth = 0): number {
  if (!isObject(config)) return 0;
  if (depth > DEEPEST) throw new RangeError(`the file's model expected at most ${DEEPEST} nested layers`);
  const { type, layers } = config as { type?: unknown; layers?: unknown };
  if (type === 'Sequential' && Array.isArray(layers))
    return layers.reduce((sum: number, layer) => sum + leastValues(layer, depth + 1), 0);
  const least =
    typeof type === 'string' && Object.keys(LEAST_VALUES).includes(type) ? LEAST_VALUES[type] : undefined;
  // What is not a number is refused by its constructor.
  return Number(least?.(config)) || 0;
}

/**
 * Compares the sizes of a configuration with what a file holds, before anything of those sizes is allocated.
 *
 * @throws RangeError if its parameters have more than `count` values
 */
export function checkConfigSizes(config: unknown, count: number): void {
  const least = leastValues(config);
  if (least > count)
    throw new RangeError(
      `the file's model needs memory for at least ${least} values by the sizes in its configuration, but the file holds ${count}: it is damaged`,
    );
}

/** Makes all layers of a list; if one fails, disposes the others. */
function layersFrom(configs: unknown, runtime: Runtime): Layer[] {
  if (!Array.isArray(configs))
    throw new RangeError(`the file's model expected an array of layers, got ${describe(configs)}`);
  const layers: Layer[] = [];
  try {
    for (const config of configs) layers.push(layerOf(config, runtime));
    return layers;
  } catch (error) {
    for (const layer of layers) layer.dispose();
    throw error;
  }
}

/** Makes the layer of a configuration, without its weights. @throws RangeError for an unknown type */
export function layerOf(layerConfig: LayerConfig, runtime: Runtime): Layer {
  if (!isObject(layerConfig))
    throw new RangeError(
      `the file's model expected the configuration of a layer, got ${describe(layerConfig)}`,
    );
  const { type, ...config }: { type?: unknown } = layerConfig;
  const name = typeof type === 'string' ? type : '';
  const create = Object.keys(REGISTRY).includes(name) ? REGISTRY[name] : undefined;
  if (create === undefined)
    throw new RangeError(
      `the file's model has a layer of the unknown type ${describe(type)}; ${suggestion(name, Object.keys(REGISTRY))}`,
    );
  return create(config, runtime);
}

/** @throws TypeError for a layer that this package does not define */
export function configOf(model: Layer): LayerConfig {
  if (isCoreLayer(model)) return model.config();
  throw new TypeError("model expected one of this package's layers: a file cannot store any other");
}

/** Options that skip the initialization of weights, which are loaded afterwards. */
function uninitialized(options: Config, runtime: Runtime) {
  return { ...options, runtime, [UNINITIALIZED]: true };
}
