import { checkNumber, checkOneOf } from '../border/options.js';
import type { Integers, NamedTensors, Tensor } from '../border/tensor.js';
import { drawSource, orthogonal, UNINITIALISED, uniform } from './initialise.js';
import type { BackwardOptions, ForwardOptions } from './layer.js';
import type { Cell } from './level.js';
import type { Parameter } from './parameter.js';
import { Recurrent } from './recurrent.js';
import type { RecurrentOptions } from './recurrent-options.js';
import { type FromStateDict, fromStateDict } from './state-dict.js';
import type { Stream, StreamOptions } from './stream.js';

export interface LSTMOptions extends RecurrentOptions {
  /**
   * Initial weights: `pytorch`, all U(±1/√hiddenSize), the default; or `keras`, glorot uniform for the input, orthogonal for the
   * recurrence, biases 0 but for a forget bias of 1.
   */
  init?: 'pytorch' | 'keras';
  /** The sum of the two forget biases, in place of what `init` gives (Jozefowicz et al. 2015 advise 1). */
  forgetBias?: number;
  /** Biases for lags up to this many steps: b_f = ln U[1, chrono − 1], b_i = −b_f (Tallec & Ollivier 2018). */
  chrono?: number;
}

/** The blocks of a weight that are the gates of a panel, as assembly/panels.ts reads it. */
const IFGO = 0x3210;

const CELL: Cell = {
  gates: 4,
  kept: 4,
  hasCell: true,
  nonlinearity: 0,
  columns: (hiddenSize) => Math.ceil(hiddenSize / 4) * 16,
  packWeight: (core, panels, weight, H, K) => core.packGates(panels, weight, H, K, IFGO),
  packBias: (core, packed, first, second, H) => core.packGateBias(packed, first, second, H, IFGO, IFGO),
  backRows: (H) => [4 * H],
  forward: (core, plan, t0, t1) => core.lstmForward(plan, t0, t1),
  backward: (core, plan, steps) => core.lstmBackward(plan, steps),
};

/**
 * The LSTM (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000), as PyTorch's `nn.LSTM`: for each layer
 * `k` the parameters `weight_ih_lk` [4·hiddenSize, in], `weight_hh_lk` [4·hiddenSize, hiddenSize], `bias_ih_lk` and `bias_hh_lk`
 * [4·hiddenSize], gates in the order i, f, g, o.
 *
 * @example
 * ```ts
 * import { LSTM } from 'lstm-wasm';
 * const lstm = new LSTM(3, 5, { numLayers: 2 });
 * const x = { data: new Float32Array(2 * 7 * 3), shape: [2, 7, 3] }; // batch 2, 7 steps
 * const { output, hN, cN } = lstm.forward(x, { record: true });
 * console.log(output.shape, hN.shape, cN.shape); // [ 2, 7, 5 ] [ 2, 2, 5 ] [ 2, 2, 5 ]
 * const { input } = lstm.backward({ output });
 * console.log(input.shape); // [ 2, 7, 3 ]
 * ```
 * @throws TypeError for another kind of argument or an unknown option, RangeError for a value out of range
 */
export class LSTM extends Recurrent {
  override readonly type = 'LSTM';

  constructor(inputSize: number, hiddenSize: number, options: LSTMOptions = {}) {
    super('LSTM', CELL, inputSize, hiddenSize, options, ['init', 'forgetBias', 'chrono']);
    this.build(() => initialise(this, options));
  }

  /**
   * An LSTM from its parameters: sizes, layers and biases are read off their names and shapes.
   *
   * @param options - `prefix` stands before the names; the others as for the constructor, but for the sizes
   * @throws TypeError for missing or unknown names, RangeError for shapes that do not fit together
   */
  static fromStateDict(dict: NamedTensors, options: FromStateDict<LSTMOptions> = {}): LSTM {
    return fromStateDict(LSTM, 4, dict, options);
  }

  /**
   * The outputs and the last states for a sequence.
   *
   * @param input - [batch, time, inputSize], or [time, inputSize] for one sequence; or integers [batch, time] or [time] from 0 to
   *   inputSize - 1 in place of one-hot rows: the same bits without their product
   * @param options - `h0`, `c0`: the states before the first step, [numLayers, batch, hiddenSize]; default zeros
   * @returns `output` [batch, time, hiddenSize] ([batch, hiddenSize] without `returnSequences`), `hN` and `cN` [numLayers, batch, hiddenSize]
   * @throws TypeError for another kind, RangeError for another shape, Error after `dispose`
   */
  override forward(
    input: Tensor | Integers,
    options: ForwardOptions & { h0?: Tensor; c0?: Tensor } = {},
  ): { output: Tensor; hN: Tensor; cN: Tensor } {
    const { output, hN, cN } = this.forwardStates(input, options, ['h0', 'c0']);
    return { output, hN, cN: cN as Tensor };
  }

