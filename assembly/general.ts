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
import { after, before, General, Plan, rowsAt, spanEnd, spanRows } from './plan';
import { addInputWeight, flush, inputProduct, inputRowsGradient } from './recurrent';
import { rnnBackwardStep, rnnForwardStep } from './rnn';
import { addProduct, complement, mix, multiply } from './rows';
import { addTo, storeLanes } from './simd';

const LSTM: i32 = 0;
const GRU: i32 = 1;

/** Steps t0 … t1 − 1 forward. */
export function generalForward(plan: Plan, t0: i32, t1: i32): void {
  const o = changetype<General>(plan.general);
  inputProduct(o.normInput ? o.normInput : plan.product, o.width, plan, o.columns, t0, t1);
  const size = <usize>(plan.B * o.width) << 2;
  for (let n: i32 = 0; n < t1 - t0; n++) {
    const t = plan.reverse ? t1 - 1 - n : t0 + n;
    stepForward(plan, o, t, plan.product + <usize>(t - t0) * size, t - t0);
  }
}

/** One step, whose input product is number `n` of the call's, at `a` where it is not to be normalised first. */
function stepForward(plan: Plan, o: General, t: i32, a: usize, n: i32): void {
  const rows = rowsAt(plan, t);
  const yRow = <usize>plan.yStride << 2;
  let h = before(plan, plan.y, t, <usize>plan.B * yRow);
  let stride = plan.yStride;
  if (o.dropped) {
    const hidden = o.hidden + <usize>(t * o.kept * plan.B * o.R << 2);
    for (let b: i32 = 0; b < rows; b++) {
      multiply(hidden + <usize>(b * o.R << 2), h + <usize>b * yRow, o.dropped + <usize>(b * o.R << 2), o.R);
    }
    h = hidden;
    stride = o.R;
  }
  if (o.cell == LSTM) lstmForwardStep(plan, o, t, n, a, h, stride);
  else if (o.cell == GRU) gruForwardStep(plan, o, t, a, h, stride);
  else rnnForwardStep(plan, o, t, a, h, stride);
  if (o.projection) {
    const y = after(plan, plan.y, t, <usize>plan.B * yRow);
    const opened = o.opened + <usize>(t * o.kept * plan.B * plan.H << 2);
    for (let b: i32 = 0; b < rows; b++) memory.fill(y + <usize>b * yRow, 0, <usize>o.R << 2);
    product(y, plan.yStride, y, plan.yStride, opened, plan.H, o.projection, rows, o.R, plan.H);
  }
  if (o.zoneoutH || o.mask) keepStates(plan, o, t, rows);
}

/** What zoneout and a mask keep of the states before. */
function keepStates(plan: Plan, o: General, t: i32, rows: i32): void {
  const yRow = <usize>plan.yStride << 2;
  let old = before(plan, plan.y, t, <usize>plan.B * yRow);
  let y = after(plan, plan.y, t, <usize>plan.B * yRow);
  for (let b: i32 = 0; b < rows; b++) {
    if (isMasked(plan, o, t, b)) {
      memory.copy(y, old, <usize>o.R << 2);
    } else if (o.zoneoutH) {
      const z = zoneoutRow(plan, o.zoneoutH, o.zoneoutHRow, t, b);
      complement(o.rows, z, o.R);
      mix(y, z, old, o.rows, y, o.R);
    }
    old += yRow;
    y += yRow;
  }
}

/** Backward through the T steps of a recorded forward, the last one first, then the gradients of the weights and the input. */
export function generalBackward(plan: Plan, T: i32): void {
  const o = changetype<General>(plan.general);
  const B = plan.B;
  for (let n: i32 = 0; n < T; n++) {
    const t = plan.reverse ? n : T - 1 - n;
    const rows = rowsAt(plan, t);
    const dhat = o.projection ? o.dhat + <usize>(t * B * o.R << 2) : o.dhat;
    splitStates(plan, o, t, rows, dhat);
    let dh = dhat;
    if (o.projection) {
      dh = o.dInner;
      inputGradient(dh, dhat, o.projectionBack, rows, o.R, plan.H);
    }
    const dState = o.dropped ? o.dDropped : plan.dh;
    if (o.dropped) memory.fill(dState, 0, <usize>(B * o.R) << 2);
    if (o.cell == LSTM) lstmBackwardStep(plan, o, t, dh, dState);
    else if (o.cell == GRU) gruBackwardStep(plan, o, t, dh, dState);
    else rnnBackwardStep(plan, o, t, dh, dState);
    if (o.dropped) addProduct(plan.dh, dState, o.dropped, rows * o.R);
  }
  for (let t: i32 = 0; t < T; ) {
    const next = spanEnd(plan, t, T);
    spanGradients(plan, o, t * B, spanRows(plan, t, next));
    t = next;
  }
}

