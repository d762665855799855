/*
 * The general kernel, for every cell except the plain LSTM and for every option: one loop over time around the cells of
 * lstm-general.ts, gru.ts and rnn.ts. A step forward, with what options add in brackets:
 *
 *   [recurrent dropout of h] → recurrent products and cell → [projection] → [zoneout] → [masked rows keep their state]
 *
 * Backward goes through the same parts in reverse. A cell receives dĥ, the gradient of h before zoneout and projection.
 *
 * Pre-activations, gates and their gradients are stored in planes, [T, B, H] for each gate, so that one elementwise operation
 * covers all rows of a step.
 */
import { ActivationKind } from '../kernels/activation';
import { panelsOf, planeOf } from './planes';
import { planeGradients } from './general-gradients';
import { gruStepBackward, gruStepForward } from './gru';
import { inputGradient } from '../layers/linear';
import { lstmStepBackward, lstmStepForward } from './lstm-general';
import { product } from '../kernels/gemm';
import { after, before, CellKind, Plan, rowsAt } from './plan';
import { inputProduct } from './recurrent';
import { rnnStepBackward, rnnStepForward } from './rnn';
import { traceCarried, traceHidden } from './trace';
import { addCarried, copyMasked, splitCarried } from './carried';
import { addProduct, complement, copyRows, flushAll, multiply, sumOfProducts } from '../kernels/rows';

/** Whether a plan needs the general kernel, because it has anything that the plain LSTM of lstm.ts does not. */
export function needsGeneral(plan: Plan, masked: bool): bool {
  if (plan.cell != CellKind.LSTM || masked || plan.traced) return true;
  if (plan.training && plan.recurrentDropout > 0) return true;
  if (plan.coupled || plan.projectionWeight || plan.peepholes || plan.gateGain || plan.inputGain) return true;
  if (plan.clip > 0 || plan.cellClip > 0 || plan.zoneoutH > 0 || plan.zoneoutC > 0) return true;
  if (plan.gateActivation != ActivationKind.SIGMOID || plan.candidateActivation != ActivationKind.TANH) return true;
  return plan.outputActivation != ActivationKind.TANH;
}

/** Steps t0 … t1 − 1 forward. */
export function generalForward(plan: Plan, t0: i32, t1: i32): void {
  const H = plan.H;
  for (let gate: i32 = 0; gate < plan.gateCount; gate++) {
    const bias = plan.bias + (<usize>(gate * H) << 2);
    const panels = panelsOf(plan.inputPanels, gate, H, plan.I);
    inputProduct(planeOf(plan, plan.product, gate, 0), H, plan, bias, panels, H, t0, t1);
  }
  for (let n: i32 = 0; n < t1 - t0; n++) {
    const t = plan.reverse ? t1 - 1 - n : t0 + n;
    stepForward(plan, t, t - t0);
  }
}

/** Step `t`, the one with number `n` in the call's input product. */
function stepForward(plan: Plan, t: i32, n: i32): void {
  const R = plan.R;
  const rows = rowsAt(plan, t);
  const old = stateBefore(plan, t);
  const y = after(plan, plan.y, t, <usize>(plan.B * plan.yStride) << 2);
  const out = plan.yStride == R ? y : plan.denseNextH;
  let h = old;
  if (plan.recurrentMask) {
    h = plan.droppedH + (<usize>(t * plan.recorded * plan.B * R) << 2);
    multiply(h, old, plan.recurrentMask, rows * R);
  }
  const cell = plan.projectionPanels ? plan.unprojected + (<usize>(t * plan.recorded * plan.B * plan.H) << 2) : out;
  if (plan.cell == CellKind.LSTM) lstmStepForward(plan, t, n, h, cell);
  else if (plan.cell == CellKind.GRU) gruStepForward(plan, t, n, old, h, cell);
  else rnnStepForward(plan, t, n, h, cell);
  if (plan.projectionPanels) {
    memory.fill(out, 0, <usize>(rows * R) << 2);
    product(out, R, out, R, cell, plan.H, plan.projectionPanels, rows, R, plan.H);
  }
  if (plan.zoneoutMaskH) {
    const z = plan.zoneoutMaskH + <usize>(t * plan.zoneoutMaskHStep);
    complement(plan.blend, z, rows * R);
    sumOfProducts(out, z, old, plan.blend, out, rows * R);
  }
  flushAll(out, rows * R);
  copyMasked(plan, t, out, old, R);
  if (out != y) copyRows(y, <usize>plan.yStride << 2, out, <usize>R << 2, rows, <usize>R << 2);
}

/** h before step `t` with dense rows: its own address, or that of a copy. */
function stateBefore(plan: Plan, t: i32): usize {
  const stride = <usize>plan.yStride << 2;
  const h = before(plan, plan.y, t, <usize>plan.B * stride);
  if (plan.yStride == plan.R) return h;
  copyRows(plan.denseH, <usize>plan.R << 2, h, stride, rowsAt(plan, t), <usize>plan.R << 2);
  return plan.denseH;
}

/**
 * Backward through the T steps of a recorded forward, from the last one on, then the gradients of the weights and the input,
 * except with constant gates (trace.ts).
 */
export function generalBackward(plan: Plan, T: i32): void {
  const R = plan.R;
  for (let n: i32 = 0; n < T; n++) {
    const t = plan.reverse ? n : T - 1 - n;
    const rows = rowsAt(plan, t);
    const dhat = plan.projectionPanels ? plan.dhat + (<usize>(t * plan.B * R) << 2) : plan.dhat;
    if (plan.traced) traceCarried(plan, t);
    splitStates(plan, t, dhat);
    let dh = dhat;
    if (plan.projectionPanels) {
      dh = plan.dUnprojected;
      inputGradient(dh, dhat, plan.projectionBackPanels, rows, R, plan.H);
    }
    const dState = plan.recurrentMask ? plan.dDroppedH : plan.dh;
    if (plan.recurrentMask) memory.fill(dState, 0, <usize>(rows * R) << 2);
    if (plan.cell == CellKind.LSTM) lstmStepBackward(plan, t, dh, dState);
    else if (plan.cell == CellKind.GRU) gruStepBackward(plan, t, stateBefore(plan, t), dh, dState);
    else rnnStepBackward(plan, t, dh, dState);
    if (plan.recurrentMask) addProduct(plan.dh, dState, plan.recurrentMask, rows * R);
  }
  if (!plan.constantGates) planeGradients(plan, T);
}

/** Splits dh' = dy + the gradient from the later step into dĥ and the part that goes to the old state past the cell. */
function splitStates(plan: Plan, t: i32, dhat: usize): void {
  const R = plan.R;
  const rows = rowsAt(plan, t);
  const bytes = <usize>R << 2;
  for (let b: i32 = 0; b < rows; b++) {
    const dy = plan.dy + (<usize>((t * plan.B + b) * plan.yStride) << 2);
    addCarried(dhat + <usize>b * bytes, plan.dh + <usize>b * bytes, plan.dy ? dy : 0, R);
  }
  if (plan.traced) traceHidden(plan, t, dhat);
  splitCarried(plan, t, dhat, plan.dh, plan.zoneoutMaskH && plan.zoneoutMaskH + <usize>(t * plan.zoneoutMaskHStep), R);
}
