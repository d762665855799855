/* What the plain and the general kernel share: input products, gradients that follow from da, and streams. */
import { product } from '../kernels/gemm';
import { addWeightGradient, biasGradient, BLOCK, transposedBytes } from '../layers/linear';
import { oneHotGradient, oneHotProduct } from '../kernels/one-hot';
import { transpose } from '../kernels/transpose';
import { before, Plan, spanEnd, spanRows } from './plan';

/** out[T, B, columns] = W x + b for the steps t0 … t1 − 1, over the panels of W; rows are `stride` values apart. */
export function inputProduct(
  out: usize, stride: i32, plan: Plan, bias: usize, panels: usize, columns: i32, t0: i32, t1: i32,
): void {
  const I = plan.I;
  for (let t = t0; t < t1; ) {
    const next = spanEnd(plan, t, t1);
    const rows = spanRows(plan, t, next);
    const to = out + (<usize>((t - t0) * plan.B) * stride << 2);
    const first = <usize>t * plan.B << 2;
    if (plan.ids) oneHotProduct(to, stride, bias, plan.ids + first, panels, rows, columns, I);
    else product(to, stride, bias, 0, plan.x + first * I, I, panels, rows, columns, I);
    t = next;
  }
}

/** The end of the plain LSTM's backward: gradients of the input and the parameters, from da [T, B, columns] in `gates`. */
export function parameterGradients(plan: Plan, T: i32, columns: i32): void {
  for (let t: i32 = 0; t < T; ) {
    const next = spanEnd(plan, t, T);
    const first = t * plan.B;
    const rows = spanRows(plan, t, next);
    const da = plan.gates + (<usize>first * columns << 2);
    if (plan.dx) {
      const dx = plan.dx + (<usize>first * plan.I << 2);
      product(dx, plan.I, dx, plan.I, da, columns, plan.inputBackPanels, rows, plan.I, columns);
    }
    if (plan.dInputWeight || plan.dHiddenWeight) {
      for (let row: i32 = 0; row < rows; row += BLOCK) {
        weightGradients(plan, first + row, min(BLOCK, rows - row), columns);
      }
    }
    biasGradient(plan.dInputBias, plan.dHiddenBias, da, rows, columns);
    t = next;
  }
}

function weightGradients(plan: Plan, row: i32, count: i32, columns: i32): void {
  const transposed = plan.scratch;
  const panels = transposed + transposedBytes(columns);
  transpose(transposed, plan.gates + (<usize>row * columns << 2), count, columns);
  if (plan.dInputWeight) addInputWeight(plan, plan.dInputWeight, transposed, panels, row, count, columns);
  if (!plan.dHiddenWeight) return;
  const stride = plan.yStride;
  const h = before(plan, plan.y, 0, <usize>plan.B * stride << 2) + (<usize>row * stride << 2);
  addWeightGradient(plan.dHiddenWeight, transposed, panels, h, stride, count, columns, plan.H);
}

/** Adds to dW[N, I] what the rows `row … row + count` contribute, from their transposed da. */
export function addInputWeight(
  plan: Plan, dW: usize, transposed: usize, panels: usize, row: i32, count: i32, N: i32,
): void {
  const first = <usize>row << 2;
  const I = plan.I;
  if (plan.ids) oneHotGradient(dW, transposed, plan.ids + first, count, N, I);
  else addWeightGradient(dW, transposed, panels, plan.x + first * I, I, count, N, I);
}

/** After one step of a stream: copies the new h to where the next step reads it. */
export function carryState(plan: Plan): void {
  const bytes = <usize>plan.B * plan.yStride << 2;
  memory.copy(plan.y, plan.y + bytes, bytes);
}
