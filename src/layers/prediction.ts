import type { Integers, Tensor } from '../validation/tensor.js';
import { type Carried, carriedOf, remember, setCarried } from './extras.js';
import { type ForwardOptions, type Layer, layersOf } from './layer.js';
import type { Padding } from './padding.js';
import { outputOf } from './results.js';
import { Recordings } from './tape.js';

/** An output, and the states that the layers carry to the next batch. */
export interface Prediction {
  readonly output: Tensor;
  readonly carried: readonly Carried[];
}

/** A forward pass without dropout, starting from `carried`. The model's states, generators, gradients and recorded forwards do not change. */
export function predictFrom(
  model: Layer,
  input: Tensor | Integers,
  padding: Padding,
  carried: readonly Carried[],
): Prediction {
  const layers = layersOf(model);
  const carries = layers.some(({ extras }) => extras.carried !== undefined);
  const restore = remember(layers);
  const recordings = new Recordings();
  try {
    if (carries) setCarried(layers, carried);
    // Only a recorded forward starts from the carried states.
    const options = { record: carries, ...padding } as ForwardOptions;
    const output = outputOf(recordings.during(() => model.forward(input, options)));
    return { output, carried: carriedOf(layers) };
  } finally {
    restore();
    recordings.drop();
  }
}
