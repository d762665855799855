/*
 * What one recurrent layer computes over one sequence: sizes, and where everything lies. Written once by the host
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
  /** The plain RNN's, as activation.ts counts them. */
  nonlinearity: i32;

  // The panels of the weights, and their biases folded into one.
  inputPanels: usize;
  hiddenPanels: usize;
  bias: usize;

  /** x [T, B, I], or 0 where the input is ids. */
  x: usize;
  /** ids [T, B], each for a row of x that is 0 but for a 1 at that place; or 0. */
  ids: usize;
  /** y [T + 1, B, H]; y[0] is h0, so y[t] is what step t reads and y[t + 1] what it writes; in reverse, the other way round. */
  y: usize;
  /** c [T + 1, B, H] when recording, as y, else one [B, H] that each step overwrites. */
  c: usize;
  /** gates i f g o [T, B, 4H] after their nonlinearity, 0 when nothing is recorded. Backward turns it into dgates. */
  gates: usize;
  /** tanh(c) [T, B, H], only when recording. */
  squashed: usize;
  /** Scratch for the input product of the steps of one call: [t1 - t0, B, panel columns]. */
  product: usize;

  // Backward. dy [T, B, H] or 0; dh dc [B, H]: in dhN dcN, out dh0 dc0; dx [T, B, I] or 0.
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
