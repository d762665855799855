/* The end of the general backward: what follows from da of all steps, a gate's plane at a time. */
import { panelsOf, planeOf } from './planes';
import { product } from '../kernels/gemm';
import { addWeightGradient, biasGradient, BLOCK, transpose, transposedBytes } from '../layers/linear';
import { before, CellKind, Plan, spanEnd, spanRows } from './plan';
import { addInputWeight } from './recurrent';

/** Of the input, which accumulates, and of the parameters. */
export function planeGradients(plan: Plan, T: i32): void {
  for (let t: i32 = 0; t < T; ) {
    const next = spanEnd(plan, t, T);
    const first = t * plan.B;
    const count = spanRows(plan, t, next);
    for (let gate: i32 = 0; gate < plan.gateCount; gate++) gateGradients(plan, gate, first, count);
    if (plan.dProjection) {
      const dhat = plan.dhat + (<usize>(first * plan.R) << 2);
      const opened = plan.unprojected + (<usize>(first * plan.H) << 2);
      weightRows(plan, plan.dProjection, dhat, plan.R, opened, plan.H, plan.H, count);
    }
    t = next;
  }
}

/** From the rows `first … first + count` of one gate, which lie together. */
function gateGradients(plan: Plan, gate: i32, first: i32, count: i32): void {
  const H = plan.H;
  const R = plan.R;
  const I = plan.I;
  const at = <usize>(first * H) << 2;
  // The candidate of a GRU has a state of its own before the product, behind it a gradient of its own.
  const own = plan.cell == CellKind.GRU && gate == 2;
  const inside = own && !plan.resetBefore ? 3 : gate;
  const norm = plan.gateGain ? plan.normHidden : plan.gates;
  const da = planeOf(plan, plan.gates, gate, 0) + at;
  const daInput = planeOf(plan, plan.normInput ? plan.product : norm, gate, 0) + at;
  const daHidden = planeOf(plan, plan.sums ? plan.sums : norm, inside, 0) + at;
  if (plan.dx) {
    const dx = plan.dx + (<usize>(first * I) << 2);
    product(dx, I, dx, I, daInput, H, panelsOf(plan.inputBackPanels, gate, I, H), count, I, H);
  }
  if (plan.dInputWeight) inputWeightRows(plan, gate, daInput, first, count);
  if (plan.dHiddenWeight) {
    let stride = plan.yStride;
    let h = before(plan, plan.y, 0, <usize>(plan.B * stride) << 2) + (<usize>(first * stride) << 2);
    if (own && plan.resetBefore) {
      h = planeOf(plan, plan.product, 3, 0) + at;
      stride = H;
    } else if (plan.dropped) {
      h = plan.hidden + (<usize>(first * R) << 2);
      stride = R;
    }
    weightRows(plan, plan.dHiddenWeight + (<usize>(gate * H * R) << 2), daHidden, H, h, stride, R, count);
  }
  const bias = <usize>(gate * H) << 2;
  biasGradient(place(plan.dInputBias, bias), inside == gate ? place(plan.dHiddenBias, bias) : 0, da, count, H);
  if (inside != gate) biasGradient(place(plan.dHiddenBias, bias), 0, daHidden, count, H);
  if (plan.normInput) biasGradient(place(plan.dInputShift, bias), place(plan.dHiddenShift, bias), da, count, H);
}

function place(base: usize, at: usize): usize {
  return base ? base + at : 0;
}

/** dW[N, K] += daᵀ x over rows `stride` values apart. */
function weightRows(plan: Plan, dW: usize, da: usize, N: i32, x: usize, stride: i32, K: i32, count: i32): void {
  for (let row: i32 = 0; row < count; row += BLOCK) {
    const rows = min(BLOCK, count - row);
    transpose(plan.scratch, da + (<usize>(row * N) << 2), rows, N);
    const from = x + (<usize>(row * stride) << 2);
    addWeightGradient(dW, plan.scratch, plan.scratch + transposedBytes(N), from, stride, rows, N, K);
  }
}

function inputWeightRows(plan: Plan, gate: i32, da: usize, first: i32, count: i32): void {
  const H = plan.H;
  const dW = plan.dInputWeight + (<usize>(gate * H * plan.I) << 2);
  for (let row: i32 = 0; row < count; row += BLOCK) {
    const rows = min(BLOCK, count - row);
    transpose(plan.scratch, da + (<usize>(row * H) << 2), rows, H);
    addInputWeight(plan, dW, plan.scratch, plan.scratch + transposedBytes(H), first + row, rows, H);
  }
}
