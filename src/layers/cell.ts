import type { Field } from '../runtime/struct.js';
import * as Plan from '../runtime/structs/plan.js';
import { type CellActivation, checkActivations, type Nonlinearity } from './nonlinearities.js';

/** The role of a gate. The candidate is listed among the gates. */
export type GateRole = 'input' | 'forget' | 'output' | 'reset' | 'update' | 'candidate';

/** What differs between the recurrent cells. */
export interface CellDescription {
  /** Of src/runtime/structs/cell-kind.ts. */
  readonly kind: number;
  /** Blocks of hiddenSize rows in a weight. */
  readonly gates: 1 | 3 | 4;
  /** The gates by name, in the order of their blocks; empty if the only block is the state itself. */
  readonly gateRoles: Readonly<Record<string, GateRole>>;
  /** Blocks of hiddenSize values that each step records for backward, which overwrites them with their gradients. */
  readonly blocks: 1 | 4;
  /** Whether there is a cell state besides the hidden state. */
  readonly hasCell: boolean;
  /** The names of its nonlinearities in `activations`, and their defaults. */
  readonly parts: readonly string[];
  readonly nonlinearities: readonly Nonlinearity[];
}

/** Options that only some cells have. */
export interface OwnOptions {
  readonly projSize?: number;
  readonly peepholes?: boolean;
  readonly coupled?: boolean;
  readonly cellClip?: number;
  readonly layerNorm?: 'cell' | 'gate' | undefined;
  readonly normEpsilon?: number;
  readonly resetAfter?: boolean;
  readonly nonlinearities?: readonly Nonlinearity[];
}

/** A cell with its options. */
export interface Cell extends CellDescription {
  readonly hiddenSize: number;
  /** The size of h: less than hiddenSize with a projection. */
  readonly stateSize: number;
  readonly own: OwnOptions;
  readonly bias: boolean | 'single';
  readonly learnInitial: boolean;
  /** For each direction the activations of its parts. */
  readonly activations: readonly (readonly CellActivation[])[];
  /** 0 for none. */
  readonly clip: number;
  readonly inputDropout: number;
  readonly recurrentDropout: number;
  readonly zoneout: { readonly h: number; readonly c: number };
}

/** A parameter that a level in one direction has. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** The plan's fields for its address and that of its gradient. */
  readonly field: Field<'u32'>;
  readonly gradientField: Field<'u32'>;
}

/** The parameters of one level in one direction: PyTorch's in its order, then the others. */
export function parameterSpecs(cell: Cell, inputSize: number): ParameterSpec[] {
  const { hiddenSize: H, stateSize: R, gates, bias, own, learnInitial, hasCell } = cell;
  const rows = gates * H;
  const norm = own.layerNorm === 'cell';
  const all: [boolean, string, number[], Field<'u32'>, Field<'u32'>][] = [
    [true, 'weight_ih', [rows, inputSize], Plan.inputWeight, Plan.dInputWeight],
    [true, 'weight_hh', [rows, R], Plan.hiddenWeight, Plan.dHiddenWeight],
    [bias !== false, 'bias_ih', [rows], Plan.inputBias, Plan.dInputBias],
    [bias === true, 'bias_hh', [rows], Plan.hiddenBias, Plan.dHiddenBias],
    [own.projSize !== undefined, 'weight_hr', [R, H], Plan.projectionWeight, Plan.dProjection],
    [own.peepholes === true, 'weight_peephole', [3 * H], Plan.peepholes, Plan.dPeepholes],
    [own.layerNorm === 'gate', 'weight_ln', [rows], Plan.gateGain, Plan.dGateGain],
    [norm, 'weight_ln_ih', [rows], Plan.inputGain, Plan.dInputGain],
    [norm, 'bias_ln_ih', [rows], Plan.inputShift, Plan.dInputShift],
    [norm, 'weight_ln_hh', [rows], Plan.hiddenGain, Plan.dHiddenGain],
    [norm, 'bias_ln_hh', [rows], Plan.hiddenShift, Plan.dHiddenShift],
    [norm, 'weight_ln_c', [H], Plan.cellGain, Plan.dCellGain],
    [norm, 'bias_ln_c', [H], Plan.cellShift, Plan.dCellShift],
    [learnInitial, 'h0', [R], Plan.h0, Plan.dH0],
    [learnInitial && hasCell, 'c0', [H], Plan.c0, Plan.dC0],
  ];
  return all
    .filter(([present]) => present)
    .map(([, name, shape, field, gradientField]) => ({ name, shape, field, gradientField }));
}

/** The options that all cells have, as checkRecurrent returns them. */
type Given = Pick<
  Cell,
  'bias' | 'learnInitial' | 'clip' | 'inputDropout' | 'recurrentDropout' | 'zoneout'
> & { readonly bidirectional: boolean };

/** The cell of a kind, from its own options and from `given`, the checked options that all cells have. */
export function cellOf(
  kind: CellDescription,
  hiddenSize: number,
  own: OwnOptions,
  given: Given,
  activations: unknown,
): Cell {
  const nonlinearities = own.nonlinearities ?? kind.nonlinearities;
  return {
    ...kind,
    ...given,
    ...{ hiddenSize, stateSize: own.projSize ?? hiddenSize, own },
    activations: checkActivations(activations, kind.parts, nonlinearities, given.bidirectional ? 2 : 1),
  };
}
