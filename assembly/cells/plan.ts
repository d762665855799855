/*
 * Everything that one level of a recurrent layer needs to run in one direction over one batch: sizes, options and the
 * addresses of its arrays, 0 for those that it does not have. Sequences are [T, B, ·], rows dense.
 */
import { ActivationKind } from '../kernels/activation';

export const enum CellKind {
  LSTM,
  GRU,
  RNN,
}

@unmanaged
export class Plan {
  // The level, written by the host (src/layers/level.ts). Fields that are read most come first, where offsets are short.
  cell: CellKind;
  I: i32;
  H: i32;
  /** Size of h: H, or less with a projection. */
  R: i32;
  /** Values kept for each unit and step: the gates, and what else is in their row or planes. */
  planes: i32;
  /** How many of them the input product computes. */
  gateCount: i32;
  coupled: i32;
  resetBefore: i32;
  /** 1 where the general kernel computes it, 0 for the plain LSTM's: openPass chooses. */
  general: i32;

  // The sequences, copied from the pass.
  /** x [T, B, I], or 0 where the input is ids. */
  x: usize;
  /** ids [T, B], each for a one-hot row of x; or 0. */
  ids: usize;
  T: i32;
  B: i32;
  /** 1 if every step is kept for backward. */
  kept: i32;
  training: i32;
  /** 1 if backward writes a trace, see trace.ts. */
  traced: i32;
  /** For sequences of different lengths, sorted by length, longest first: rows that each step computes [T]; lengths [B]; original rows [B]. */
  active: usize;
  lengths: usize;
  order: usize;
  /** [T, B] of i32, 0 for masked steps. */
  mask: usize;

  // Set by the stack.
  /** 1 if the steps run from the last to the first. */
  reverse: i32;
  /** y [T + 1, B, R]; y[0] is h0, so y[t] is what step t reads and y[t + 1] what it writes; in reverse, the other way round. */
  y: usize;
  /** Stride of the rows of y and dy, in values: more than R where both directions of a level share rows. */
  yStride: i32;
  /** c [T + 1, B, H] where steps are kept, as y, else one [B, H] that each step overwrites. */
  c: usize;
  // Backward. dy [T, B, R], dx [T, B, I], which accumulates; `gradientScratch` bytes.
  dy: usize;
  dx: usize;
  scratch: usize;

  // Set by run.ts.
  /** The input product of the next steps [chunk, B, columns]; in the general kernel pre-activations, planes [chunk, B, H]. */
  product: usize;
  /** Gates after their activation, 0 if nothing is kept: [T, B, 4H], or planes. Backward overwrites them with dgates. */
  gates: usize;
  /** Gradients that backward carries from step to step: dhN and dcN before, dh0 and dc0 after. */
  dh: usize;
  dc: usize;
  // What one step of the general kernel needs, [B, H] each: 1 − z, or a state blended by it; a gradient before splitCarried;
  // gradients of a gate, of ĉ, and of what later steps sent back to the cell. With layer norm a row of all gates [4H].
  blend: usize;
  unsplit: usize;
  dGate: usize;
  dNewCells: usize;
  dCarried: usize;
  normRow: usize;
  /** The mask of recurrent dropout [B, R], and h under it [T, B, R]. */
  dropped: usize;
  hidden: usize;
  /** How many steps the input product is computed ahead. */
  chunk: i32;
  /** The output activation of the cell, tanh(c) by default [T, B, H]. */
  squashed: usize;
  /** The mask of input dropout [B, I], x under it, and the gradient of that. */
  inputMask: usize;
  dropX: usize;
  dropDx: usize;
  /** The part of the old state that is kept [B, ·]; steps are `zoneoutHStep` and `zoneoutCStep` bytes apart, 0 if all share one. */
  zoneoutH: usize;
  zoneoutHStep: i32;
  zoneoutC: usize;
  zoneoutCStep: i32;
  // Kept of each step: ĉ, the cell before zoneout; what the output activation reads, where norm or clip change it; h before
  // its projection.
  newCells: usize;
  activationInput: usize;
  unprojected: usize;
  // Normalised values [T, B, 4H], of each gate in planes, and 1 / deviation [T, B, 4]; the planes of U h before their norm.
  normInput: usize;
  normHidden: usize;
  normCell: usize;
  scales: usize;
  sums: usize;
  /** The gradient of h before zoneout [T, B, R], or [B, R] without a projection. */
  dhat: usize;
  /** Gradients of one step: [B, H] behind a projection, [B, R] under recurrent dropout. */
  dUnprojected: usize;
  dDropped: usize;
  // The trace, [T, B, R] or [T, B, H] each; `held` is not 0 in a backward with the gates held constant. See trace.ts.
  traceH: usize;
  traceC: usize;
  along: usize;
  stays: usize;
  held: i32;
  /** h and h' with dense rows [B, R], if those of y are not. */
  oldState: usize;
  nextState: usize;
  // The whole level, in the plan of its first direction.
  /** x under the dropout between levels, 0 without, and the number of its mask's first draw. */
  levelX: usize;
  counter: f64;
  /** Its output [T, B, ·]. */
  output: usize;

