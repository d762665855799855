import type { GeneratorState } from '../runtime/runtime.js';
import { type Carried, carriedOf, generatorsOf, setCarried } from './extras.js';
import type { CoreLayer } from './layer.js';
import type { Parameter } from './parameter.js';

/** All that training changes in a model, and which parameters require gradients; plain data, in the order of parameters and layers. */
export interface ModelState {
  readonly weights: readonly Float32Array[];
  readonly requiresGrad: readonly boolean[];
  readonly generators: readonly GeneratorState[];
  readonly carried: readonly Carried[];
}

/** A copy of a model's state; `read` may return something else in place of the weights. @throws Error for a disposed model */
export function stateOf(
  model: CoreLayer,
  read = (parameter: Parameter): Float32Array => parameter.read(),
): ModelState {
  const parameters = [...model.parameters.values()];
  const layers = model.coreLayers();
  return {
    weights: parameters.map(read),
    requiresGrad: parameters.map(({ requiresGrad }) => requiresGrad),
    generators: generatorsOf(layers).map((generator) => ({ ...generator })),
    carried: carriedOf(layers).map((state) => ({ ...state, data: state.data.slice() })),
  };
}

/** Gives a model of the same configuration the state of another. @throws Error for a model that was disposed of or is in use */
export function setState(model: CoreLayer, state: ModelState): void {
  const parameters = [...model.parameters.values()];
  for (const parameter of parameters) parameter.checkFree();
  for (const [n, parameter] of parameters.entries()) {
    // Not `write`, which refuses what is not finite: training may have made it so.
    parameter.runtime.f32.set(state.weights[n] as Float32Array, parameter.pointer >>> 2);
    parameter.version++;
    parameter.requiresGrad = state.requiresGrad[n] as boolean;
  }
  const layers = model.coreLayers();
  for (const [n, generator] of generatorsOf(layers).entries()) Object.assign(generator, state.generators[n]);
  setCarried(layers, state.carried);
}
