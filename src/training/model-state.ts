import type { CoreLayer } from '../layers/layer.js';
import type { Parameter } from '../layers/parameter.js';
import type { GeneratorState } from '../runtime/runtime.js';
import type { Tensor } from '../validation/tensor.js';

/** Whose states an array of a message holds. */
export interface CarriedState {
  readonly layer: number;
  readonly name: string;
  readonly shape: readonly number[];
}

/** Such a state itself. */
export type Carried = CarriedState & Tensor;

/** All that training changes in a model, and which of its parameters learn; plain data, in the order of its parameters and layers. */
export interface ModelState {
  readonly weights: readonly Float32Array[];
  readonly learns: readonly boolean[];
  readonly generators: readonly GeneratorState[];
  readonly carried: readonly Carried[];
}

export function generatorsOf(layers: readonly CoreLayer[]): GeneratorState[] {
  return layers.flatMap((layer) => layer.extras.generators ?? []);
}

/** The states that layers carry, each with whose it is. */
export function carriedOf(layers: readonly CoreLayer[]): Carried[] {
  return layers.flatMap(({ extras }, layer) =>
    Object.entries(extras.carried?.get() ?? {}).map(([name, state]) => ({ layer, name, ...state })),
  );
}

/** Makes these all that the layers carry. */
export function setCarried(layers: readonly CoreLayer[], states: readonly Carried[]): void {
  for (const { extras } of layers) extras.carried?.set({});
  for (const { layer, name, data, shape } of states) {
    const { carried } = (layers[layer] as CoreLayer).extras;
    carried?.set({ ...carried.get(), [name]: { data, shape } });
  }
}

/** A copy, but for what `read` gives in the place of weights. @throws Error for a model that was disposed of */
export function stateOf(
  model: CoreLayer,
  read = (parameter: Parameter): Float32Array => parameter.read(),
): ModelState {
  const parameters = [...model.parameters.values()];
  const layers = model.coreLayers();
  return {
    weights: parameters.map(read),
    learns: parameters.map(({ requiresGrad }) => requiresGrad),
    generators: generatorsOf(layers).map((generator) => ({ ...generator })),
    carried: carriedOf(layers).map((state) => ({ ...state, data: state.data.slice() })),
  };
}

/** Makes a model of the same configuration what the other was. @throws Error for one that was disposed of */
export function setState(model: CoreLayer, state: ModelState): void {
  const parameters = [...model.parameters.values()];
  for (const parameter of parameters) parameter.check();
  for (const [n, parameter] of parameters.entries()) {
    // Not `write`: what training has made infinite is so here as well.
    parameter.runtime.f32.set(state.weights[n] as Float32Array, parameter.pointer >>> 2);
    parameter.version++;
    parameter.requiresGrad = state.learns[n] as boolean;
  }
  const layers = model.coreLayers();
  for (const [n, generator] of generatorsOf(layers).entries()) Object.assign(generator, state.generators[n]);
  setCarried(layers, state.carried);
}
