import type { GeneratorState } from '../runtime/runtime.js';
import type { Tensor } from '../validation/tensor.js';
import type { CoreLayer } from './layer.js';
import type { Parameter } from './parameter.js';

/** Identifies a state that a layer carries from batch to batch: which layer's, and which of its states. */
export interface CarriedState {
  readonly layer: number;
  readonly name: string;
  readonly shape: readonly number[];
}

/** A carried state with its values. */
export type Carried = CarriedState & Tensor;

/** All that training changes in a model, and which parameters require gradients; plain data, in the order of parameters and layers. */
export interface ModelState {
  readonly weights: readonly Float32Array[];
  readonly requiresGrad: readonly boolean[];
  readonly generators: readonly GeneratorState[];
  readonly carried: readonly Carried[];
}

export function generatorsOf(layers: readonly CoreLayer[]): GeneratorState[] {
  return layers.flatMap((layer) => layer.extras.generators ?? []);
}

/** The states that the layers carry. */
export function carriedOf(layers: readonly CoreLayer[]): Carried[] {
  return layers.flatMap(({ extras }, layer) =>
    Object.entries(extras.carried?.get() ?? {}).map(([name, state]) => ({ layer, name, ...state })),
  );
}

/** Replaces all states that the layers carry. */
export function setCarried(layers: readonly CoreLayer[], states: readonly Carried[]): void {
  for (const { extras } of layers) extras.carried?.set({});
  for (const { layer, name, data, shape } of states) {
    const { carried } = (layers[layer] as CoreLayer).extras;
    carried?.set({ ...carried.get(), [name]: { data, shape } });
  }
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
