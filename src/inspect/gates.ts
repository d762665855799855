import type { Layer } from '../layers/layer.js';
import type { SequenceOptions } from '../layers/sequence-options.js';
import { checkOptions } from '../validation/options.js';
import type { Integers, Tensor } from '../validation/tensor.js';
import type { TracedLevel } from './level.js';
import { checkModel, record } from './recording.js';
import { saturationWarnings } from './warnings.js';

interface LayerStates {
  /** As the parameters name it: `l0`, `l1_reverse`, in a Sequential `1.l0`. */
  readonly name: string;
  /** Hidden states. */
  readonly h: Tensor;
}

/** Input, forget and output gate, candidate, cell. */
export interface LSTMGates extends LayerStates {
  readonly cell: 'LSTM';
  readonly i: Tensor;
  readonly f: Tensor;
  readonly g: Tensor;
  readonly o: Tensor;
  readonly c: Tensor;
}

/** Reset and update gate, candidate. */
export interface GRUGates extends LayerStates {
  readonly cell: 'GRU';
  readonly r: Tensor;
  readonly z: Tensor;
  readonly n: Tensor;
}

export interface RNNGates extends LayerStates {
  readonly cell: 'RNN';
}

/** What one level did in one direction: each [batch, time, hiddenSize], or as the layer reads its input. */
export type LayerGates = LSTMGates | GRUGates | RNNGates;

/**
 * Gates and states of every recurrent level over a sequence: the layer's own numbers, h and c to the bit, gates to the bit with the
 * `simd` binary. Dropout is off, zoneout keeps its expected part, sequences begin from zeros or what `learnInitial` holds, and the model
 * is not touched. A step that is masked or behind an end has gates of 0; behind an end states are 0 too.
 *
 * Warnings, each with the share of gates or states over all steps, units and sequences, where the nonlinearity is a sigmoid or tanh:
 * half of the forget gates (of a GRU z) lie below 0.05, with how many steps it takes until less than 0.1 % is left of a cell at the
 * median gate; nine tenths of the input or output gates lie below 0.05; half of the candidates, or of tanh of the cells, or of an RNN's
 * states, lie beyond ±0.99, where the derivative of tanh is below 2 %; a state is not finite.
 *
 * @param model - an LSTM, GRU or RNN, or a Sequential of this package's layers with one in it
 * @param input - [batch, time, ·], or what else the model's forward takes
 * @param options - `lengths`, `mask` as for forward
 * @throws TypeError for another kind of model or argument, or an unknown option; RangeError for another shape
 *
 * @example
 * ```ts
 * import { LSTM } from 'lstm-wasm';
 * import { gates } from 'lstm-wasm/inspect';
 * const lstm = new LSTM(2, 4, { forgetBias: -5, seed: 1 });
 * const { layers, warnings } = gates(lstm, { data: new Float32Array(20), shape: [10, 2] });
 * if (layers[0]!.cell === 'LSTM') console.log(layers[0].f.shape); // [ 10, 4 ]
 * console.log(warnings[0]); // l0: 100 % of forget gates are below 0.05: memory lasts about 2 steps
 * ```
 */
export function gates(
  model: Layer,
  input: Tensor | Integers,
  options: SequenceOptions = {},
): { layers: readonly LayerGates[]; warnings: readonly string[] } {
  checkOptions(options, ['lengths', 'mask'], 'gates');
  return record(checkModel('gates', model), input, options, ({ levels }) => ({
    layers: levels.map(layerGates),
    warnings: levels.flatMap(saturationWarnings),
  }));
}

function layerGates(level: TracedLevel): LayerGates {
  const { name, type, h, c } = level;
  const gates = level.gates.map((gate) => [gate.name, level.tensor(gate.values, false)]);
  return {
    ...{ name, cell: type },
    ...Object.fromEntries(gates),
    ...(c && { c: level.tensor(c, true) }),
    h: level.tensor(h, true),
  } as LayerGates;
}
