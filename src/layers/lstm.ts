import * as CellKind from '../runtime/structs/cell-kind.js';
import type { Integers, NamedTensors, OwnTensor, Tensor } from '../validation/tensor.js';
import type { CellDescription } from './cell.js';
import { type FromStateDict, fromStateDict } from './from-state-dict.js';
import type { BackwardOptions, ForwardOptions } from './layer.js';
import { checkLSTM, LSTM_OPTIONS, type LSTMOptions } from './lstm-options.js';
import type { Parameter } from './parameter.js';
import { Recurrent } from './recurrent.js';
import { drawParameters } from './recurrent-init.js';
import type { SequenceOptions } from './sequence-options.js';
import type { Stream, StreamOptions } from './stream.js';

const CELL: CellDescription = {
  kind: CellKind.LSTM,
  gates: 4,
  gateRoles: { i: 'input', f: 'forget', g: 'candidate', o: 'output' },
  blocks: 4,
  hasCell: true,
  parts: ['gate', 'candidate', 'cell'],
  nonlinearities: ['sigmoid', 'tanh', 'tanh'],
};

/**
 * The LSTM (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000), compatible with PyTorch's `nn.LSTM`.
 *
 * Parameters of layer `k`: `weight_ih_lk` [4·hiddenSize, in], `weight_hh_lk` [4·hiddenSize, hiddenSize], `bias_ih_lk` and `bias_hh_lk`
 * [4·hiddenSize], with the gates in the order i, f, g, o. {@link LSTMOptions} lists the variants.
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
 * @throws TypeError for an argument of the wrong type or an unknown option, RangeError for a value out of range
 */
export class LSTM extends Recurrent {
  override readonly type = 'LSTM';

  constructor(inputSize: number, hiddenSize: number, options: LSTMOptions = {}) {
    const own = () => checkLSTM(hiddenSize, options);
    super('LSTM', CELL, inputSize, hiddenSize, options, LSTM_OPTIONS, own);
    this.build(() => initialize(this, options));
  }

  /**
   * An LSTM from its parameters. Sizes, number of layers and biases follow from their names and shapes.
   *
   * @param dict - `{ name: { data, shape } }`, float32, such as `readSafetensors` of `lstm-wasm/files` returns in `tensors`
   * @param options - `prefix`: the part of the names before `weight_ih_l0`, such as `encoder.`; the other options are the constructor's,
   *   except those that follow from the parameters
   * @throws TypeError for missing or unknown names, RangeError for shapes that do not fit together
   */
  static fromStateDict(dict: NamedTensors, options: FromStateDict<LSTMOptions> = {}): LSTM {
    return fromStateDict(LSTM, 4, dict, options, LSTM_OPTIONS);
  }

  /**
   * Runs a sequence and returns its outputs and final states.
   *
   * @param input - [batch, time, inputSize], or [time, inputSize] for one sequence; or integers [batch, time] or [time] from 0 to
   *   inputSize - 1 instead of one-hot rows, with the same result
   * @param options - `h0`, `c0`: the initial states, [numLayers, batch, hiddenSize] (`h0` with `projSize`:
   *   [numLayers, batch, projSize]); default zeros. `lengths`, `mask`: see {@link SequenceOptions}
   * @returns `output` [batch, time, hiddenSize] ([batch, hiddenSize] without `returnSequences`), `hN` and `cN` [numLayers, batch, hiddenSize]
   * @throws TypeError for an argument of the wrong type, RangeError for a wrong shape, Error after `dispose`
   */
  override forward(
    input: Tensor | Integers,
    options: ForwardOptions & SequenceOptions & { h0?: Tensor; c0?: Tensor } = {},
  ): { output: OwnTensor; hN: OwnTensor; cN: OwnTensor } {
    const { output, hN, cN } = this.forwardStates(input, options, ['h0', 'c0']);
    return { output, hN, cN: cN as OwnTensor };
  }

  /**
   * Gradients of the input and the initial states, from the gradients of the results of the latest recorded forward. A missing gradient counts
   * as zeros. The returned `input` is absent with `inputGradient: false` and for integer inputs. Parameter gradients accumulate.
   * Gradients below 2^-100 are set to zero when they are passed from step to step.
   *
   * @throws Error if no forward is recorded, RangeError for a wrong shape
   */
  override backward(
    gradient: { output?: Tensor; hN?: Tensor; cN?: Tensor },
    options: BackwardOptions = {},
  ): { input: OwnTensor; h0: OwnTensor; c0: OwnTensor } {
    const { input, h0, c0 } = this.backwardStates(gradient, ['output', 'hN', 'cN'], options);
    return { ...(input && { input }), h0, c0 } as { input: OwnTensor; h0: OwnTensor; c0: OwnTensor };
  }

  /**
   * A stream that runs this layer one step at a time, in constant memory.
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

function initialize(layer: LSTM, options: LSTMOptions): void {
  const source = drawParameters(layer, 4, options);
  if (!source) return;
  const { init, chrono, forgetBias = init === 'keras' ? 1 : undefined } = options;
  let n = 0;
  for (const [name, first] of layer.parameters) {
    if (!name.startsWith('bias_ih')) continue;
    const second = layer.parameters.get(name.replace('ih', 'hh'));
    if (chrono !== undefined) {
      layer.runtime.core.fillChrono(first.pointer, layer.hiddenSize, chrono, source(CHRONO_PART + n++));
      first.version++;
      second?.write(new Float32Array(second.size));
    } else if (forgetBias !== undefined) {
      setForgetBlock(first, forgetBias);
      if (second) setForgetBlock(second, 0);
    }
  }
}

/** Parts of the layer's stream from here on draw chrono biases; lower ones draw the parameters in order. */
const CHRONO_PART = 0x40000000;

function setForgetBlock(bias: Parameter, value: number): void {
  const values = bias.read();
  bias.write(values.fill(value, bias.size / 4, bias.size / 2));
}
