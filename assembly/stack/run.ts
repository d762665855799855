/*
 * One level in one direction over whole sequences: the layout of its arrays, all its steps, and its states, which are copied
 * to where each sequence begins and from where it ends.
 */
import { generalBackward, generalForward } from '../cells/general';
import { lstmBackward, lstmForward } from '../cells/lstm';
import { CellKind, Plan } from '../cells/plan';
import { ALONG_CELL, RETENTION } from '../cells/trace';
import { allocateScratch } from '../memory/scratch';
import { addProduct, multiply } from '../kernels/rows';

/** Values of the input product that are computed ahead of the steps: as many as fit the second-level cache. */
const PRODUCT_VALUES: f64 = 65536;

/** Allocates the arrays that layOutLevel does not. */
export function layOutPlan(plan: Plan): void {
  const B = <f64>plan.B;
  const steps = plan.T * B;
  const kept = plan.recorded ? steps : 0;
  const columns = plan.general ? plan.planes * plan.H : ((plan.H + 3) >> 2) << 4;
  // In doubles: sizes are not checked yet.
  const ahead = min<f64>(plan.T, max<f64>(1, PRODUCT_VALUES / (B * columns)));
  plan.chunk = plan.general && plan.recorded ? plan.T : <i32>ahead;
  plan.product = allocateScratch(plan.chunk * B, columns);
  plan.gates = allocateScratch(kept, plan.planes * plan.H);
  if (plan.cell == CellKind.LSTM) plan.squashed = allocateScratch(kept || plan.general * B, plan.H);
  if (plan.training && plan.inputDropout > 0) {
    plan.inputMask = allocateScratch(B, plan.I);
    plan.droppedX = allocateScratch(steps, plan.I);
    plan.dDroppedX = allocateScratch(kept, plan.I);
  }
  plan.dh = allocateScratch(plan.recorded * B, plan.R);
  plan.dc = allocateScratch(plan.recorded * B, plan.H);
  if (plan.general) layOutGeneral(plan, kept || B);
}

/** The arrays that only the general kernel has, for `rows` rows. */
function layOutGeneral(plan: Plan, rows: f64): void {
  const B = <f64>plan.B;
  const R = plan.R;
  plan.blend = allocateScratch(B, plan.H);
  plan.dGate = allocateScratch(B, plan.H);
  plan.dBeforeSplit = allocateScratch(plan.mask ? B : 0, plan.H);
  if (plan.yStride != R) {
    plan.denseH = allocateScratch(B, R);
    plan.denseNextH = allocateScratch(B, R);
  }
  plan.dhat = allocateScratch(plan.projectionPanels ? rows : B, R);
  if (plan.training && plan.recurrentDropout > 0) {
    plan.recurrentMask = allocateScratch(B, R);
    plan.droppedH = allocateScratch(rows, R);
    plan.dDroppedH = allocateScratch(B, R);
  }
  plan.zoneoutMaskHStep = plan.training * plan.B * (R << 2);
  plan.zoneoutMaskCStep = plan.training * plan.B * (plan.H << 2);
  const drawn = plan.training ? plan.T * B : B;
  plan.zoneoutMaskH = allocateScratch(plan.zoneoutH > 0 ? drawn : 0, R);
  plan.zoneoutMaskC = allocateScratch(plan.zoneoutC > 0 ? drawn : 0, plan.H);
  if (plan.cell == CellKind.LSTM) layOutLSTM(plan, rows);
}

function layOutLSTM(plan: Plan, rows: f64): void {
  const H = plan.H;
  plan.dNewCells = allocateScratch(plan.B, H);
  plan.dCarried = allocateScratch(plan.B, H);
  plan.newCells = allocateScratch(plan.zoneoutMaskC || plan.mask ? rows : 0, H);
  plan.activationInput = allocateScratch(plan.clip > 0 || plan.cellGain ? rows : 0, H);
  if (plan.projectionPanels) {
    plan.unprojected = allocateScratch(rows, H);
    plan.dUnprojected = allocateScratch(plan.B, H);
  }
  if (!plan.inputGain && !plan.gateGain) return;
  plan.normRow = allocateScratch(4, H);
  const products = <f64>plan.chunk * plan.B;
  plan.scales = allocateScratch(rows, 4);
  plan.normHidden = allocateScratch(max(rows, products), 4 * H);
  if (!plan.cellGain) return;
  plan.normInput = allocateScratch(rows, 4 * H);
  plan.normCell = allocateScratch(rows, H);
  plan.sums = allocateScratch(products, 4 * H);
}

/**
 * Forward from h0 and c0 (0 for zeros), with rows `hStep` and `cStep` bytes apart (0 if all rows share one). Writes the final
 * states to hN and cN.
 */
