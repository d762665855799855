/*
 * Every cell but the plain LSTM, and every option: one loop over time around cells that are written row by row
 * (lstm-general.ts, gru.ts, rnn.ts). A step forward, with what an option adds in brackets:
 *
 *   [recurrent dropout on h]   the cell's products and its rows   [projection]   [zoneout]   [what a mask carries on]
 *
 * Backward goes the same way from its end. What a cell sees is dĥ, the gradient of h before zoneout and projection.
 */
import { isMasked, zoneoutRow } from './cells';
import { gruBackwardStep, gruForwardStep } from './gru';
import { lstmBackwardStep, lstmForwardStep } from './lstm-general';
import { product } from './gemm';
import { addWeightGradient, biasGradient, BLOCK, inputGradient, transpose, turnedBytes } from './linear';
import { after, before, Plan, rowsAt, spanEnd, spanRows } from './plan';
import { addInputWeight, flush, inputProduct, inputRowsGradient } from './recurrent';
import { rnnBackwardStep, rnnForwardStep } from './rnn';
import { addProduct, complement, mix, multiply } from './rows';
import { addTo, storeLanes } from './simd';

const LSTM: i32 = 0;
const GRU: i32 = 1;

/** Steps t0 … t1 − 1 forward. */
export function generalForward(plan: Plan, t0: i32, t1: i32): void {
  inputProduct(plan.normInput ? plan.normInput : plan.product, plan.width, plan, plan.columns, t0, t1);
  const size = <usize>(plan.B * plan.width) << 2;
  for (let n: i32 = 0; n < t1 - t0; n++) {
    const t = plan.reverse ? t1 - 1 - n : t0 + n;
    stepForward(plan, t, plan.product + <usize>(t - t0) * size, t - t0);
  }
}

/** One step, whose input product is number `n` of the call's, at `a` where it is not to be normalised first. */
function stepForward(plan: Plan, t: i32, a: usize, n: i32): void {
  const rows = rowsAt(plan, t);
  const yRow = <usize>plan.yStride << 2;
  let h = before(plan, plan.y, t, <usize>plan.B * yRow);
  let stride = plan.yStride;
  if (plan.dropped) {
    const hidden = plan.hidden + <usize>(t * plan.kept * plan.B * plan.R << 2);
    for (let b: i32 = 0; b < rows; b++) {
      multiply(hidden + <usize>(b * plan.R << 2), h + <usize>b * yRow, plan.dropped + <usize>(b * plan.R << 2), plan.R);
    }
    h = hidden;
    stride = plan.R;
  }
  if (plan.cell == LSTM) lstmForwardStep(plan, t, n, a, h, stride);
  else if (plan.cell == GRU) gruForwardStep(plan, t, a, h, stride);
  else rnnForwardStep(plan, t, a, h, stride);
  if (plan.projection) {
    const y = after(plan, plan.y, t, <usize>plan.B * yRow);
    const opened = plan.opened + <usize>(t * plan.kept * plan.B * plan.H << 2);
    for (let b: i32 = 0; b < rows; b++) memory.fill(y + <usize>b * yRow, 0, <usize>plan.R << 2);
    product(y, plan.yStride, y, plan.yStride, opened, plan.H, plan.projection, rows, plan.R, plan.H);
  }
  if (plan.zoneoutH || plan.mask) keepStates(plan, t, rows);
}

/** What zoneout and a mask keep of the states before. */
function keepStates(plan: Plan, t: i32, rows: i32): void {
  const yRow = <usize>plan.yStride << 2;
  let old = before(plan, plan.y, t, <usize>plan.B * yRow);
  let y = after(plan, plan.y, t, <usize>plan.B * yRow);
  for (let b: i32 = 0; b < rows; b++) {
    if (isMasked(plan, t, b)) {
      memory.copy(y, old, <usize>plan.R << 2);
    } else if (plan.zoneoutH) {
      const z = zoneoutRow(plan, plan.zoneoutH, plan.zoneoutHRow, t, b);
      complement(plan.rows, z, plan.R);
      mix(y, z, old, plan.rows, y, plan.R);
    }
    old += yRow;
    y += yRow;
  }
}

/** Backward through the T steps of a recorded forward, the last one first, then the gradients of the weights and the input. */
export function generalBackward(plan: Plan, T: i32): void {
  const B = plan.B;
  for (let n: i32 = 0; n < T; n++) {
    const t = plan.reverse ? n : T - 1 - n;
    const rows = rowsAt(plan, t);
    const dhat = plan.projection ? plan.dhat + <usize>(t * B * plan.R << 2) : plan.dhat;
    splitStates(plan, t, rows, dhat);
    let dh = dhat;
    if (plan.projection) {
      dh = plan.dInner;
      inputGradient(dh, dhat, plan.projectionBack, rows, plan.R, plan.H);
    }
    const dState = plan.dropped ? plan.dDropped : plan.dh;
    if (plan.dropped) memory.fill(dState, 0, <usize>(B * plan.R) << 2);
    if (plan.cell == LSTM) lstmBackwardStep(plan, t, dh, dState);
    else if (plan.cell == GRU) gruBackwardStep(plan, t, dh, dState);
    else rnnBackwardStep(plan, t, dh, dState);
    if (plan.dropped) addProduct(plan.dh, dState, plan.dropped, rows * plan.R);
  }
  for (let t: i32 = 0; t < T; ) {
    const next = spanEnd(plan, t, T);
    spanGradients(plan, t * B, spanRows(plan, t, next));
    t = next;
  }
}

