import type { Nonlinearity } from './nonlinearities.js';

/** What differs between the recurrent cells. */
export interface CellKind {
  /** As assembly/general.ts counts them. */
  readonly kind: 0 | 1 | 2;
  /** Blocks of hiddenSize rows in a weight. */
  readonly gates: 1 | 3 | 4;
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

/** Names and shapes of the parameters of one level in one direction: PyTorch's in its order, and behind them what it has not. */
export function parameterShapes(cell: Cell, inputSize: number): [name: string, shape: number[]][] {
  const { hiddenSize: H, stateSize: R, gates, bias, own } = cell;
  const rows = gates * H;
  const shapes: [string, number[]][] = [
    ['weight_ih', [rows, inputSize]],
    ['weight_hh', [rows, R]],
  ];
  if (bias) shapes.push(['bias_ih', [rows]]);
  if (bias === true) shapes.push(['bias_hh', [rows]]);
  if (own.projSize) shapes.push(['weight_hr', [R, H]]);
  if (own.peepholes) shapes.push(['weight_peephole', [3 * H]]);
  if (own.layerNorm === 'gate') shapes.push(['weight_ln', [rows]]);
  if (own.layerNorm === 'cell') {
    for (const [part, size] of Object.entries({ ih: rows, hh: rows, c: H }))
      shapes.push([`weight_ln_${part}`, [size]], [`bias_ln_${part}`, [size]]);
  }
  if (cell.learnInitial) shapes.push(['h0', [R]]);
  if (cell.learnInitial && cell.hasCell) shapes.push(['c0', [H]]);
  return shapes;
}
