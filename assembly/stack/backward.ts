/* The backward pass of a recurrent stack, from the top level down. */
import { biasGradient, gradientScratch } from '../layers/linear';
import { Merge, mergeBackward } from './merge';
import { finalStates, outputOf, Pass, planAt, sourceOf, outputWidth } from './pass';
import { gatherSteps, scatterSteps } from './lengths';
import { dropout } from '../kernels/random';
import { allocateScratch, scratchBytes, startScratch } from '../memory/scratch';
import { runBackward } from './run';
import { layOutTrace } from '../cells/trace';
import { addTo } from '../kernels/rows';

/** Allocates the arrays that only backward needs from `base` on, and returns their size in bytes. */
export function layOutBackward(pass: Pass, wantInput: bool, base: f64): f64 {
  startScratch(base);
  const rows = <f64>pass.T * pass.B;
  let dx: usize = 0;
  let scratch: usize = 0;
  for (let n: i32 = 0; n < pass.planCount; n++) {
    const plan = planAt(pass, n);
    if (n % pass.directions == 0) {
      dx = allocateScratch(n > 0 || wantInput ? rows : 0, plan.I);
      scratch = allocateScratch(gradientScratch(plan.planes * plan.H, max(plan.I, plan.H)) / 4, 1);
    }
    plan.dx = dx;
    plan.scratch = scratch;
    plan.dy = allocateScratch(pass.merge > Merge.SUM ? rows : 0, plan.R);
    if (plan.traced) layOutTrace(plan);
  }
  const ragged = pass.lengths ? rows : 0;
  pass.dy = allocateScratch(pass.lastOnly ? 0 : ragged, outputWidth(pass));
  pass.dInput = allocateScratch(wantInput ? ragged : 0, planAt(pass, 0).I);
  return scratchBytes();
}

/**
 * Takes the gradients of the output (0 for zeros) and, at `dh` and `dc`, of the final states. Returns the gradient of the input
 * and writes those of the initial states to `dh` and `dc`.
 */
export function stackBackward(pass: Pass, dOutput: usize, dh: usize, dc: usize): usize {
  const D = pass.directions;
  let dy = gatherGradient(pass, dOutput, dh);
  for (let n = pass.planCount - D; n >= 0; n -= D) {
    const first = planAt(pass, n);
    const dx = first.dx;
    const count = pass.T * pass.B * first.I;
    if (dx) memory.fill(dx, 0, <usize>count << 2);
    for (let d: i32 = 0; d < D; d++) {
      planAt(pass, n + d).dy = directionGradient(pass, n, d, dy, outputOf(planAt(pass, n + D - 1 - d)), pass.T);
    }
    for (let d: i32 = 0; d < D; d++) directionBackward(pass, n + d, dh, dc);
    if (first.levelX) {
      const scale = <f32>(1 / (1 - pass.dropout));
      dropout(dx, dx, count, pass.dropout, scale, first.counter, sourceOf(pass));
    }
    dy = dx;
  }
  if (!pass.dInput) return dy;
  const bytes = <usize>planAt(pass, 0).I << 2;
  scatterSteps(pass, pass.dInput, dy, pass.mask, bytes);
  return pass.dInput;
}

/** The gradient of the last level's output, with rows sorted by length. */
function gatherGradient(pass: Pass, dy: usize, dh: usize): usize {
  if (!dy || (!pass.lastOnly && !pass.lengths)) return dy;
  if (pass.lastOnly) {
    addToFinal(pass, dy, dh);
    return 0;
  }
  gatherSteps(pass, pass.dy, dy, pass.zeroMasked ? pass.mask : 0, <usize>outputWidth(pass) << 2);
  return pass.dy;
}

/** If the output is only the last step, it consists of the final states, so its gradient is added to theirs. */
function addToFinal(pass: Pass, dy: usize, dh: usize): void {
  const D = pass.directions;
  const top = pass.planCount - D;
  const R = planAt(pass, 0).R;
  for (let d: i32 = 0; d < D; d++) {
    let from = directionGradient(pass, top, d, dy, finalStates(pass, top + D - 1 - d), 1);
    for (let b: i32 = 0; b < pass.B; b++) {
      addTo(dh + (<usize>(((top + d) * pass.B + b) * R) << 2), from, R);
      from += <usize>outputWidth(pass) << 2;
    }
  }
}

/** The gradient of one direction over `steps` steps, from that of the merged output; `other` is the other direction's output. */
function directionGradient(pass: Pass, n: i32, d: i32, dy: usize, other: usize, steps: i32): usize {
  const plan = planAt(pass, n + d);
  if (!dy || pass.merge == Merge.SUM) return dy;
  if (pass.merge == Merge.CONCAT) return dy + (<usize>(d * plan.R) << 2);
  mergeBackward(plan.dy, dy, other, steps * pass.B * plan.R, pass.merge);
  return plan.dy;
}

/** One direction of a level. The gradients of learned initial states are summed over all rows. */
function directionBackward(pass: Pass, n: i32, dh: usize, dc: usize): void {
  const plan = planAt(pass, n);
  const B = pass.B;
  dh += <usize>(n * B * plan.R) << 2;
  dc += <usize>(n * B * plan.H) << 2;
  runBackward(plan, dh, dc);
  if (plan.dH0 && !pass.h0) biasGradient(plan.dH0, 0, dh, B, plan.R);
  if (plan.dC0 && !pass.c0) biasGradient(plan.dC0, 0, dc, B, plan.H);
}