  // The level again: options.
  clip: f32;
  cellClip: f32;
  epsilon: f32;
  inputDropout: f32;
  recurrentDropout: f32;
  zoneoutOfH: f32;
  zoneoutOfC: f32;
  // Activations: of the gates (of an RNN, its only one), of the candidate, and of the cell on its way to h.
  gateActivation: ActivationKind;
  gateAlpha: f32;
  gateBeta: f32;
  candidateActivation: ActivationKind;
  candidateAlpha: f32;
  candidateBeta: f32;
  outputActivation: ActivationKind;
  outputAlpha: f32;
  outputBeta: f32;
  // The parameters.
  inputWeight: usize;
  hiddenWeight: usize;
  inputBias: usize;
  hiddenBias: usize;
  projectionWeight: usize;
  peepholes: usize;
  gateGain: usize;
  inputGain: usize;
  inputShift: usize;
  hiddenGain: usize;
  hiddenShift: usize;
  cellGain: usize;
  cellShift: usize;
  h0: usize;
  c0: usize;
  // Their gradients, which accumulate; 0 for those that are not wanted.
  dInputWeight: usize;
  dHiddenWeight: usize;
  dInputBias: usize;
  dHiddenBias: usize;
  dProjection: usize;
  dPeepholes: usize;
  dGateGain: usize;
  dInputGain: usize;
  dInputShift: usize;
  dHiddenGain: usize;
  dHiddenShift: usize;
  dCellGain: usize;
  dCellShift: usize;
  dH0: usize;
  dC0: usize;
  // Packed by packs.ts: panels of the weights untransposed, for backward; panels of their transposes, and the sum of the biases.
  // With layer norm that sum, with the shifts, is in `normBias`.
  inputBackPanels: usize;
  hiddenBackPanels: usize;
  projectionBack: usize;
  inputPanels: usize;
  hiddenPanels: usize;
  bias: usize;
  projection: usize;
  normBias: usize;
}

/** The block of a state that step `t` reads; blocks are `size` bytes, and the first one holds the initial state. */
// @ts-ignore: decorator
@inline
export function before(plan: Plan, state: usize, t: i32, size: usize): usize {
  return state + <usize>(t + plan.reverse) * size;
}

/** The block that step `t` writes. */
// @ts-ignore: decorator
@inline
export function after(plan: Plan, state: usize, t: i32, size: usize): usize {
  return state + <usize>(t + 1 - plan.reverse) * size;
}

/** How many rows step `t` computes. */
// @ts-ignore: decorator
@inline
export function rowsAt(plan: Plan, t: i32): i32 {
  return plan.active ? load<i32>(plan.active + (<usize>t << 2)) : plan.B;
}

/** The end of the span of steps from `t` on, up to `end`, whose rows are contiguous. */
export function spanEnd(plan: Plan, t: i32, end: i32): i32 {
  if (!plan.active) return end;
  let next = t;
  while (next < end && rowsAt(plan, next) == plan.B) next++;
  return max(next, t + 1);
}

/** Rows of the steps from `t` up to `next`, in one span. */
export function spanRows(plan: Plan, t: i32, next: i32): i32 {
  return (next - t - 1) * plan.B + rowsAt(plan, next - 1);
}
