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

/** The nonlinearities of an LSTM: of the gates i f o, of the candidate g, and of the cell on its way to h. */
export type LSTMActivations = readonly [
  gate: NonlinearitySpec,
  candidate: NonlinearitySpec,
  cell: NonlinearitySpec,
];

export interface LSTMOptions extends RecurrentOptions<LSTMActivations> {
  /** How the weights begin, see {@link RecurrentInit}; `keras` with a forget bias of 1. Default `pytorch`. */
  init?: RecurrentInit;
  /** The sum of the two forget biases, in place of what `init` gives (Jozefowicz et al. 2015 advise 1). */
  forgetBias?: number;
  /** Biases for lags up to this many steps: b_f = ln U[1, chrono − 1], b_i = −b_f (Tallec & Ollivier 2018). */
  chrono?: number;
  /** Values of h, which `weight_hr` [projSize, hiddenSize] makes of o∘tanh(c) (Sak et al. 2014, as PyTorch's `proj_size`). */
  projSize?: number;
  /** Whether the gates see the cell, by `weight_peephole` [3 * hiddenSize], blocks i, f, o (Gers & Schmidhuber 2000). Default false. */
  peepholes?: boolean;
  /** Whether f = 1 − i; the blocks of f in the parameters stay and count for nothing. Default false. */
  coupled?: boolean;
  /** Bounds the cell to ± cellClip at each step; gradients pass strictly inside. Default: no bound. */
  cellClip?: number;
  /**
   * Layer norm: `cell` over W x, over U h and over the cell (Ba et al. 2016), with `weight_ln_ih`, `bias_ln_ih`, `…_hh`,
   * `…_c`; `gate` over the sum of each gate, its bias behind, with `weight_ln` (TFLite). Default: none.
   */
  layerNorm?: 'cell' | 'gate';
  /** What layer norm adds to the variance. Default 1e-5. */
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

/** @throws TypeError for another kind or options that do not go together, RangeError for a value out of range */
export function checkLSTM(hiddenSize: number, options: LSTMOptions): OwnOptions {
  const checked = checkEach(options, CHECKS);
  const { projSize, layerNorm, coupled, forgetBias, chrono } = checked;
  if (projSize !== undefined && projSize >= hiddenSize) {
    throw wrongValue('projSize', `fewer values than hiddenSize = ${hiddenSize}`, projSize);
  }
  refuse(
    options.normEpsilon !== undefined && !layerNorm,
    'normEpsilon expected a layer norm: it goes with layerNorm',
  );
  refuse(
    coupled && layerNorm === 'cell',
    "coupled expected gates without f: layerNorm 'cell' takes its mean over all four",
  );
  const bias = forgetBias !== undefined;
  const lag = chrono !== undefined;
  refuse(bias && lag, 'forgetBias and chrono both set the forget biases: give one of them');
  refuse(
    options.bias === false && (bias || lag),
    `${lag ? 'chrono' : 'forgetBias'} expected biases to set, got bias: false`,
  );
  refuse(coupled && bias, 'forgetBias expected a forget gate of its own: with coupled: true f is 1 - i');
  return checked;
}

function checkLag(name: string, value: unknown): number {
  return checkNumber(name, value, 'a longest lag of at least 2 steps', (lag) => lag >= 2);
}
