/* What a recurrent stack is told of one forward, and where its parts lie: a plan for each level and direction behind it. */
import { Plan } from '../cells/plan';
import { Merge } from './merge';
import { Source } from '../kernels/random';

@unmanaged
export class Pass {
  // The host writes these, in this order (src/layers/stack.ts).
  /** What the plans begin with, one for each level and direction. */
  patterns: usize;
  /** How many there are. */
  runs: i32;
  directions: i32;
  /** 1 where its only direction runs from the last step to the first. */
  reverse: i32;
  merge: Merge;
  /** 1 where the output is the last step alone. */
  last: i32;
  /** 1 where the output is zero at masked steps. */
  zeros: i32;
  /** Lengths [B] where sequences end apart or steps are masked, else 0; the mask [T, B] of i32 or 0. */
  lengths: usize;
  mask: usize;
  /** States before the first step [runs, B, ·], 0 where they are zeros or learned. */
  h0: usize;
  c0: usize;
  // The same as in its plans.
  x: usize;
  ids: usize;
  T: i32;
  B: i32;
  kept: i32;
  training: i32;
  traced: i32;

  // Behind these stack.ts says where they lie, the first four for the plans.
  active: usize;
  sorted: usize;
  order: usize;
  sortedMask: usize;
  /** The output, and the states after the last step. */
  y: usize;
  hN: usize;
  cN: usize;
  /** Gradients in the order inside, and that of x outside. */
  dy: usize;
  dInput: usize;
  /** Of the dropout between levels. */
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

/** Where its pattern lies. */
// @ts-ignore: decorator
@inline
export function patternAt(pass: Pass, n: i32): usize {
  return pass.patterns + <usize>n * offsetof<Plan>();
}

/** What drew the masks. */
// @ts-ignore: decorator
@inline
export function sourceOf(pass: Pass): Source {
  return changetype<Source>(changetype<usize>(pass) + offsetof<Pass>('seedLow'));
}

/** Values of the output, for each row. */
// @ts-ignore: decorator
@inline
export function widthOf(pass: Pass): i32 {
  return planAt(pass, 0).yStride;
}

/** What a direction gave, its first row behind the state that it began with. */
export function outputOf(plan: Plan): usize {
  return plan.reverse ? plan.y : plan.y + (<usize>(plan.B * plan.yStride) << 2);
}

/** Where the last state h of a level and direction lies. */
export function lastOf(pass: Pass, n: i32): usize {
  return pass.hN + (<usize>(n * pass.B * planAt(pass, 0).R) << 2);
}
