import * as CellKind from '../runtime/structs/cell-kind.js';
import { checkBoolean } from '../validation/options.js';
import type { NamedTensors } from '../validation/tensor.js';
import type { CellDescription } from './cell.js';
import { type FromStateDict, fromStateDict } from './from-state-dict.js';
import { HiddenOnly } from './hidden-only.js';
import type { NonlinearitySpec } from './nonlinearities.js';
import { drawParameters, type RecurrentInit } from './recurrent-init.js';
import type { RecurrentOptions } from './recurrent-options.js';

export interface GRUOptions
  extends RecurrentOptions<readonly [gate: NonlinearitySpec, candidate: NonlinearitySpec]> {
  /** Whether the reset gate is applied after the product with the state (as in PyTorch) or to the state itself. Default true. */
  resetAfter?: boolean;
  /** How the weights are initialized, see {@link RecurrentInit}. Default `pytorch`. */
  init?: RecurrentInit;
}

const CELL: CellDescription = {
  kind: CellKind.GRU,
  gates: 3,
  gateRoles: { r: 'reset', z: 'update', n: 'candidate' },
  blocks: 4,
  hasCell: false,
  parts: ['gate', 'candidate'],
  nonlinearities: ['sigmoid', 'tanh'],
};

/**
 * The GRU (Cho et al. 2014), compatible with PyTorch's `nn.GRU`, with the reset gate after the product:
 * r = σ(W_r x + U_r h + b_r), z likewise, n = tanh(W_n x + b_in + r∘(U_n h + b_hn)), h' = (1 − z)∘n + z∘h.
 *
 * Parameters of layer `k`: `weight_ih_lk` [3·hiddenSize, in], `weight_hh_lk` [3·hiddenSize, hiddenSize], `bias_ih_lk` and `bias_hh_lk`
 * [3·hiddenSize], with the gates in the order r, z, n, all initialized from U(±1/√hiddenSize).
 *
 * With `resetAfter: false` the reset gate is applied before the product, as in the paper, in Keras's `reset_after=False` and ONNX's
 * `linear_before_reset=0`: n = tanh(W_n x + b_in + U_n (r∘h) + b_hn).
 *
 * @example
 * ```ts
 * import { GRU } from 'lstm-wasm';
 * const gru = new GRU(3, 5, { bidirectional: true });
 * const { output, hN } = gru.forward({ data: new Float32Array(21), shape: [7, 3] });
 * console.log(output.shape, hN.shape); // [ 7, 10 ] [ 2, 5 ]
 * ```
 * @throws TypeError for an argument of the wrong type or an unknown option, RangeError for a value out of range
 */
export class GRU extends HiddenOnly {
  override readonly type = 'GRU';

  constructor(inputSize: number, hiddenSize: number, options: GRUOptions = {}) {
    const { resetAfter = true } = options ?? {};
    const own = () => ({ resetAfter: checkBoolean('resetAfter', resetAfter) });
    super('GRU', CELL, inputSize, hiddenSize, options, ['resetAfter'], own);
    this.build(() => drawParameters(this, 3, options));
  }

  /** Like `LSTM.fromStateDict`. */
  static fromStateDict(dict: NamedTensors, options: FromStateDict<GRUOptions> = {}): GRU {
    return fromStateDict(GRU, 3, dict, options, ['resetAfter']);
  }
}
