/*
 * A recurrent stack over sequences, level by level and direction by direction: the layout of a pass, and its forward.
 */
import { Merge, mergeForward } from './merge';
import { lastOf, outputOf, Pass, patternAt, planAt, sourceOf, widthOf } from './pass';
import { CellKind, Plan } from '../cells/plan';
import { gatherSteps, scatterSteps, sortSequences } from './lengths';
import { dropout } from '../kernels/random';
import { allocateScratch, scratchBytes, startScratch } from '../memory/scratch';
import { copyRows } from '../kernels/rows';
import { needsGeneral } from '../cells/general';
import { allSteps, layOutPlan, runForward } from './run';
import { carryState } from '../cells/recurrent';

/** Begins a pass: makes its plans from their patterns, and chooses the kernel of each. `p` is the dropout between levels. */
export function openPass(pass: Pass, p: f64): void {
  pass.dropout = p;
  for (let n: i32 = 0; n < pass.runs; n++) {
    const plan = planAt(pass, n);
    memory.copy(changetype<usize>(plan), patternAt(pass, n), offsetof<Plan>());
    plan.T = pass.T;
    plan.B = pass.B;
    plan.kept = pass.kept;
    plan.training = pass.training;
    plan.traced = pass.traced;
    plan.general = needsGeneral(plan, pass.mask != 0);
  }
}

/** Allocates the arrays of an open pass from `base` on, and returns their bytes. */
export function layOut(pass: Pass, base: f64): f64 {
  startScratch(base);
  const rows = <f64>pass.T * pass.B;
  const runs = pass.runs;
  const first = planAt(pass, 0);
  let x = pass.x;
  let ids = pass.ids;
  pass.hN = allocateScratch(<f64>runs * pass.B, first.R);
  pass.cN = allocateScratch(<f64>runs * pass.B, first.H);
  const sorted = pass.lengths ? 1 : 0;
  pass.active = allocateScratch(pass.T, sorted);
  pass.sorted = allocateScratch(pass.B, sorted);
  pass.order = allocateScratch(pass.B, sorted);
  pass.sortedMask = allocateScratch(rows, pass.mask ? 1 : 0);
  if (pass.lengths) {
    if (ids) ids = allocateScratch(rows, 1);
    else x = allocateScratch(rows, first.I);
  }
  for (let n: i32 = 0; n < runs; n += pass.directions) {
    x = layOutLevel(pass, n, x, ids);
    ids = 0;
  }
  const width = widthOf(pass);
  if (pass.last) x = pass.directions > 1 ? allocateScratch(pass.B, width) : lastOf(pass, runs - 1);
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
  let dropX: usize = 0;
  if (n > 0 && pass.training && pass.dropout > 0) {
    dropX = allocateScratch(steps, stride);
    x = dropX;
  }
  // Concatenated outputs share their rows, [T + directions, B, width].
  const shared = concat ? allocateScratch(steps + D * B, stride) : 0;
  const output = concat ? (pass.reverse ? shared : shared + bytes) : allocateScratch(steps, stride);
  for (let d: i32 = 0; d < D; d++) {
    const plan = planAt(pass, n + d);
    plan.x = x;
    plan.ids = ids;
    plan.active = pass.active;
    plan.lengths = pass.sorted;
    plan.order = pass.order;
    plan.mask = pass.sortedMask;
    plan.reverse = d | pass.reverse;
    plan.levelX = d ? 0 : dropX;
    plan.output = output;
    plan.yStride = stride;
    plan.y = concat ? shared + <usize>d * (bytes + (<usize>R << 2)) : allocateScratch(steps + B, stride);
    if (plan.cell == CellKind.LSTM) plan.c = allocateScratch(plan.kept * steps + B, plan.H);
    layOutPlan(plan);
  }
  return output;
}

/** From the input to the output and the last states. */
export function forward(pass: Pass): void {
  const T = pass.T;
  const B = pass.B;
  const D = pass.directions;
  const R = planAt(pass, 0).R;
  const H = planAt(pass, 0).H;
  if (pass.lengths) gatherInput(pass);
  for (let n: i32 = 0; n < pass.runs; n++) {
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

/** Sorts the sequences by length, and copies the input in that order. */
function gatherInput(pass: Pass): void {
  const plan = planAt(pass, 0);
  sortSequences(pass);
  if (pass.mask) gatherSteps(pass, pass.sortedMask, pass.mask, 0, 4);
  const bytes = <usize>(pass.ids ? 1 : plan.I) << 2;
  gatherSteps(pass, plan.x | plan.ids, pass.x | pass.ids, pass.mask, bytes);
}

/** Writes the output in the original order, if it is not simply that of the last level. */
function writeOutput(pass: Pass): void {
  const last = pass.runs - 1;
  const plan = planAt(pass, last);
  const B = pass.B;
  const row = <usize>plan.R << 2;
  if (!pass.last) {
    const mask = pass.zeros ? pass.mask : 0;
    if (pass.lengths) scatterSteps(pass, pass.y, plan.output, mask, <usize>plan.yStride << 2);
  } else if (pass.merge != Merge.CONCAT) {
    mergeForward(pass.y, lastOf(pass, last - 1), lastOf(pass, last), B * plan.R, pass.merge);
  } else if (pass.directions > 1) {
    copyRows(pass.y, 2 * row, lastOf(pass, last - 1), row, B, row);
    copyRows(pass.y + row, 2 * row, lastOf(pass, last), row, B, row);
  }
}

/** One step of a stream; its new states become those that the next step reads. */
export function streamStep(pass: Pass): void {
  const first = planAt(pass, 0);
  first.x = pass.x;
  first.ids = pass.ids;
  for (let n: i32 = 0; n < pass.runs; n++) {
    allSteps(planAt(pass, n));
    carryState(planAt(pass, n));
  }
}
