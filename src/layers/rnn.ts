import { checkOneOf, checkOptions } from '../border/options.js';
import type { NamedTensors } from '../border/tensor.js';
import { ACTIVATIONS } from './activation.js';
import { HiddenOnly } from './hidden-only.js';
import { drawSource, UNINITIALISED, uniform } from './initialise.js';
import type { LayerConfig } from './layer.js';
import type { Cell } from './level.js';
import type { RecurrentOptions } from './recurrent-options.js';
import { type FromStateDict, fromStateDict } from './state-dict.js';

const NONLINEARITIES = ['tanh', 'relu'] as const;

export interface RNNOptions extends RecurrentOptions {
  /** φ in h' = φ(W x + U h + b). Default tanh. */
  nonlinearity?: 'tanh' | 'relu';
}

function cellOf(nonlinearity: 'tanh' | 'relu'): Cell {
  return {
    gates: 1,
    kept: 1,
    hasCell: false,
    nonlinearity: ACTIVATIONS.indexOf(nonlinearity),
    columns: (hiddenSize) => hiddenSize,
    packWeight: (core, panels, weight, H, K) => core.packRows(panels, weight, H, K),
    packBias: (core, packed, first, second, H) => core.packBias(packed, first, second, H),
    backRows: (H) => [H],
    forward: (core, plan, t0, t1) => core.rnnForward(plan, t0, t1),
    backward: (core, plan, steps) => core.rnnBackward(plan, steps),
  };
}

/**
 * The plain RNN (Elman 1990), as PyTorch's `nn.RNN`: h' = φ(W x + U h + b). For each layer `k` the parameters `weight_ih_lk`
 * [hiddenSize, in], `weight_hh_lk` [hiddenSize, hiddenSize], `bias_ih_lk` and `bias_hh_lk` [hiddenSize], all U(±1/√hiddenSize). Its
 * gradient vanishes over long lags; it stands here beside the LSTM to show that.
 *
 * @example
 * ```ts
 * import { RNN } from 'lstm-wasm';
 * const rnn = new RNN(3, 5, { nonlinearity: 'relu' });
 * const { output, hN } = rnn.forward({ data: new Float32Array(21), shape: [7, 3] });
 * console.log(output.shape, hN.shape); // [ 7, 5 ] [ 1, 5 ]
 * ```
 * @throws TypeError for another kind of argument or an unknown option, RangeError for a value out of range
 */
export class RNN extends HiddenOnly {
  override readonly type = 'RNN';
  readonly nonlinearity: 'tanh' | 'relu';

  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    if (options === null || typeof options !== 'object') checkOptions(options, [], 'RNN');
    const { nonlinearity = 'tanh' } = options;
    checkOneOf('nonlinearity', nonlinearity, NONLINEARITIES);
    super('RNN', cellOf(nonlinearity), inputSize, hiddenSize, options, ['nonlinearity']);
    this.nonlinearity = nonlinearity;
    if (UNINITIALISED in options) return;
    const source = this.build(() => drawSource(this.runtime, options.seed));
    for (const [n, parameter] of [...this.named.values()].entries())
      uniform(parameter, 1 / Math.sqrt(hiddenSize), source(n));
  }

  /** As {@link LSTM.fromStateDict}. */
  static fromStateDict(dict: NamedTensors, options: FromStateDict<RNNOptions> = {}): RNN {
    return fromStateDict(RNN, 1, dict, options, ['nonlinearity']);
  }

  /** @internal */
  override config(): LayerConfig {
    return { ...super.config(), nonlinearity: this.nonlinearity };
  }
}
