/*
 * Every cell but the plain LSTM, and every option: one loop over time around the cells of lstm-general.ts, gru.ts and
 * rnn.ts. A step forward, with what an option adds in brackets:
 *
 *   [recurrent dropout on h]   the cell's products and its passes   [projection]   [zoneout]   [what a mask carries on]
 *
 * Backward goes the same way from its end. What a cell sees is dĥ, the gradient of h before zoneout and projection.
 *
 * Pre-activations, gates and their gradients lie in planes, one for each gate, [T, B, H] each, so that a pass runs over
 * all rows of a step at once.
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
import { addCarried, keepMasked, splitCarried } from './carried';
import { addProduct, complement, copyRows, mix, multiply } from '../kernels/rows';

/** Whether something in the plan goes beyond the plain LSTM, whose kernel is lstm.ts. */
export function needsGeneral(plan: Plan, masked: bool): bool {
  if (plan.cell != CellKind.LSTM || masked || plan.traced) return true;
  if (plan.training && plan.recurrentDropout > 0) return true;
  if (plan.coupled || plan.projectionWeight || plan.peepholes || plan.gateGain || plan.inputGain) return true;
  if (plan.clip > 0 || plan.cellClip > 0 || plan.zoneoutOfH > 0 || plan.zoneoutOfC > 0) return true;
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

/** One step, whose input product is number `n` of the call's. */
function stepForward(plan: Plan, t: i32, n: i32): void {
  const R = plan.R;
  const rows = rowsAt(plan, t);
  const old = stateBefore(plan, t);
  const y = after(plan, plan.y, t, <usize>(plan.B * plan.yStride) << 2);
  const out = plan.yStride == R ? y : plan.nextState;
  let h = old;
  if (plan.dropped) {
    h = plan.hidden + (<usize>(t * plan.kept * plan.B * R) << 2);
    multiply(h, old, plan.dropped, rows * R);
  }
  const cell = plan.projection ? plan.unprojected + (<usize>(t * plan.kept * plan.B * plan.H) << 2) : out;
  if (plan.cell == CellKind.LSTM) lstmStepForward(plan, t, n, h, cell);
  else if (plan.cell == CellKind.GRU) gruStepForward(plan, t, n, old, h, cell);
  else rnnStepForward(plan, t, n, h, cell);
  if (plan.projection) {
    memory.fill(out, 0, <usize>(rows * R) << 2);
    product(out, R, out, R, cell, plan.H, plan.projection, rows, R, plan.H);
  }
  if (plan.zoneoutH) {
    const z = plan.zoneoutH + <usize>(t * plan.zoneoutHStep);
    complement(plan.blend, z, rows * R);
    mix(out, z, old, plan.blend, out, rows * R);
  }
  keepMasked(plan, t, out, old, R);
  if (out != y) copyRows(y, <usize>plan.yStride << 2, out, <usize>R << 2, rows, <usize>R << 2);
}

/** h before step `t`, its rows dense: where it lies, or a copy. */
function stateBefore(plan: Plan, t: i32): usize {
  const stride = <usize>plan.yStride << 2;
  const h = before(plan, plan.y, t, <usize>plan.B * stride);
  if (plan.yStride == plan.R) return h;
  copyRows(plan.oldState, <usize>plan.R << 2, h, stride, rowsAt(plan, t), <usize>plan.R << 2);
  return plan.oldState;
}

/**
 * Backward through the T steps of a recorded forward, the last one first, then the gradients of the weights and the input,
 * unless the gates are held constant.
 */
export function generalBackward(plan: Plan, T: i32): void {
  const R = plan.R;
  for (let n: i32 = 0; n < T; n++) {
    const t = plan.reverse ? n : T - 1 - n;
    const rows = rowsAt(plan, t);
    const dhat = plan.projection ? plan.dhat + (<usize>(t * plan.B * R) << 2) : plan.dhat;
    if (plan.traced) traceCarried(plan, t);
    splitStates(plan, t, dhat);
    let dh = dhat;
    if (plan.projection) {
      dh = plan.dUnprojected;
      inputGradient(dh, dhat, plan.projectionBack, rows, R, plan.H);
    }
    const dState = plan.dropped ? plan.dDropped : plan.dh;
    if (plan.dropped) memory.fill(dState, 0, <usize>(rows * R) << 2);
    if (plan.cell == CellKind.LSTM) lstmStepBackward(plan, t, dh, dState);
    else if (plan.cell == CellKind.GRU) gruStepBackward(plan, t, stateBefore(plan, t), dh, dState);
    else rnnStepBackward(plan, t, dh, dState);
    if (plan.dropped) addProduct(plan.dh, dState, plan.dropped, rows * R);
  }
  if (!plan.held) planeGradients(plan, T);
}

/** dh' = dy + what the later step sent back, parted in dĥ and what goes to the state before without passing the cell. */
function splitStates(plan: Plan, t: i32, dhat: usize): void {
  const R = plan.R;
  const rows = rowsAt(plan, t);
  const bytes = <usize>R << 2;
  for (let b: i32 = 0; b < rows; b++) {
    const dy = plan.dy + (<usize>((t * plan.B + b) * plan.yStride) << 2);
    addCarried(dhat + <usize>b * bytes, plan.dh + <usize>b * bytes, plan.dy ? dy : 0, R);
  }
  if (plan.traced) traceHidden(plan, t, dhat);
  splitCarried(plan, t, dhat, plan.dh, plan.zoneoutH && plan.zoneoutH + <usize>(t * plan.zoneoutHStep), R);
}
