import type { Layer } from '../layers/layer.js';
import { Recurrent } from '../layers/recurrent.js';
import type { SequenceOptions } from '../layers/sequence-options.js';
import type { Integers, Tensor } from '../validation/tensor.js';
import { copyOf, type Placed } from './copies.js';
import { UnrolledLayer, type Walked } from './unrolled-layer.js';

/** A recurrent level with its name in the model: `l0`, in a Sequential `1.l0_reverse`. */
export interface Named extends Walked {
  readonly name: string;
  readonly path: string;
  readonly of: UnrolledLayer;
}

interface Stage {
  readonly path: string;
  readonly layer: UnrolledLayer | Layer;
}

/** Copies of a model's layers, gone through one after the other: nothing of the model itself is touched. */
export class Walk {
  readonly #stages: Stage[] = [];

  constructor(placed: readonly Placed[]) {
    try {
      for (const { path, layer } of placed) {
        const own = layer instanceof Recurrent ? new UnrolledLayer(layer) : copyOf(layer);
        if (own) this.#stages.push({ path, layer: own });
      }
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  dispose(): void {
    for (const { layer } of this.#stages) layer.dispose();
  }

  forward(input: Tensor | Integers, sequence: SequenceOptions, record: boolean): Tensor {
    let values = input;
    for (const { layer } of this.#stages) {
      values =
        layer instanceof UnrolledLayer
          ? layer.forward(values, sequence, record)
          : layer.forward(values, { record }).output;
    }
    return values as Tensor;
  }

  /** Down to the lowest recurrent layer. */
  backward(output: Tensor): void {
    const lowest = this.#stages.findIndex(({ layer }) => layer instanceof UnrolledLayer);
    let gradient = output;
    for (let n = this.#stages.length - 1; n >= lowest; n--) {
      const { layer } = this.#stages[n] as Stage;
      gradient = (
        layer instanceof UnrolledLayer
          ? layer.backward(gradient, n > lowest)
          : layer.backward({ output: gradient }).input
      ) as Tensor;
    }
  }

  get levels(): Named[] {
    return this.#stages.flatMap(({ path, layer }) =>
      layer instanceof UnrolledLayer
        ? layer.walked.map((walked) => ({
            ...walked,
            ...{ path, of: layer, name: `${path}${path && '.'}${walked.level.suffix}` },
          }))
        : [],
    );
  }
}

/** Walks through a model and gives back what the copies took. */
export function walkThrough<T>(placed: readonly Placed[], use: (walk: Walk) => T): T {
  const walk = new Walk(placed);
  try {
    return use(walk);
  } finally {
    walk.dispose();
  }
}
