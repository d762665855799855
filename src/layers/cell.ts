import { checkActivations, type Nonlinearity } from './nonlinearities.js';

/** What a gate does, or the candidate among them. */
export type GateRole = 'input' | 'forget' | 'output' | 'reset' | 'update' | 'candidate';

/** What differs between the recurrent cells. */
export interface CellKind {
  /** As assembly/cells/general.ts counts them. */
  readonly kind: 0 | 1 | 2;
  /** Blocks of hiddenSize rows in a weight. */
  readonly gates: 1 | 3 | 4;
  /** The gates by name, in the order of their blocks. */
  readonly gateRoles: Readonly<Record<string, GateRole>>;
  /** Blocks of hiddenSize values that backward needs of each step, and turns into their gradients. */
  readonly blocks: 1 | 4;
  /** Whether there is a cell state beside the hidden one. */
  readonly hasCell: boolean;
  /** What its nonlinearities are called in `activations`, and which they are where none are given. */
  readonly parts: readonly string[];
  readonly nonlinearities: readonly Nonlinearity[];
}

/** What only some cells have. */
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

/** A cell as its options have it. */
export interface Cell extends CellKind {
  readonly hiddenSize: number;
  /** Values of h: fewer than hiddenSize where it is projected. */
  readonly stateSize: number;
  readonly own: OwnOptions;
  readonly bias: boolean | 'single';
  readonly learnInitial: boolean;
  /** For each direction kind, alpha and beta of each nonlinearity. */
  readonly activations: readonly (readonly number[])[];
  /** 0 for none. */
  readonly clip: number;
  readonly inputDropout: number;
  readonly recurrentDropout: number;
  readonly zoneout: { readonly h: number; readonly c: number };
  /** Whether the plain LSTM's kernel computes it, where no mask and no dropout comes with a call. */
  readonly plain: boolean;
}

/**
 * Names and shapes of the parameters that one level in one direction can have, nothing for those it has not: PyTorch's in its
 * order, and behind them others, as assembly/cells/plan.ts has them.
 */
export function parameterShapes(
  cell: Cell,
  inputSize: number,
): [name: string, shape: readonly number[] | false][] {
  const { hiddenSize: H, stateSize: R, gates, bias, own, learnInitial, hasCell } = cell;
  const rows = gates * H;
  const norm = own.layerNorm === 'cell' && [rows];
  return [
    ['weight_ih', [rows, inputSize]],
    ['weight_hh', [rows, R]],
    ['bias_ih', bias !== false && [rows]],
    ['bias_hh', bias === true && [rows]],
    ['weight_hr', own.projSize !== undefined && [R, H]],
    ['weight_peephole', own.peepholes === true && [3 * H]],
    ['weight_ln', own.layerNorm === 'gate' && [rows]],
    ['weight_ln_ih', norm],
    ['bias_ln_ih', norm],
    ['weight_ln_hh', norm],
    ['bias_ln_hh', norm],
    ['weight_ln_c', norm && [H]],
    ['bias_ln_c', norm && [H]],
    ['h0', learnInitial && [R]],
    ['c0', learnInitial && hasCell && [H]],
  ];
}

/** What checkRecurrent gives of the options that all cells have. */
type Given = Pick<
  Cell,
  'bias' | 'learnInitial' | 'clip' | 'inputDropout' | 'recurrentDropout' | 'zoneout'
> & { readonly bidirectional: boolean };

/** The cell that the options `given`, checked, and those of its own kind make. */
export function cellOf(
  kind: CellKind,
  hiddenSize: number,
  own: OwnOptions,
  given: Given,
  activations: unknown,
): Cell {
  const { clip, zoneout } = given;
  const { projSize, peepholes, coupled, cellClip, layerNorm } = own;
  const varied = projSize || peepholes || coupled || cellClip || layerNorm || clip || zoneout.h || zoneout.c;
  const nonlinearities = own.nonlinearities ?? kind.nonlinearities;
  return {
    ...kind,
    ...given,
    ...{ hiddenSize, stateSize: projSize ?? hiddenSize, own },
    activations: checkActivations(activations, kind.parts, nonlinearities, given.bidirectional ? 2 : 1),
    plain: kind.kind === 0 && !varied && activations === undefined,
  };
}
