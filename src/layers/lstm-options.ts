import { wrongValue } from '../validation/errors.js';
import {
  checkBoolean,
  checkEach,
  checkNumber,
  checkPositive,
  checkSize,
  refuse,
} from '../validation/options.js';
import type { OwnOptions } from './cell.js';
import type { NonlinearitySpec } from './nonlinearities.js';
import type { RecurrentInit } from './recurrent-init.js';
import type { RecurrentOptions } from './recurrent-options.js';

/** The nonlinearities of an LSTM: for the gates i, f, o, for the candidate g, and for the cell state in h = o∘tanh(c). */
export type LSTMActivations = readonly [
  gate: NonlinearitySpec,
  candidate: NonlinearitySpec,
  cell: NonlinearitySpec,
];

export interface LSTMOptions extends RecurrentOptions<LSTMActivations> {
  /** How the weights are initialized, see {@link RecurrentInit}; `keras` sets the forget bias to 1. Default `pytorch`. */
  init?: RecurrentInit;
  /** The initial sum of the two forget biases, instead of the values of `init`. Jozefowicz et al. (2015) recommend 1. */
  forgetBias?: number;
  /** Initializes the biases for lags up to this many steps: b_f = ln U[1, chrono − 1], b_i = −b_f (Tallec & Ollivier 2018). */
  chrono?: number;
  /** The size of h, projected from o∘tanh(c) by `weight_hr` [projSize, hiddenSize] (Sak et al. 2014; PyTorch's `proj_size`). */
  projSize?: number;
  /** Whether the gates read the cell state, with `weight_peephole` [3 * hiddenSize], blocks i, f, o (Gers & Schmidhuber 2000). Default false. */
  peepholes?: boolean;
  /** Whether f = 1 − i; the blocks of f in the parameters remain but have no effect. Default false. */
  coupled?: boolean;
  /** Clamps the cell state to ±cellClip at each step; gradients pass strictly inside. Default: no clamping. */
  cellClip?: number;
  /**
   * Layer norm. `cell` normalizes W x, U h and the cell state (Ba et al. 2016), with `weight_ln_ih`, `bias_ln_ih`, `…_hh`, `…_c`; `gate`
   * normalizes the pre-activation of each gate and adds the bias afterwards (TFLite), with `weight_ln`. Default: none.
   */
  layerNorm?: 'cell' | 'gate';
  /** The value that layer norm adds to the variance. Default 1e-5. */
  normEpsilon?: number;
}

const CHECKS = {
  forgetBias: [undefined, checkNumber],
  chrono: [undefined, checkLag],
  projSize: [undefined, checkSize],
  peepholes: [false, checkBoolean],
  coupled: [false, checkBoolean],
  cellClip: [undefined, checkPositive],
  layerNorm: [undefined, ['cell', 'gate']],
  normEpsilon: [1e-5, checkPositive],
} as const;

export const LSTM_OPTIONS = /* @__PURE__ */ Object.keys(CHECKS);

/** @throws TypeError for a wrong type or options that cannot be combined, RangeError for a value out of range */
export function checkLSTM(hiddenSize: number, options: LSTMOptions): OwnOptions {
  const checked = checkEach(options, CHECKS);
  const { projSize, layerNorm, coupled, forgetBias, chrono } = checked;
  if (projSize !== undefined && projSize >= hiddenSize) {
    throw wrongValue('projSize', `fewer values than hiddenSize = ${hiddenSize}`, projSize);
  }
  refuse(
    options.normEpsilon !== undefined && !layerNorm,
    'normEpsilon expected layerNorm to be set, got none',
  );
  refuse(
    coupled && layerNorm === 'cell',
    "coupled cannot be combined with layerNorm: 'cell', which normalizes all four gates together",
  );
  const bias = forgetBias !== undefined;
  const lag = chrono !== undefined;
  refuse(bias && lag, 'forgetBias and chrono both set the forget biases: pass only one');
  refuse(
    options.bias === false && (bias || lag),
    `${lag ? 'chrono' : 'forgetBias'} expected biases to set, got bias: false`,
  );
  refuse(coupled && bias, 'forgetBias expected a separate forget gate, got coupled: true, where f is 1 - i');
  return checked;
}

function checkLag(name: string, value: unknown): number {
  return checkNumber(name, value, 'a lag of at least 2 steps', (lag) => lag >= 2);
}
