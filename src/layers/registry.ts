import type { Runtime } from '../runtime/runtime.js';
import { describe, suggestion } from '../validation/errors.js';
import { Activation, type ActivationName } from './activation.js';
import { Dropout } from './dropout.js';
import { Embedding } from './embedding.js';
import { GRU } from './gru.js';
import { UNINITIALISED } from './initialise.js';
import { isCoreLayer, type Layer, type LayerConfig } from './layer.js';
import { Linear } from './linear.js';
import { LSTM } from './lstm.js';
import { RNN } from './rnn.js';
import { Sequential } from './sequential.js';

// biome-ignore lint/suspicious/noExplicitAny: what a file says; the constructors check it.
type Described = Record<string, any>;

type Maker = (config: Described, runtime: Runtime) => Layer;

/** How each kind of layer is made from what its `config` gave. */
const MAKERS: Record<string, Maker> = {
  Activation: ({ name }, runtime) => new Activation(name as ActivationName, { runtime }),
  Dropout: ({ p }, runtime) => new Dropout(p, { runtime }),
  Embedding: ({ count, size }, runtime) => new Embedding(count, size, loaded({}, runtime)),
  Linear: ({ inFeatures, outFeatures, bias }, runtime) =>
    new Linear(inFeatures, outFeatures, loaded({ bias }, runtime)),
  GRU: ({ inputSize, hiddenSize, ...options }, runtime) =>
    new GRU(inputSize, hiddenSize, loaded(options, runtime)),
  LSTM: ({ inputSize, hiddenSize, ...options }, runtime) =>
    new LSTM(inputSize, hiddenSize, loaded(options, runtime)),
  RNN: ({ inputSize, hiddenSize, ...options }, runtime) =>
    new RNN(inputSize, hiddenSize, loaded(options, runtime)),
  Sequential: ({ layers }, runtime) => new Sequential(...layersFrom(layers, runtime)),
};

/** All layers of a list, or none where one can not be made. */
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

/** The layer that a configuration describes, its weights not yet loaded. @throws RangeError for an unknown kind */
export function layerOf(described: LayerConfig, runtime: Runtime): Layer {
  if (described === null || typeof described !== 'object')
    throw new RangeError(`the file's model expected the description of a layer, got ${describe(described)}`);
  const { type, ...config } = described;
  const make = Object.keys(MAKERS).includes(type) ? MAKERS[type] : undefined;
  if (make === undefined)
    throw new RangeError(
      `the file holds a layer of the unknown kind "${type}"; ${suggestion(String(type), Object.keys(MAKERS))}`,
    );
  return make(config, runtime);
}

export function configOf(model: Layer): LayerConfig {
  if (isCoreLayer(model)) return model.config();
  throw new TypeError("model expected one of this package's layers: a file can not say how to make another");
}

function loaded(options: Described, runtime: Runtime) {
  return { ...options, runtime, [UNINITIALISED]: true };
}
