/* One forward pass of a recurrent stack, and its backward: inputs and the addresses of its arrays. */
import { Plan } from '../cells/plan';
import { Merge } from './merge';
import { Source } from '../kernels/random';

/** In memory, the plans of all levels and directions follow it. */
@unmanaged
export class Pass {
  // Written by the host (src/layers/stack.ts).
  /** The plans that its own are copied from. */
  templates: usize;
  /** One for each level and direction. */
  planCount: i32;
  directions: i32;
  /** 1 if the only direction runs from the last step to the first. */
  reverse: i32;
  merge: Merge;
  /** 1 if the output is only the last step. */
  lastOnly: i32;
  /** 1 if the output is zero at masked steps. */
  zeroMasked: i32;
  /** Lengths [B] if sequences differ in length or steps are masked, else 0; the mask [T, B] of i32 or 0. */
  lengths: usize;
  mask: usize;
  /** States before the first step [runs, B, ·], 0 if they are zeros or learned. */
  h0: usize;
  c0: usize;
  // Copied to the plans.
  x: usize;
  ids: usize;
  T: i32;
  B: i32;
  recorded: i32;
  training: i32;
  traced: i32;

  // Set by layOutForward; the first four are copied to the plans.
  active: usize;
  sortedLengths: usize;
  order: usize;
  sortedMask: usize;
  /** The output, and the states after the last step. */
  y: usize;
  hN: usize;
  cN: usize;
  /** The gradient of the output with rows sorted by length, and that of x in the original order. */
  dy: usize;
  dInput: usize;
  /** The probability of dropout between levels, and its random source. */
  dropout: f64;
  seedLow: u32;
  seedHigh: u32;
  streamLow: u32;
  streamHigh: u32;
}

// @ts-ignore: decorator
@inline
export function planAt(pass: Pass, n: i32): Plan {
  return changetype<Plan>(changetype<usize>(pass) + offsetof<Pass>() + <usize>n * offsetof<Plan>());
}

/** The plan that plan `n` is copied from. */
// @ts-ignore: decorator
@inline
export function templateAt(pass: Pass, n: i32): usize {
  return pass.templates + <usize>n * offsetof<Plan>();
}

/** The random source of the masks. */
// @ts-ignore: decorator
@inline
export function sourceOf(pass: Pass): Source {
  return changetype<Source>(changetype<usize>(pass) + offsetof<Pass>('seedLow'));
}

/** Values in one row of the output. */
// @ts-ignore: decorator
@inline
export function outputWidth(pass: Pass): i32 {
  return planAt(pass, 0).yStride;
}

/** The output of a direction: y without the initial state. */
export function outputOf(plan: Plan): usize {
  return plan.reverse ? plan.y : plan.y + (<usize>(plan.B * plan.yStride) << 2);
}

/** The final states h of a level and direction. */
export function finalStates(pass: Pass, n: i32): usize {
  return pass.hN + (<usize>(n * pass.B * planAt(pass, 0).R) << 2);
}
