import type { GeneratorState } from '../runtime/runtime.js';
import type { Tensor } from '../validation/tensor.js';

/** The state of a layer besides its parameters, kept from one training step to the next. */
export interface LayerExtras {
  /** The random generators of dropout. */
  generators?: GeneratorState[];
  /** The states that a stateful layer carries. */
  carried?: {
    get(): Record<string, Tensor>;
    set(states: Record<string, Tensor>): void;
    /** The names of the states; `fits` checks the shape of one. */
    readonly names: readonly string[];
    fits(name: string, shape: readonly number[]): boolean;
  };
}

/** Identifies a state that a layer carries from batch to batch: which layer's, and which of its states. */
export interface CarriedState {
  readonly layer: number;
  readonly name: string;
  readonly shape: readonly number[];
}

/** A carried state with its values. */
export type Carried = CarriedState & Tensor;

/** A layer, of which only the extras matter here. */
interface Extended {
  readonly extras: LayerExtras;
}

export function generatorsOf(layers: readonly Extended[]): GeneratorState[] {
  return layers.flatMap((layer) => layer.extras.generators ?? []);
}

/** The states that the layers carry. */
export function carriedOf(layers: readonly Extended[]): Carried[] {
  return layers.flatMap(({ extras }, layer) =>
    Object.entries(extras.carried?.get() ?? {}).map(([name, state]) => ({ layer, name, ...state })),
  );
}

/** Replaces all states that the layers carry. */
export function setCarried(layers: readonly Extended[], states: readonly Carried[]): void {
  for (const { extras } of layers) extras.carried?.set({});
  for (const { layer, name, data, shape } of states) {
    const { carried } = (layers[layer] as Extended).extras;
    carried?.set({ ...carried.get(), [name]: { data, shape } });
  }
}

/** Remembers what a forward in training changes: carried states and the generators of dropout. Returns a function that restores them. */
export function remember(layers: readonly Extended[]): () => void {
  const kept = layers.map(({ extras: { generators = [], carried } }) => {
    const counters = generators.map((generator) => generator.counter);
    const states = carried?.get();
    return () => {
      for (const [n, generator] of generators.entries()) generator.counter = counters[n] as number;
      if (states) carried?.set(states);
    };
  });
  return () => {
    for (const restore of kept) restore();
  };
}
