import { missing } from '#threads';
import { CoreLayer, type Layer, layersOf } from '../layers/layer.js';
import { Sequential } from '../layers/sequential.js';
import { describe } from '../validation/errors.js';
import { checkSize } from '../validation/options.js';

/**
 * How many threads a model is to be trained on.
 *
 * @throws TypeError for more than one where a worker can not make the model again, Error where there are no workers
 */
export function checkThreads(value: unknown, model: Layer): number {
  const threads = checkSize('threads', value);
  if (threads === 1) return threads;
  checkRemakable(`threads: ${threads}`, model);
  const lack = missing('shared memory');
  if (lack !== undefined) throw new Error(`threads: ${threads} expected ${lack}`);
  return threads;
}

/** Whether a worker can make a model again; `asker` is who wants it. @throws TypeError where it can not */
export function checkRemakable(asker: string, model: Layer): void {
  const own = foreignLayer(model);
  if (own !== undefined) {
    throw new TypeError(
      `${asker} expected a model of this package's layers, which a worker can make again, got ${describe(own)}`,
    );
  }
  const layers = layersOf(model);
  if (new Set(layers).size < layers.length) {
    throw new TypeError(`${asker} expected each layer of the model once, got one twice`);
  }
}

/** The first layer of a model that is none of this package's. */
function foreignLayer(model: Layer): Layer | undefined {
  if (!(model instanceof Sequential)) return model instanceof CoreLayer ? undefined : model;
  for (const layer of model.layers) {
    const own = foreignLayer(layer);
    if (own !== undefined) return own;
  }
  return undefined;
}