/** dh' = dy + what the later step sent back, parted in dĥ and what goes to the state before without passing the cell. */
function splitStates(plan: Plan, t: i32, rows: i32, dhat: usize): void {
  const bytes = <usize>plan.R << 2;
  let carried = plan.dh;
  let dy = plan.dy + <usize>(t * plan.B * plan.yStride << 2);
  for (let b: i32 = 0; b < rows; b++) {
    gather(dhat, carried, plan.dy ? dy : 0, plan.R);
    if (isMasked(plan, t, b)) {
      memory.copy(carried, dhat, bytes);
      memory.fill(dhat, 0, bytes);
    } else if (plan.zoneoutH) {
      const z = zoneoutRow(plan, plan.zoneoutH, plan.zoneoutHRow, t, b);
      multiply(carried, z, dhat, plan.R);
      complement(plan.rows, z, plan.R);
      multiply(dhat, plan.rows, dhat, plan.R);
    } else {
      memory.fill(carried, 0, bytes);
    }
    carried += bytes;
    dhat += bytes;
    dy += <usize>plan.yStride << 2;
  }
}

/** What was carried, without its subnormals, and what comes from above (0 for nothing). */
function gather(out: usize, carried: usize, above: usize, n: i32): void {
  for (; n > 0; n -= 4) {
    let sum = flush(v128.load(carried));
    if (above) {
      sum = f32x4.add(sum, v128.load(above));
      above += 16;
    }
    storeLanes(out, sum, n);
    out += 16;
    carried += 16;
  }
}

/** Gradients of the parameters and the input from the rows `first … first + count` of da, which lie together. */
function spanGradients(plan: Plan, first: i32, count: i32): void {
  const width = plan.width;
  const at = <usize>(first * width) << 2;
  const da = plan.gates + at;
  const input = plan.normInput ? plan.normInput + at : plan.normHidden ? plan.normHidden + at : da;
  inputRowsGradient(plan, input, width, plan.columns, first, count);
  for (let row: i32 = 0; row < count; row += BLOCK) {
    const rows = min(BLOCK, count - row);
    const skip = <usize>(row * width) << 2;
    const turned = plan.scratch;
    const panels = turned + turnedBytes(width);
    transpose(turned, input + skip, rows, width);
    if (plan.dInputWeight) addInputWeight(plan, turned, panels, first + row, rows, plan.columns);
    if (plan.normInput) transpose(turned, plan.normHidden + at + skip, rows, width);
    if (plan.dHiddenWeight) addHiddenWeight(plan, turned, panels, first + row, rows);
    if (plan.dProjection) addProjection(plan, turned, panels, first + row, rows);
  }
  biasGradients(plan, da, count);
}

/** The GRU's candidate has a state of its own, and where it lies behind the product, a gradient of its own. */
function addHiddenWeight(plan: Plan, turned: usize, panels: usize, row: i32, rows: i32): void {
  const H = plan.H;
  const bytes = <usize>(H * plan.R) << 2;
  let h = before(plan, plan.y, 0, <usize>(plan.B * plan.yStride) << 2) + (<usize>(row * plan.yStride) << 2);
  let stride = plan.yStride;
  if (plan.dropped) {
    h = plan.hidden + (<usize>(row * plan.R) << 2);
    stride = plan.R;
  }
  if (plan.cell != GRU) return addWeightGradient(plan.dHiddenWeight, turned, panels, h, stride, rows, plan.columns, plan.R);
  addWeightGradient(plan.dHiddenWeight, turned, panels, h, stride, rows, 2 * H, H);
  if (plan.resetBefore) {
    h = plan.product + (<usize>(row * plan.width + 3 * H) << 2);
    stride = plan.width;
  }
  const own = turned + (<usize>((plan.resetBefore ? 2 : 3) * H * rows) << 2);
  addWeightGradient(plan.dHiddenWeight + 2 * bytes, own, panels, h, stride, rows, H, H);
}

function addProjection(plan: Plan, turned: usize, panels: usize, row: i32, rows: i32): void {
  const H = plan.H;
  transpose(turned, plan.dhat + (<usize>(row * plan.R) << 2), rows, plan.R);
  addWeightGradient(plan.dProjection, turned, panels, plan.opened + (<usize>(row * H) << 2), H, rows, plan.R, H);
}

function biasGradients(plan: Plan, da: usize, count: i32): void {
  const H = plan.H;
  const sums = plan.scratch;
  memory.fill(sums, 0, <usize>plan.width << 2);
  biasGradient(sums, 0, da, count, plan.width);
  if (plan.dInputBias) addTo(plan.dInputBias, sums, plan.columns);
  if (plan.dInputShift) addTo(plan.dInputShift, sums, plan.columns);
  if (plan.dHiddenShift) addTo(plan.dHiddenShift, sums, plan.columns);
  if (!plan.dHiddenBias) return;
  const shared = plan.cell == GRU ? 2 * H : plan.columns;
  addTo(plan.dHiddenBias, sums, shared);
  const own = sums + (<usize>((plan.resetBefore ? 2 : 3) * H) << 2);
  if (plan.cell == GRU) addTo(plan.dHiddenBias + (<usize>shared << 2), own, H);
}