export function runForward(
  plan: Plan, h0: usize, hStep: i32, c0: usize, cStep: i32, hN: usize, cN: usize,
): void {
  copyStates(plan, plan.y, plan.yStride, plan.R, h0, hStep, true, false);
  if (plan.c) copyStates(plan, plan.c, plan.H, plan.H, c0, cStep, plan.recorded != 0, false);
  if (plan.inputMask) {
    const count = plan.B * plan.I;
    const bytes = <usize>count << 2;
    for (let t: i32 = 0; t < plan.T; t++) {
      multiply(plan.droppedX + <usize>t * bytes, plan.x + <usize>t * bytes, plan.inputMask, count);
    }
    plan.x = plan.droppedX;
  }
  runSteps(plan);
  copyStates(plan, plan.y, plan.yStride, plan.R, hN, plan.R << 2, true, true);
  if (plan.c) copyStates(plan, plan.c, plan.H, plan.H, cN, plan.H << 2, plan.recorded != 0, true);
}

/** Only the steps, from initial states that are already in y and c. */
export function runSteps(plan: Plan): void {
  const T = plan.T;
  for (let done: i32 = 0; done < T; done += plan.chunk) {
    const next = min(T, done + plan.chunk);
    const t0 = plan.reverse ? T - next : done;
    const t1 = plan.reverse ? T - done : next;
    if (plan.general) generalForward(plan, t0, t1);
    else lstmForward(plan, t0, t1);
  }
}

/**
 * Copies a state of `width` values between the plan's array, with rows `stride` apart, and `outside` [B, ·] in the original
 * order: to it if `out`, else from it. `perStep` if the array keeps a block for each step.
 */
function copyStates(
  plan: Plan, state: usize, stride: i32, width: i32, outside: usize, step: i32, perStep: bool, out: bool,
): void {
  const bytes = <usize>width << 2;
  // Such an array begins with the initial state and ends with the final one; in reverse the other way round.
  const atEnd = perStep && (plan.reverse != 0) != out;
  for (let b: i32 = 0; b < plan.B; b++) {
    const at = <usize>b << 2;
    const block = atEnd ? (plan.lengths ? load<i32>(plan.lengths + at) : plan.T) : 0;
    const inside = state + (<usize>((block * plan.B + b) * stride) << 2);
    const row = outside + <usize>((plan.order ? load<i32>(plan.order + at) : b) * step);
    if (out) memory.copy(row, inside, bytes);
    else if (outside) memory.copy(inside, row, bytes);
    else memory.fill(inside, 0, bytes);
  }
}

/** Backward from dy and the gradients of hN and cN, dh [B, R] and dc [B, H], which become the gradients of h0 and c0. */
export function runBackward(plan: Plan, dh: usize, dc: usize): void {
  const count = plan.B * plan.I;
  const bytes = <usize>count << 2;
  const dx = plan.dx;
  if (plan.traced) traceConstantGates(plan, dh, dc);
  copyGradients(plan, dh, dc, false);
  if (dx && plan.inputMask) {
    plan.dx = plan.dDroppedX;
    memory.fill(plan.dx, 0, <usize>plan.T * bytes);
  }
  if (plan.general) generalBackward(plan, plan.T);
  else lstmBackward(plan, plan.T);
  for (let t: i32 = 0; plan.dx != dx && t < plan.T; t++) {
    addProduct(dx + <usize>t * bytes, plan.dx + <usize>t * bytes, plan.inputMask, count);
  }
  copyGradients(plan, dh, dc, true);
}

function copyGradients(plan: Plan, dh: usize, dc: usize, out: bool): void {
  const R = plan.R;
  const H = plan.H;
  copyStates(plan, plan.dh, R, R, dh, R << 2, false, out);
  if (plan.c) copyStates(plan, plan.dc, H, H, dc, H << 2, false, out);
}

/** The two backward passes of a trace with constant gates: from ones at the last state, then from the loss. */
function traceConstantGates(plan: Plan, dh: usize, dc: usize): void {
  const dy = plan.dy;
  const state = plan.c ? plan.dc : plan.dh;
  memory.fill(plan.dh, 0, <usize>(plan.B * plan.R) << 2);
  for (let n: i32 = 0; n < plan.B * plan.H; n++) store<f32>(state + (<usize>n << 2), 1);
  plan.dy = 0;
  plan.constantGates = RETENTION;
  generalBackward(plan, plan.T);
  plan.dy = dy;
  plan.constantGates = ALONG_CELL;
  copyGradients(plan, dh, dc, false);
  generalBackward(plan, plan.T);
  plan.constantGates = 0;
}
