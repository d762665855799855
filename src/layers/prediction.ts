import type { Integers, Tensor } from '../validation/tensor.js';
import { type ForwardOptions, type Layer, layersOf, remember } from './layer.js';
import { type Carried, carriedOf, setCarried } from './model-state.js';
import type { Padding } from './padding.js';
import { outputOf } from './results.js';

/** An output, and the states that the layers carry to the next batch. */
export interface Prediction {
  readonly output: Tensor;
  readonly carried: readonly Carried[];
}

/** A forward pass without dropout, starting from `carried`. The model's states, generators and gradients do not change. */
export function predictFrom(
  model: Layer,
  input: Tensor | Integers,
  padding: Padding,
  carried: readonly Carried[],
): Prediction {
  const layers = layersOf(model);
  const carries = layers.some(({ extras }) => extras.carried !== undefined);
  const restore = remember(layers);
  const restoreGradients = carries ? gradientsOf(model) : undefined;
  try {
    if (carries) setCarried(layers, carried);
    // Only a recorded forward starts from the carried states.
    const output = outputOf(model.forward(input, { record: carries, ...padding } as ForwardOptions));
    return { output, carried: carriedOf(layers) };
  } finally {
    restore();
    if (restoreGradients) {
      model.zeroGrad();
      restoreGradients();
    }
  }
}

/** Copies the gradients, which discarding a recording zeroes. @returns a function that writes them back */
function gradientsOf(model: Layer): () => void {
  const copies = [...model.parameters.values()]
    .filter(({ gradient }) => gradient !== 0)
    .map((parameter) => ({ parameter, gradient: parameter.readGrad() }));
  return () => {
    for (const { parameter, gradient } of copies)
      parameter.runtime.f32.set(gradient, parameter.gradient >>> 2);
  };
}
