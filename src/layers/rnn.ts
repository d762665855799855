import * as CellKind from '../runtime/structs/cell-kind.js';
import { checkOneOf } from '../validation/options.js';
import type { NamedTensors } from '../validation/tensor.js';
import type { CellDescription, OwnOptions } from './cell.js';
import { type FromStateDict, fromStateDict } from './from-state-dict.js';
import { HiddenOnly } from './hidden-only.js';
import { normal } from './initialize.js';
import type { LayerConfig } from './layer.js';
import type { NonlinearitySpec } from './nonlinearities.js';
import type { Parameter } from './parameter.js';
import { drawParameters, type RecurrentInit } from './recurrent-init.js';
import type { RecurrentOptions } from './recurrent-options.js';

export interface RNNOptions extends RecurrentOptions<readonly [NonlinearitySpec]> {
  /** φ in h' = φ(W x + U h + b). Default tanh; `activations` offers others. */
  nonlinearity?: 'tanh' | 'relu';
  /**
   * How the weights are initialized, see {@link RecurrentInit}; or `identity`, the IRNN, for `nonlinearity: 'relu'`: U = 1,
   * W from N(0, 0.001²), biases 0 (Le, Jaitly & Hinton 2015). Default `pytorch`.
   */
  init?: RecurrentInit | 'identity';
}

const CELL: CellDescription = {
  kind: CellKind.RNN,
  gates: 1,
  gateRoles: {},
  blocks: 1,
  hasCell: false,
  parts: ['activation'],
  nonlinearities: ['tanh'],
};

/**
 * The plain RNN (Elman 1990), compatible with PyTorch's `nn.RNN`: h' = φ(W x + U h + b). Its gradient vanishes over long lags;
 * prefer an LSTM or GRU for them.
 *
 * Parameters of layer `k`: `weight_ih_lk` [hiddenSize, in], `weight_hh_lk` [hiddenSize, hiddenSize], `bias_ih_lk` and `bias_hh_lk`
 * [hiddenSize], all initialized from U(±1/√hiddenSize).
 *
 * @example
 * ```ts
 * import { RNN } from 'lstm-wasm';
 * const rnn = new RNN(3, 5, { nonlinearity: 'relu' });
 * const { output, hN } = rnn.forward({ data: new Float32Array(21), shape: [7, 3] });
 * console.log(output.shape, hN.shape); // [ 7, 5 ] [ 1, 5 ]
 * ```
 * @throws TypeError for an argument of the wrong type or an unknown option, RangeError for a value out of range
 */
export class RNN extends HiddenOnly {
  override readonly type = 'RNN';
  readonly nonlinearity: 'tanh' | 'relu';

  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    super('RNN', CELL, inputSize, hiddenSize, options, ['nonlinearity'], () => checkRNN(options));
    this.nonlinearity = options.nonlinearity ?? 'tanh';
    this.build(() => drawParameters(this, 1, options, { identity }));
  }

  /** Like `LSTM.fromStateDict`. */
  static fromStateDict(dict: NamedTensors, options: FromStateDict<RNNOptions> = {}): RNN {
    return fromStateDict(RNN, 1, dict, options, ['nonlinearity']);
  }

  /** @internal */
  override config(): LayerConfig {
    const config = super.config();
    return 'activations' in config ? config : { ...config, nonlinearity: this.nonlinearity };
  }
}

function checkRNN({ nonlinearity, activations }: RNNOptions): OwnOptions {
  if (nonlinearity === undefined) return {};
  checkOneOf('nonlinearity', nonlinearity, ['tanh', 'relu']);
  if (activations !== undefined)
    throw new TypeError('nonlinearity and activations both set the nonlinearity of h: pass only one');
  return { nonlinearities: [nonlinearity] };
}

/** IRNN (Le, Jaitly & Hinton 2015): U = 1, W from N(0, 0.001²), biases 0. */
function identity(name: string, parameter: Parameter, source: number): void {
  if (name.startsWith('weight_ih')) normal(parameter, 0.001, source);
  if (!name.startsWith('weight_hh')) return;
  const size = parameter.shape[0] as number;
  parameter.write(new Float32Array(size * size).map((_, n) => (n % (size + 1) === 0 ? 1 : 0)));
}
