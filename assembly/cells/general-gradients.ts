/* The end of the general backward: gradients of the input and the parameters, from da of all steps. */
import { panelsOf, planeOf } from './planes';
import { product } from '../kernels/gemm';
import { biasGradient, BLOCK, transposedBytes, weightGradient } from '../layers/linear';
import { transpose } from '../kernels/transpose';
import { GRUGate } from './gru';
import { before, CellKind, Plan, spanEnd, spanRows } from './plan';
import { addInputWeight } from './recurrent';

/** Adds to the gradients of the input and the parameters, gate by gate. */
export function planeGradients(plan: Plan, T: i32): void {
  for (let t: i32 = 0; t < T; ) {
    const next = spanEnd(plan, t, T);
    const first = t * plan.B;
    const count = spanRows(plan, t, next);
    for (let gate: i32 = 0; gate < plan.gateCount; gate++) gateGradients(plan, gate, first, count);
    if (plan.dProjection) {
      const dhat = plan.dhat + (<usize>(first * plan.R) << 2);
      const h = plan.unprojected + (<usize>(first * plan.H) << 2);
      weightGradient(plan.dProjection, dhat, h, plan.H, count, plan.R, plan.H, plan.scratch);
    }
    t = next;
  }
}

/** Of one gate, from the rows `first … first + count`, which are contiguous. */
function gateGradients(plan: Plan, gate: i32, first: i32, count: i32): void {
  const H = plan.H;
  const R = plan.R;
  const I = plan.I;
  const at = <usize>(first * H) << 2;
  // The candidate of a GRU multiplies U_n by r∘h (reset before), or its product has the gradient dm (reset after).
  const candidate = plan.cell == CellKind.GRU && gate == GRUGate.N;
  const hiddenGate = candidate && !plan.resetBefore ? GRUGate.M : gate;
  const norm = plan.gateGain ? plan.normHidden : plan.gates;
  const da = planeOf(plan, plan.gates, gate, 0) + at;
  const daInput = planeOf(plan, plan.normInput ? plan.product : norm, gate, 0) + at;
  const daHidden = planeOf(plan, plan.sums ? plan.sums : norm, hiddenGate, 0) + at;
  if (plan.dx) {
    const dx = plan.dx + (<usize>(first * I) << 2);
    product(dx, I, dx, I, daInput, H, panelsOf(plan.inputBackPanels, gate, I, H), count, I, H);
  }
  if (plan.dInputWeight) inputWeightGradient(plan, gate, daInput, first, count);
  if (plan.dHiddenWeight) {
    let stride = plan.yStride;
    let h = before(plan, plan.y, 0, <usize>(plan.B * stride) << 2) + (<usize>(first * stride) << 2);
    if (candidate && plan.resetBefore) {
      h = planeOf(plan, plan.product, GRUGate.M, 0) + at;
      stride = H;
    } else if (plan.recurrentMask) {
      h = plan.droppedH + (<usize>(first * R) << 2);
      stride = R;
    }
    const dW = plan.dHiddenWeight + (<usize>(gate * H * R) << 2);
    weightGradient(dW, daHidden, h, stride, count, H, R, plan.scratch);
  }
  const bias = <usize>(gate * H) << 2;
  const dHiddenBias = plan.dHiddenBias && plan.dHiddenBias + bias;
  biasGradient(plan.dInputBias && plan.dInputBias + bias, hiddenGate == gate ? dHiddenBias : 0, da, count, H);
  if (hiddenGate != gate) biasGradient(dHiddenBias, 0, daHidden, count, H);
  if (!plan.normInput) return;
  biasGradient(plan.dInputShift && plan.dInputShift + bias, plan.dHiddenShift && plan.dHiddenShift + bias, da, count, H);
}

function inputWeightGradient(plan: Plan, gate: i32, da: usize, first: i32, count: i32): void {
  const H = plan.H;
  const dW = plan.dInputWeight + (<usize>(gate * H * plan.I) << 2);
  for (let row: i32 = 0; row < count; row += BLOCK) {
    const rows = min(BLOCK, count - row);
    transpose(plan.scratch, da + (<usize>(row * H) << 2), rows, H);
    addInputWeight(plan, dW, plan.scratch, plan.scratch + transposedBytes(H), first + row, rows, H);
  }
}
