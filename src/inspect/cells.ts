import { GRU } from '../layers/gru.js';
import { LSTM } from '../layers/lstm.js';
import type { Recurrent } from '../layers/recurrent.js';
import { activationsOf, type LevelParameters } from './copies.js';
import { gruCell } from './gru-cell.js';
import { lstmCell } from './lstm-cell.js';
import { specsOf } from './nonlinearity.js';
import { Products } from './products.js';

type Vectors = (d: Float32Array) => Float32Array;

/** What a cell does in one step, [batch, hiddenSize] each. The gates are held still where a way goes along the cell. */
export interface Seen {
  /** i f g o of an LSTM, r z n of a GRU. */
  readonly gates: Readonly<Record<string, Float32Array>>;
  /** ∂ĉ_t / ∂c_(t−1), f; of a GRU ∂h_t / ∂h_(t−1), z. */
  readonly keep?: Float32Array;
  /** The part of c_(t−1) that zoneout leaves in c_t beside ĉ_t, where there is any. */
  readonly beside?: Float32Array;
  /** ψ(ĉ_t) */
  readonly shown?: Float32Array;
  /** From the gradient of o∘ψ(ĉ_t) to that of ĉ_t, o being held still. Of a GRU it is h_t both times. */
  readonly open?: Vectors;
  /** The same by way of o, where it has a peephole. */
  readonly peek?: Vectors;
}

/** Looks at a step from x [batch, inputSize], the states before it and the cell after it. */
export type Look = (x: Float32Array, h: Float32Array, c: Float32Array, next: Float32Array) => Seen;

export interface Looking {
  readonly look: Look;
  dispose(): void;
}

export function lookingAt(layer: Recurrent, direction: number, parameters: LevelParameters): Looking {
  const activations = activationsOf(layer, direction);
  const products = new Products(layer.runtime, parameters);
  const look =
    layer instanceof LSTM
      ? lstmCell(layer, products, parameters, specsOf(activations, ['sigmoid', 'tanh', 'tanh']))
      : layer instanceof GRU
        ? gruCell(layer, products, specsOf(activations, ['sigmoid', 'tanh']))
        : () => ({ gates: {} });
  return { look, dispose: () => products.dispose() };
}
