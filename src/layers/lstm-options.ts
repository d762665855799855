import { checkBoolean, checkNumber, checkOneOf, checkPositive, checkSize } from '../border/options.js';
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

export const LSTM_OPTIONS = [
  ...['forgetBias', 'chrono', 'projSize', 'peepholes', 'coupled', 'cellClip', 'layerNorm', 'normEpsilon'],
];

/** @throws TypeError for another kind or options that do not go together, RangeError for a value out of range */
export function checkLSTM(hiddenSize: number, options: LSTMOptions): OwnOptions {
  const { projSize, peepholes = false, coupled = false, cellClip, layerNorm, normEpsilon } = options;
  if (projSize !== undefined && checkSize('projSize', projSize) >= hiddenSize) {
    throw new RangeError(
      `projSize expected fewer values than hiddenSize = ${hiddenSize}: a projection is there to make h smaller, got ${projSize}`,
    );
  }
  checkBoolean('peepholes', peepholes);
  checkBoolean('coupled', coupled);
  if (cellClip !== undefined) checkPositive('cellClip', cellClip);
  if (layerNorm !== undefined) checkOneOf('layerNorm', layerNorm, ['cell', 'gate']);
  if (normEpsilon !== undefined) checkPositive('normEpsilon', normEpsilon);
  if (normEpsilon !== undefined && layerNorm === undefined)
    throw new TypeError('normEpsilon expected a layer norm to be part of: it goes with layerNorm');
  if (coupled && layerNorm === 'cell') {
    throw new TypeError(
      "coupled expected gates that do not hang on f: layerNorm 'cell' takes its mean over all four, f among them",
    );
  }
  checkBiases(options);
  return {
    ...(projSize !== undefined && { projSize }),
    peepholes,
    coupled,
    ...(cellClip !== undefined && { cellClip }),
    layerNorm,
    normEpsilon: normEpsilon ?? 1e-5,
  };
}

function checkBiases({ forgetBias, chrono, bias = true, coupled }: LSTMOptions): void {
  if (forgetBias !== undefined) checkNumber('forgetBias', forgetBias, 'a finite number', () => true);
  if (chrono !== undefined) checkNumber('chrono', chrono, 'a longest lag of at least 2 steps', (x) => x >= 2);
  if (forgetBias !== undefined && chrono !== undefined)
    throw new TypeError('forgetBias and chrono both set the forget biases: give one of them');
  const name = chrono === undefined ? 'forgetBias' : 'chrono';
  if (!bias && (forgetBias ?? chrono) !== undefined)
    throw new TypeError(`${name} expected biases to set, got bias: false`);
  if (coupled && forgetBias !== undefined)
    throw new TypeError('forgetBias expected a forget gate of its own: with coupled: true f is 1 - i');
}
