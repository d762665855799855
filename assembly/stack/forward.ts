/*
 * The forward pass of a recurrent stack, level by level and direction by direction, and the layout of its arrays.
 */
import { Merge, mergeForward } from './merge';
import { finalStates, outputOf, Pass, templateAt, planAt, sourceOf, outputWidth } from './pass';
import { CellKind, Plan } from '../cells/plan';
import { gatherSteps, scatterSteps, sortSequences } from './lengths';
import { dropout } from '../kernels/random';
import { allocateScratch, scratchBytes, startScratch } from '../memory/scratch';
import { copyRows } from '../kernels/rows';
import { needsGeneral } from '../cells/general';
import { runSteps, layOutPlan, runForward } from './run';
import { carryState } from '../cells/recurrent';

/** Begins a pass: copies its plans from their templates and chooses the kernel of each. `p` is the dropout between levels. */
export function beginPass(pass: Pass, p: f64): void {
  pass.dropout = p;
  for (let n: i32 = 0; n < pass.planCount; n++) {
    const plan = planAt(pass, n);
    memory.copy(changetype<usize>(plan), templateAt(pass, n), offsetof<Plan>());
    plan.T = pass.T;
    plan.B = pass.B;
    plan.recorded = pass.recorded;
    plan.training = pass.training;
    plan.traced = pass.traced;
    plan.general = needsGeneral(plan, pass.mask != 0);
  }
}

/** Allocates the arrays of a pass that has begun from `base` on, and returns their size in bytes. */
export function layOutForward(pass: Pass, base: f64): f64 {
  startScratch(base);
  const rows = <f64>pass.T * pass.B;
  const runs = pass.planCount;
  const first = planAt(pass, 0);
  let x = pass.x;
  let ids = pass.ids;
  pass.hN = allocateScratch(<f64>runs * pass.B, first.R);
  pass.cN = allocateScratch(<f64>runs * pass.B, first.H);
  const ragged = pass.lengths ? 1 : 0;
  pass.active = allocateScratch(pass.T, ragged);
  pass.sortedLengths = allocateScratch(pass.B, ragged);
  pass.order = allocateScratch(pass.B, ragged);
  pass.sortedMask = allocateScratch(rows, pass.mask ? 1 : 0);
  if (pass.lengths) {
    if (ids) ids = allocateScratch(rows, 1);
    else x = allocateScratch(rows, first.I);
  }
  for (let n: i32 = 0; n < runs; n += pass.directions) {
    x = layOutLevel(pass, n, x, ids);
    ids = 0;
  }
  const width = outputWidth(pass);
  if (pass.lastOnly) x = pass.directions > 1 ? allocateScratch(pass.B, width) : finalStates(pass, runs - 1);
  else if (pass.lengths) x = allocateScratch(rows, width);
  pass.y = x;
  return scratchBytes();
}

/** The directions of one level, from plan `n` on; returns the address of its output. */
function layOutLevel(pass: Pass, n: i32, x: usize, ids: usize): usize {
  const B = <f64>pass.B;
  const steps = pass.T * B;
  const D = pass.directions;
  const R = planAt(pass, 0).R;
  const concat = pass.merge == Merge.CONCAT;
  const stride = concat ? D * R : R;
  const bytes = <usize>(pass.B * stride) << 2;
  let levelX: usize = 0;
  if (n > 0 && pass.training && pass.dropout > 0) {
    levelX = allocateScratch(steps, stride);
    x = levelX;
  }
  // Concatenated outputs share their rows, [T + directions, B, width].
  const shared = concat ? allocateScratch(steps + D * B, stride) : 0;
  const output = concat ? (pass.reverse ? shared : shared + bytes) : allocateScratch(steps, stride);
  for (let d: i32 = 0; d < D; d++) {
    const plan = planAt(pass, n + d);
    plan.x = x;
    plan.ids = ids;
    plan.active = pass.active;
    plan.lengths = pass.sortedLengths;
    plan.order = pass.order;
    plan.mask = pass.sortedMask;
    plan.reverse = d | pass.reverse;
    plan.levelX = d ? 0 : levelX;
    plan.output = output;
    plan.yStride = stride;
    plan.y = concat ? shared + <usize>d * (bytes + (<usize>R << 2)) : allocateScratch(steps + B, stride);
    if (plan.cell == CellKind.LSTM) plan.c = allocateScratch(plan.recorded * steps + B, plan.H);
    layOutPlan(plan);
  }
  return output;
}

/** Computes the output and the final states. */
export function stackForward(pass: Pass): void {
  const T = pass.T;
  const B = pass.B;
  const D = pass.directions;
  const R = planAt(pass, 0).R;
  const H = planAt(pass, 0).H;
  if (pass.lengths) gatherInput(pass);
  for (let n: i32 = 0; n < pass.planCount; n++) {
    const plan = planAt(pass, n);
    if (plan.levelX) {
      const scale = <f32>(1 / (1 - pass.dropout));
      const x = planAt(pass, n - D).output;
      dropout(plan.levelX, x, T * B * plan.I, pass.dropout, scale, plan.counter, sourceOf(pass));
    }
    const c = <usize>(n * B * H) << 2;
    const h = <usize>(n * B * R) << 2;
    const h0 = pass.h0 ? pass.h0 + h : plan.h0;
    const c0 = pass.c0 ? pass.c0 + c : plan.c0;
    runForward(plan, h0, pass.h0 ? R << 2 : 0, c0, pass.c0 ? H << 2 : 0, pass.hN + h, pass.cN + c);
    if (pass.merge != Merge.CONCAT && n & 1) {
      mergeForward(plan.output, outputOf(planAt(pass, n - 1)), outputOf(plan), T * B * R, pass.merge);
    }
  }
  writeOutput(pass);
}

/** Sorts the sequences by length and copies the input in that order. */
function gatherInput(pass: Pass): void {
  const plan = planAt(pass, 0);
  sortSequences(pass);
  if (pass.mask) gatherSteps(pass, pass.sortedMask, pass.mask, 0, 4);
  const bytes = <usize>(pass.ids ? 1 : plan.I) << 2;
  gatherSteps(pass, plan.x | plan.ids, pass.x | pass.ids, pass.mask, bytes);
}

/** Writes the output in the original order, unless it is the last level's output as it is. */
function writeOutput(pass: Pass): void {
  const last = pass.planCount - 1;
  const plan = planAt(pass, last);
  const B = pass.B;
  const row = <usize>plan.R << 2;
  if (!pass.lastOnly) {
    const mask = pass.zeroMasked ? pass.mask : 0;
    if (pass.lengths) scatterSteps(pass, pass.y, plan.output, mask, <usize>plan.yStride << 2);
  } else if (pass.merge != Merge.CONCAT) {
    mergeForward(pass.y, finalStates(pass, last - 1), finalStates(pass, last), B * plan.R, pass.merge);
  } else if (pass.directions > 1) {
    copyRows(pass.y, 2 * row, finalStates(pass, last - 1), row, B, row);
    copyRows(pass.y + row, 2 * row, finalStates(pass, last), row, B, row);
  }
}

/** One step of a stream, whose new states become the old states of the next step. */
export function stackStep(pass: Pass): void {
  const first = planAt(pass, 0);
  first.x = pass.x;
  first.ids = pass.ids;
  for (let n: i32 = 0; n < pass.planCount; n++) {
    runSteps(planAt(pass, n));
    carryState(planAt(pass, n));
  }
}