  /**
   * Gradients of the input and the initial states, from those of what the latest recorded forward gave; one that is missing
   * counts as zeros, and `input` is absent with `inputGradient: false` and for integers. Parameter gradients accumulate. What is carried from step to step and lies below 2^-100 becomes zero.
   *
   * @throws Error where no forward is recorded, RangeError for other shapes
   */
  override backward(
    gradient: { output?: Tensor; hN?: Tensor; cN?: Tensor },
    options: BackwardOptions = {},
  ): { input: Tensor; h0: Tensor; c0: Tensor } {
    const { input, h0, c0 } = this.backwardStates(gradient, ['output', 'hN', 'cN'], options);
    return { ...(input && { input }), h0, c0 } as { input: Tensor; h0: Tensor; c0: Tensor };
  }

  /**
   * The same layer step by step, in constant memory.
   *
   * @example
   * ```ts
   * import { LSTM } from 'lstm-wasm';
   * const stream = new LSTM(3, 5).stream();
   * const h = stream.step(new Float32Array([1, 0, 0]));
   * console.log(h.length, Object.keys(stream.state)); // 5 [ 'h', 'c' ]
   * ```
   */
  stream(options: StreamOptions & { h0?: Tensor; c0?: Tensor } = {}): Stream {
    return this.openStream(options, ['h0', 'c0']);
  }
}

function initialise(layer: LSTM, options: LSTMOptions): void {
  const { init = 'pytorch', forgetBias, chrono } = options;
  checkOneOf('init', init, ['pytorch', 'keras']);
  if (forgetBias !== undefined) checkNumber('forgetBias', forgetBias, 'a finite number', () => true);
  if (chrono !== undefined) checkNumber('chrono', chrono, 'a longest lag of at least 2 steps', (x) => x >= 2);
  if (forgetBias !== undefined && chrono !== undefined) {
    throw new TypeError('forgetBias and chrono both set the forget biases: give one of them');
  }
  if (!layer.bias && (forgetBias ?? chrono) !== undefined) {
    throw new TypeError(
      `${chrono === undefined ? 'forgetBias' : 'chrono'} expected biases to set, got bias: false`,
    );
  }
  if (UNINITIALISED in options) return;
  const source = drawSource(layer.runtime, options.seed);
  for (const [n, [name, parameter]] of [...layer.parameters].entries()) {
    if (init === 'pytorch') uniform(parameter, 1 / Math.sqrt(layer.hiddenSize), source(n));
    else kerasInitial(name, parameter, source(n));
  }
  const bias = forgetBias ?? (init === 'keras' && layer.bias ? 1 : undefined);
  for (let level = 0; level < layer.numLayers; level++) {
    const first = layer.parameters.get(`bias_ih_l${level}`);
    const second = layer.parameters.get(`bias_hh_l${level}`);
    if (first === undefined || second === undefined) continue;
    if (chrono !== undefined) {
      layer.runtime.core.fillChrono(first.pointer, layer.hiddenSize, chrono, source(CHRONO_PART + level));
      first.version++;
      second.write(new Float32Array(second.size));
    } else if (bias !== undefined) {
      setForgetBlock(first, bias);
      setForgetBlock(second, 0);
    }
  }
}

/** Parts of the layer's stream from here on draw chrono biases; those below belong to the parameters in their order. */
const CHRONO_PART = 0x40000000;

/** Glorot & Bengio 2010 counts the whole matrix [in, 4H], as Keras does. */
function kerasInitial(name: string, parameter: Parameter, source: number): void {
  const [rows = 0, columns = 0] = parameter.shape;
  if (name.startsWith('weight_ih')) uniform(parameter, Math.sqrt(6 / (rows + columns)), source);
  else if (name.startsWith('weight_hh')) orthogonal(parameter, source);
}

function setForgetBlock(bias: Parameter, value: number): void {
  const values = bias.read();
  bias.write(values.fill(value, bias.size / 4, bias.size / 2));
}
