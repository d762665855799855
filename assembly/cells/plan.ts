/*
 * Everything that one level of a recurrent layer needs to run in one direction over one batch: sizes, options and the
 * addresses of its arrays, 0 for those that it does not have. Sequences are [T, B, ·] with dense rows.
 */
import { ActivationKind } from '../kernels/activation';

export const enum CellKind {
  LSTM,
  GRU,
  RNN,
}

@unmanaged
export class Plan {
  // The level, written by the host (src/layers/level.ts). The fields read most come first, where offsets encode in one byte.
  cell: CellKind;
  I: i32;
  H: i32;
  /** Size of h: H, or less with a projection. */
  R: i32;
  /** Values recorded for each unit and step: the gates, and m or q of a GRU. */
  planes: i32;
  /** How many of them are gates, which the input product computes. */
  gateCount: i32;
  coupled: i32;
  resetBefore: i32;
  /** 1 for the general kernel, 0 for the plain LSTM's; beginPass chooses. */
  general: i32;

  // The sequences, copied from the pass.
  /** x [T, B, I], or 0 where the input is ids. */
  x: usize;
  /** ids [T, B], each standing for a one-hot row of x; or 0. */
  ids: usize;
  T: i32;
  B: i32;
  /** 1 if every step is recorded for backward. */
  recorded: i32;
  training: i32;
  /** 1 if backward writes a trace (trace.ts). */
  traced: i32;
  /** For sequences of different lengths, longest first: rows that each step computes [T], lengths [B], original rows [B]. */
  active: usize;
  lengths: usize;
  order: usize;
  /** [T, B] of i32, 0 at masked steps. */
  mask: usize;

  // Set by the stack.
  /** 1 if the steps run from the last to the first. */
  reverse: i32;
  /** y [T + 1, B, R]: step t reads y[t] and writes y[t + 1], so y[0] is h0; in reverse, the other way round. */
  y: usize;
  /** Stride of the rows of y and dy, in values: more than R where both directions of a level share rows. */
  yStride: i32;
  /** c [T + 1, B, H], like y, if steps are recorded, else [B, H] that each step overwrites. */
  c: usize;
  // Backward. dy [T, B, R], dx [T, B, I], which accumulates; `gradientScratch` bytes.
  dy: usize;
  dx: usize;
  scratch: usize;

  // Set by run.ts.
  /** The input product of the next steps [chunk, B, columns]; in the general kernel the pre-activations, in planes [chunk, B, H]. */
  product: usize;
  /** Activated gates [T, B, 4H], or planes [T, B, H]; 0 if nothing is recorded. Backward overwrites them with dgates. */
  gates: usize;
  /** Gradients that backward carries from step to step: dhN and dcN before, dh0 and dc0 after. */
  dh: usize;
  dc: usize;
  // Scratch for one step of the general kernel, [B, H] each: 1 − z or a state blended by it; a gradient before splitCarried;
  // the gradients of a gate, of ĉ, and of c from later steps. For layer norm a row of all gates [4H].
  blend: usize;
  dBeforeSplit: usize;
  dGate: usize;
  dNewCells: usize;
  dCarried: usize;
  normRow: usize;
  /** The mask of recurrent dropout [B, R], and h with it applied [T, B, R]. */
  recurrentMask: usize;
  droppedH: usize;
  /** How many steps the input product is computed ahead. */
  chunk: i32;
  /** The activated cell [T, B, H], tanh(c) by default. */
  squashed: usize;
  /** The mask of input dropout [B, I], x with it applied, and the gradient of that [T, B, I]. */
  inputMask: usize;
  droppedX: usize;
  dDroppedX: usize;
  /** Zoneout's mask, 1 where a value keeps its old state, or the probability [B, ·]; the masks of steps are `…Step` bytes apart. */
  zoneoutMaskH: usize;
  zoneoutMaskHStep: i32;
  zoneoutMaskC: usize;
  zoneoutMaskCStep: i32;
  // Recorded for each step: ĉ, the cell before zoneout; the input of the output activation, if norm or clip change it; h before
  // its projection.
  newCells: usize;
  activationInput: usize;
  unprojected: usize;
  // Normalized values [T, B, 4H], of each gate in planes, and 1 / deviation [T, B, 4]; planes of U h before its norm.
  normInput: usize;
  normHidden: usize;
  normCell: usize;
  scales: usize;
  sums: usize;
  /** The gradient of h before zoneout [T, B, R], or [B, R] without a projection. */
  dhat: usize;
  /** Gradients of one step: of h before its projection [B, H], of h with recurrent dropout applied [B, R]. */
  dUnprojected: usize;
  dDroppedH: usize;
  // The trace, [T, B, R] or [T, B, H] each; `held` is not 0 in a backward with the gates held constant. See trace.ts.
  traceH: usize;
  traceC: usize;
  alongCell: usize;
  retention: usize;
  constantGates: i32;
  /** h and h' with dense rows [B, R], if the rows of y are not dense. */
  denseH: usize;
  denseNextH: usize;
  // Of the whole level, in the plan of its first direction.
  /** x with the dropout between levels applied, 0 without, and the counter of its mask. */
  levelX: usize;
  counter: f64;
  /** The level's output [T, B, ·]. */
  output: usize;

  // The level's options.
  clip: f32;
  cellClip: f32;
  epsilon: f32;
  inputDropout: f32;
  recurrentDropout: f32;
  zoneoutH: f32;
  zoneoutC: f32;
  // Activations of the gates (of an RNN, its only one), of the candidate, and of the cell in h = o∘ψ(c).
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
  // Their gradients, which accumulate; 0 for parameters that need none.
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
  // Packed by packs.ts: panels of the untransposed weights, for backward; panels of their transposes; the sum of the biases. With
  // layer norm that sum includes the shifts and is in `normBias`.
  inputBackPanels: usize;
  hiddenBackPanels: usize;
  projectionBackPanels: usize;
  inputPanels: usize;
  hiddenPanels: usize;
  bias: usize;
  projectionPanels: usize;
  normBias: usize;
}

/** The address of the state that step `t` reads; a state of all rows is `size` bytes. */
// @ts-ignore: decorator
@inline
export function before(plan: Plan, state: usize, t: i32, size: usize): usize {
  return state + <usize>(t + plan.reverse) * size;
}

/** The address of the state that step `t` writes. */
// @ts-ignore: decorator
@inline
export function after(plan: Plan, state: usize, t: i32, size: usize): usize {
  return state + <usize>(t + 1 - plan.reverse) * size;
}

/** The number of rows that step `t` computes. */
// @ts-ignore: decorator
@inline
export function rowsAt(plan: Plan, t: i32): i32 {
  return plan.active ? load<i32>(plan.active + (<usize>t << 2)) : plan.B;
}

/** The end of the longest span of steps from `t` on, up to `end`, whose rows are contiguous. */
export function spanEnd(plan: Plan, t: i32, end: i32): i32 {
  if (!plan.active) return end;
  let next = t;
  while (next < end && rowsAt(plan, next) == plan.B) next++;
  return max(next, t + 1);
}

/** The number of rows of the span of steps from `t` up to `next`. */
export function spanRows(plan: Plan, t: i32, next: i32): i32 {
  return (next - t - 1) * plan.B + rowsAt(plan, next - 1);
}
