import { checkOneOf } from '../validation/options.js';
import type { NamedTensors } from '../validation/tensor.js';
import type { CellKind, OwnOptions } from './cell.js';
import { HiddenOnly } from './hidden-only.js';
import { normal } from './initialise.js';
import type { LayerConfig } from './layer.js';
import type { NonlinearitySpec } from './nonlinearities.js';
import type { Parameter } from './parameter.js';
import { drawParameters, type RecurrentInit } from './recurrent-init.js';
import type { RecurrentOptions } from './recurrent-options.js';
import { type FromStateDict, fromStateDict } from './state-dict.js';

export interface RNNOptions extends RecurrentOptions<readonly [NonlinearitySpec]> {
  /** φ in h' = φ(W x + U h + b). Default tanh; others go with `activations`. */
  nonlinearity?: 'tanh' | 'relu';
  /**
   * How the weights begin, see {@link RecurrentInit}; or `identity`, the IRNN's: U = 1, W from N(0, 0.001²), biases 0, for
   * `nonlinearity: 'relu'` (Le, Jaitly & Hinton 2015). Default `pytorch`.
   */
  init?: RecurrentInit | 'identity';
}

const CELL: CellKind = {
  kind: 2,
  gates: 1,
  gateRoles: {},
  blocks: 1,
  hasCell: false,
  parts: ['activation'],
  nonlinearities: ['tanh'],
};

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
    super('RNN', CELL, inputSize, hiddenSize, options, ['nonlinearity'], () => checkRNN(options));
    this.nonlinearity = options.nonlinearity ?? 'tanh';
    this.build(() => drawParameters(this, 1, options, { identity }));
  }

  /** As {@link LSTM.fromStateDict}. */
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
    throw new TypeError('nonlinearity and activations both say what h passes: give one of them');
  return { nonlinearities: [nonlinearity] };
}

/** IRNN (Le, Jaitly & Hinton 2015): U = 1, W from N(0, 0.001²), biases 0. */
function identity(name: string, parameter: Parameter, source: number): void {
  if (name.startsWith('weight_ih')) normal(parameter, 0.001, source);
  if (!name.startsWith('weight_hh')) return;
  const size = parameter.shape[0] as number;
  parameter.write(new Float32Array(size * size).map((_, n) => (n % (size + 1) === 0 ? 1 : 0)));
}
