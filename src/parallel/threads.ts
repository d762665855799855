import { missingFeature } from '#threads';
import { isCoreLayer, type Layer, layersOf } from '../layers/layer.js';
import { Sequential } from '../layers/sequential.js';
import { describe } from '../validation/errors.js';
import { checkSize } from '../validation/options.js';

/**
 * The number of threads that a model is trained on.
 *
 * @throws TypeError for more than one if a worker cannot rebuild the model, Error if the runtime has no workers
 */
export function checkThreads(value: unknown, model: Layer): number {
  const threads = checkSize('threads', value);
  if (threads === 1) return threads;
  checkRebuildable(`threads: ${threads}`, model);
  const feature = missingFeature('shared memory');
  if (feature !== undefined) throw new Error(`threads: ${threads} expected ${feature}`);
  return threads;
}

/** Checks that a worker can rebuild a model from its configuration; `caller` begins the message. @throws TypeError */
export function checkRebuildable(caller: string, model: Layer): void {
  const foreign = foreignLayer(model);
  if (foreign !== undefined) {
    throw new TypeError(
      `${caller} expected a model of this package's layers, which a worker can rebuild, got ${describe(foreign)}`,
    );
  }
  const layers = layersOf(model);
  if (new Set(layers).size < layers.length) {
    throw new TypeError(`${caller} expected each layer of the model once, got the same layer twice`);
  }
}

/** The first layer of a model that this package does not define. */
function foreignLayer(model: Layer): Layer | undefined {
  if (!(model instanceof Sequential)) return isCoreLayer(model) ? undefined : model;
  for (const layer of model.layers) {
    const foreign = foreignLayer(layer);
    if (foreign !== undefined) return foreign;
  }
  return undefined;
}
