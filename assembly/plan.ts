/*
 * What one level of a recurrent layer computes over one sequence: sizes, and where everything lies. Written once by the host
 * (src/layers/plan.ts holds the same list), read by each call. Sequences are [T, B, ·], rows dense.
 */

@unmanaged
export class Plan {
  B: i32;
  I: i32;
  H: i32;
  /** 1 where the steps run from the last to the first. */
  reverse: i32;
  /** Values from one row of y, and of dy, to the next: more than H where both directions of a level share their rows. */
  yStride: i32;
  /** How many rows each step computes [T], the longest sequences first; 0 where all B run to the end. */
  active: usize;

  // The panels of the weights, and their biases folded into one.
  inputPanels: usize;
  hiddenPanels: usize;
  bias: usize;

  /** x [T, B, I], or 0 where the input is ids. */
  x: usize;
  /** ids [T, B], each for a row of x that is 0 but for a 1 at that place; or 0. */
  ids: usize;
  /** y [T + 1, B, R], R = H but for a projection; y[0] is h0, so y[t] is what step t reads and y[t + 1] what it writes; in reverse, the other way round. */
  y: usize;
  /** c [T + 1, B, H] when recording, as y, else one [B, H] that each step overwrites. */
  c: usize;
  /** gates [T, B, blocks of H] after their nonlinearity, 0 when nothing is recorded. Backward turns it into dgates. */
  gates: usize;
  /** tanh(c) [T, B, H], only when recording; of the general cell always, [B, H] when not. */
  squashed: usize;
  /** The input product of the steps of one call: [t1 - t0, B, columns]. The general cell keeps pre-activations there. */
  product: usize;

  // Backward. dy [T, B, R] or 0; dh [B, R] and dc [B, H]: in dhN dcN, out dh0 dc0; dx [T, B, I] or 0.
  dy: usize;
  dh: usize;
  dc: usize;
  dx: usize;
  /** The panels of the weights as they stand, for the products with dgates. */
  inputBackPanels: usize;
  hiddenBackPanels: usize;
  // Gradients of the parameters, which accumulate; 0 where one is not wanted.
  dInputWeight: usize;
  dHiddenWeight: usize;
  dInputBias: usize;
  dHiddenBias: usize;
  /** `gradientScratch` bytes. */
  scratch: usize;

  /** What the general cell needs beside, 0 for the plain LSTM. */
  general: usize;
}

/** The general cell's part of a plan. What is 0 is not there. */
@unmanaged
export class General {
  clip: f32;
  cellClip: f32;
  epsilon: f32;
  gateAlpha: f32;
  gateBeta: f32;
  candidateAlpha: f32;
  candidateBeta: f32;
  cellAlpha: f32;
  cellBeta: f32;

  /** Which cell, as general.ts counts them. */
  cell: i32;
  /** Values of h, which a projection makes fewer than H. */
  R: i32;
  /** Values of a row of pre-activations, and how many of them the input product gives. */
  width: i32;
  columns: i32;
  /** 1 where every step keeps its own values, 0 where all share those of one. */
  kept: i32;
  coupled: i32;
  resetBefore: i32;
  // Nonlinearities, as activation.ts counts them.
  gate: i32;
  candidate: i32;
  squash: i32;

  /** [T, B] of i32, 0 where a step is masked. */
  mask: usize;
  /** The mask of recurrent dropout [B, R], and what becomes of h under it, [T, B, R]. */
  dropped: usize;
  hidden: usize;
  /** The part of the old state that stays, rows `zoneoutHRow` and `zoneoutCRow` bytes apart: 0 where all share one. */
  zoneoutH: usize;
  zoneoutHRow: i32;
  zoneoutC: usize;
  zoneoutCRow: i32;

  peepholes: usize;
  projection: usize;
  /** All that is added behind a layer norm: biases and shifts. */
  normBias: usize;
  inputGain: usize;
  hiddenGain: usize;
  cellGain: usize;
  cellShift: usize;
  gateGain: usize;

  // Kept of each step: [B, H] before zoneout, what the cell's nonlinearity reads, and h before its projection.
  candidates: usize;
  inner: usize;
  opened: usize;
  // Normalised values, and 1 / deviation [B, 4]: of the products (or the gates), and of the cell.
  normInput: usize;
  normHidden: usize;
  normCell: usize;
  scales: usize;

  // Backward. dhat is the gradient of h before zoneout [T, B, R], or [B, R] without a projection.
  dhat: usize;
  projectionBack: usize;
  dPeepholes: usize;
  dProjection: usize;
  dInputGain: usize;
  dInputShift: usize;
  dHiddenGain: usize;
  dHiddenShift: usize;
  dCellGain: usize;
  dCellShift: usize;
  dGateGain: usize;
  /** Gradients of one step: [B, H] behind an inner product, [B, R] under recurrent dropout; five rows of H. */
  dInner: usize;
  dDropped: usize;
  rows: usize;
}

/** What step `t` reads of a state whose blocks are `size` bytes, first of all the initial one. */
// @ts-ignore: decorator
@inline
export function before(plan: Plan, state: usize, t: i32, size: usize): usize {
  return state + <usize>(t + plan.reverse) * size;
}

/** What it writes. */
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

/** From step `t` on, up to `end`: where those end whose rows lie together. */
export function spanEnd(plan: Plan, t: i32, end: i32): i32 {
  if (!plan.active) return end;
  let next = t;
  while (next < end && rowsAt(plan, next) == plan.B) next++;
  return max(next, t + 1);
}

/** Rows of the steps `t` up to `next` of one span. */
export function spanRows(plan: Plan, t: i32, next: i32): i32 {
  return (next - t - 1) * plan.B + rowsAt(plan, next - 1);
}
