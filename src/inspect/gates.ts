import type { Layer } from '../layers/layer.js';
import type { SequenceOptions } from '../layers/sequence-options.js';
import { checkOptions } from '../validation/options.js';
import type { Integers, Tensor } from '../validation/tensor.js';
import type { TracedLevel } from './level.js';
import { checkModel, record } from './recording.js';
import { saturationWarnings } from './warnings.js';

interface LayerStates {
  /** As in the parameter names: `l0`, `l1_reverse`, in a Sequential `1.l0`. */
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

/** Gates and states of one level in one direction, each [batch, time, hiddenSize] or in the layer's own input layout. */
export type LayerGates = LSTMGates | GRUGates | RNNGates;

/**
 * Returns the gates and states of every recurrent level over a sequence: the layer's own values, to the bit. The forward runs in
 * evaluation mode: dropout is off and zoneout uses its expected value. Sequences start from zeros or from learned initial states.
 * The model does not change. Gates are 0 at masked steps and after the end of a sequence; states are 0 after the end.
 *
 * Warnings, each with the fraction of gates or states over all steps, units and sequences, if the activation is a sigmoid or tanh:
 * - At least half of the forget gates (GRU: z) are below 0.05, with the number of steps until less than 0.1 % of a cell state is left
 *   at the median gate.
 * - At least 90 % of the input or output gates are below 0.05.
 * - At least half of the candidates, of tanh of the cell states, or of an RNN's states are beyond ±0.99, where the derivative of tanh
 *   is below 2 %.
 * - A state is not finite.
 *
 * @param model - an LSTM, GRU or RNN, or a Sequential of this package's layers that contains one
 * @param input - [batch, time, ·], or whatever else the model's forward accepts
 * @param options - `lengths`, `mask` as for forward
 * @throws TypeError for a wrong type of model or argument or an unknown option, RangeError for a wrong shape
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
