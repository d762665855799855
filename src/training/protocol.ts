import type { Tensor } from '../border/tensor.js';
import type { CoreLayer, LayerConfig } from '../layers/layer.js';
import type { GeneratorState } from '../runtime/runtime.js';

/** What a worker is told at its beginning. */
export interface Setup {
  readonly module: WebAssembly.Module;
  readonly config: LayerConfig;
  readonly rank: number;
  /** All parameters, one after the other. */
  readonly weights: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
}

/** Whose states an array of a message holds; they follow the input or the output. */
export interface CarriedState {
  readonly layer: number;
  readonly name: string;
  readonly shape: readonly number[];
}

/** Such a state itself. */
export type Carried = CarriedState & Tensor;

export interface ForwardRequest {
  readonly kind: 'forward';
  readonly shape: readonly number[];
  /** The parameters that are new since the last request. */
  readonly changed: readonly number[];
  /** Which parameters want a gradient. */
  readonly learns: readonly boolean[];
  /** As they stand for rank 0. */
  readonly generators: readonly GeneratorState[];
  readonly states: readonly CarriedState[];
}

export interface BackwardRequest {
  readonly kind: 'backward';
}

export interface ForwardReply {
  readonly shape: readonly number[];
  readonly states: readonly CarriedState[];
}

export interface BackwardReply {
  /** The parameters whose gradients come. */
  readonly gradients: readonly number[];
}

/** In the place of a reply. */
export interface Failure {
  readonly error: { readonly name: string; readonly message: string };
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

export function setCarried(layers: readonly CoreLayer[], states: readonly Carried[]): void {
  for (const { layer, name, data, shape } of states) {
    const { carried } = (layers[layer] as CoreLayer).extras;
    carried?.set({ ...carried.get(), [name]: { data, shape } });
  }
}