/** dh' = dy + what the later step sent back, parted in dĥ and what goes to the state before without passing the cell. */
function splitStates(plan: Plan, o: General, t: i32, rows: i32, dhat: usize): void {
  const bytes = <usize>o.R << 2;
  let carried = plan.dh;
  let dy = plan.dy + <usize>(t * plan.B * plan.yStride << 2);
  for (let b: i32 = 0; b < rows; b++) {
    gather(dhat, carried, plan.dy ? dy : 0, o.R);
    if (isMasked(plan, o, t, b)) {
      memory.copy(carried, dhat, bytes);
      memory.fill(dhat, 0, bytes);
    } else if (o.zoneoutH) {
      const z = zoneoutRow(plan, o.zoneoutH, o.zoneoutHRow, t, b);
      multiply(carried, z, dhat, o.R);
      complement(o.rows, z, o.R);
      multiply(dhat, o.rows, dhat, o.R);
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
function spanGradients(plan: Plan, o: General, first: i32, count: i32): void {
  const width = o.width;
  const at = <usize>(first * width) << 2;
  const da = plan.gates + at;
  const input = o.normInput ? o.normInput + at : o.normHidden ? o.normHidden + at : da;
  inputRowsGradient(plan, input, width, o.columns, first, count);
  for (let row: i32 = 0; row < count; row += BLOCK) {
    const rows = min(BLOCK, count - row);
    const skip = <usize>(row * width) << 2;
    const turned = plan.scratch;
    const panels = turned + turnedBytes(width);
    transpose(turned, input + skip, rows, width);
    if (plan.dInputWeight) addInputWeight(plan, turned, panels, first + row, rows, o.columns);
    if (o.normInput) transpose(turned, o.normHidden + at + skip, rows, width);
    if (plan.dHiddenWeight) addHiddenWeight(plan, o, turned, panels, first + row, rows);
    if (o.dProjection) addProjection(plan, o, turned, panels, first + row, rows);
  }
  biasGradients(plan, o, da, count);
}

/** The GRU's candidate has a state of its own, and where it lies behind the product, a gradient of its own. */
function addHiddenWeight(plan: Plan, o: General, turned: usize, panels: usize, row: i32, rows: i32): void {
  const H = plan.H;
  const bytes = <usize>(H * o.R) << 2;
  let h = before(plan, plan.y, 0, <usize>(plan.B * plan.yStride) << 2) + (<usize>(row * plan.yStride) << 2);
  let stride = plan.yStride;
  if (o.dropped) {
    h = o.hidden + (<usize>(row * o.R) << 2);
    stride = o.R;
  }
  if (o.cell != GRU) return addWeightGradient(plan.dHiddenWeight, turned, panels, h, stride, rows, o.columns, o.R);
  addWeightGradient(plan.dHiddenWeight, turned, panels, h, stride, rows, 2 * H, H);
  if (o.resetBefore) {
    h = plan.product + (<usize>(row * o.width + 3 * H) << 2);
    stride = o.width;
  }
  const own = turned + (<usize>((o.resetBefore ? 2 : 3) * H * rows) << 2);
  addWeightGradient(plan.dHiddenWeight + 2 * bytes, own, panels, h, stride, rows, H, H);
}

function addProjection(plan: Plan, o: General, turned: usize, panels: usize, row: i32, rows: i32): void {
  const H = plan.H;
  transpose(turned, o.dhat + (<usize>(row * o.R) << 2), rows, o.R);
  addWeightGradient(o.dProjection, turned, panels, o.opened + (<usize>(row * H) << 2), H, rows, o.R, H);
}

function biasGradients(plan: Plan, o: General, da: usize, count: i32): void {
  const H = plan.H;
  const sums = plan.scratch;
  memory.fill(sums, 0, <usize>o.width << 2);
  biasGradient(sums, 0, da, count, o.width);
  if (plan.dInputBias) addTo(plan.dInputBias, sums, o.columns);
  if (o.dInputShift) addTo(o.dInputShift, sums, o.columns);
  if (o.dHiddenShift) addTo(o.dHiddenShift, sums, o.columns);
  if (!plan.dHiddenBias) return;
  const shared = o.cell == GRU ? 2 * H : o.columns;
  addTo(plan.dHiddenBias, sums, shared);
  const own = sums + (<usize>((o.resetBefore ? 2 : 3) * H) << 2);
  if (o.cell == GRU) addTo(plan.dHiddenBias + (<usize>shared << 2), own, H);
}
