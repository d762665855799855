import type { NamedTensors } from '../border/tensor.js';
import { HiddenOnly } from './hidden-only.js';
import { drawSource, UNINITIALISED, uniform } from './initialise.js';
import type { Cell } from './level.js';
import type { RecurrentOptions } from './recurrent-options.js';
import { type FromStateDict, fromStateDict } from './state-dict.js';

export type GRUOptions = RecurrentOptions;

/** The blocks r z n of the weights as the gates r z n m of a panel: the input has no part in m, the state none in n. */
const INPUT = 0xf210;
const HIDDEN = 0x2f10;

const CELL: Cell = {
  gates: 3,
  kept: 4,
  hasCell: false,
  nonlinearity: 0,
  columns: (hiddenSize) => Math.ceil(hiddenSize / 4) * 16,
  packWeight: (core, panels, weight, H, K, recurrent) =>
    core.packGates(panels, weight, H, K, recurrent ? HIDDEN : INPUT),
  packBias: (core, packed, first, second, H) => core.packGateBias(packed, first, second, H, INPUT, HIDDEN),
  backRows: (H) => [2 * H, H],
  forward: (core, plan, t0, t1) => core.gruForward(plan, t0, t1),
  backward: (core, plan, steps) => core.gruBackward(plan, steps),
};

/**
 * The GRU (Cho et al. 2014) as PyTorch's `nn.GRU`, the reset gate behind the product: r = σ(W_r x + U_r h + b_r), z likewise,
 * n = tanh(W_n x + b_in + r∘(U_n h + b_hn)), h' = (1 − z)∘n + z∘h. For each layer `k` the parameters `weight_ih_lk`
 * [3·hiddenSize, in], `weight_hh_lk` [3·hiddenSize, hiddenSize], `bias_ih_lk` and `bias_hh_lk` [3·hiddenSize], gates in the order
 * r, z, n, all U(±1/√hiddenSize).
 *
 * @example
 * ```ts
 * import { GRU } from 'lstm-wasm';
 * const gru = new GRU(3, 5, { bidirectional: true });
 * const { output, hN } = gru.forward({ data: new Float32Array(21), shape: [7, 3] });
 * console.log(output.shape, hN.shape); // [ 7, 10 ] [ 2, 5 ]
 * ```
 * @throws TypeError for another kind of argument or an unknown option, RangeError for a value out of range
 */
export class GRU extends HiddenOnly {
  override readonly type = 'GRU';

  constructor(inputSize: number, hiddenSize: number, options: GRUOptions = {}) {
    super('GRU', CELL, inputSize, hiddenSize, options, []);
    if (UNINITIALISED in options) return;
    const source = this.build(() => drawSource(this.runtime, options.seed));
    for (const [n, parameter] of [...this.named.values()].entries())
      uniform(parameter, 1 / Math.sqrt(hiddenSize), source(n));
  }

  /** As {@link LSTM.fromStateDict}. */
  static fromStateDict(dict: NamedTensors, options: FromStateDict<GRUOptions> = {}): GRU {
    return fromStateDict(GRU, 3, dict, options);
  }
}
