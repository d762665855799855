import type { Layer } from '../layers/layer.js';
import type { SequenceOptions } from '../layers/sequence-options.js';
import { checkOptions } from '../validation/options.js';
import type { Integers, Tensor } from '../validation/tensor.js';
import type { TracedLevel } from './level.js';
import { checkModel, traced } from './traced-run.js';
import { saturationWarnings } from './warnings.js';

interface LayerStates {
  /** The suffix of the parameter names: `l0`, `l1_reverse`; in a Sequential `1.l0`. */
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

/** Gates and states of one layer in one direction: [batch, time, hiddenSize] each, or in the axis order of the layer's input. */
export type LayerGates = LSTMGates | GRUGates | RNNGates;

/**
 * Gates and states of every recurrent layer over a sequence, as the layer itself computed them. Dropout is off, zoneout uses its expected
 * mixture, and sequences start from zeros or from the states of `learnInitial`. The model is left unchanged. Gates are 0 at masked steps and
 * after a sequence's end; states are 0 after the end.
 *
 * Warnings, for sigmoid and tanh nonlinearities, each with the share over all steps, units and sequences:
 * - half of the forget gates (GRU: z) are below 0.05; with the number of steps until less than 0.1 % of a cell is left at the median gate;
 * - nine tenths of the input or output gates are below 0.05;
 * - half of the candidates, of tanh of the cell states, or of an RNN's states are beyond ±0.99, where tanh's derivative is below 2 %;
 * - a state is not finite.
 *
 * @param model - an LSTM, GRU or RNN, or a Sequential of this package's layers that contains one
 * @param input - [batch, time, inputSize], or any other input that the model's forward accepts
 * @param options - `lengths`, `mask`, as for forward
 * @throws TypeError for a model or argument of the wrong type, or an unknown option; RangeError for a wrong shape
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
  return traced(checkModel('gates', model), input, options, ({ levels }) => ({
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
