/* What the recurrent cells share. */
import { product } from './gemm';
import { addWeightGradient, biasGradient, BLOCK, transpose, turnedBytes } from './linear';
import { oneHotGradient, oneHotProduct } from './one-hot';
import { splat } from './simd';
import { before, Plan } from './plan';

/**
 * Gradients that vanish end among the subnormals, which some processors handle ten to a hundred times slower: what is
 * carried from step to step and lies below 2^-100 becomes zero, the same in both binaries.
 */
// @ts-ignore: decorator
@inline
export function flush(carried: v128): v128 {
  // Not `and(…, ge)`: NaN must come through, or an explosion would look like a gradient of zero.
  return v128.andnot(carried, f32x4.lt(f32x4.abs(carried), splat(7.888609052210118e-31)));
}

/** out[T, B, columns] = W x + b for the steps t0 … t1 − 1, rows `stride` values from each other. */
export function inputProduct(out: usize, stride: i32, plan: Plan, columns: i32, t0: i32, t1: i32): void {
  const rows = (t1 - t0) * plan.B;
  const first = <usize>t0 * plan.B << 2;
  if (plan.ids) {
    oneHotProduct(out, stride, plan.bias, plan.ids + first, plan.inputPanels, rows, columns, plan.I);
  } else {
    const x = plan.x + first * plan.I;
    product(out, stride, plan.bias, 0, x, plan.I, plan.inputPanels, rows, columns, plan.I);
  }
}

/** The end of every backward: what follows from da [rows, columns] of all steps, which lies at `gates`. dx accumulates. */
export function parameterGradients(plan: Plan, rows: i32, columns: i32): void {
  const da = plan.gates;
  const turned = plan.scratch;
  const panels = turned + turnedBytes(columns);
  if (plan.dx) product(plan.dx, plan.I, plan.dx, plan.I, da, columns, plan.inputBackPanels, rows, plan.I, columns);
  if (plan.dInputWeight || plan.dHiddenWeight) {
    for (let row: i32 = 0; row < rows; row += BLOCK) {
      const count = min(BLOCK, rows - row);
      transpose(turned, da + (<usize>row * columns << 2), count, columns);
      if (plan.dInputWeight) addInputWeight(plan, turned, panels, row, count, columns);
      if (plan.dHiddenWeight) addHiddenWeight(plan.dHiddenWeight, plan, turned, panels, row, count, columns);
    }
  }
  biasGradient(plan.dInputBias, plan.dHiddenBias, da, rows, columns);
}

/** dW_ih[N, I] from the rows `row … row + count`, whose da lies turned. */
export function addInputWeight(plan: Plan, turned: usize, panels: usize, row: i32, count: i32, N: i32): void {
  const first = <usize>row << 2;
  const I = plan.I;
  if (plan.ids) oneHotGradient(plan.dInputWeight, turned, plan.ids + first, count, N, I);
  else addWeightGradient(plan.dInputWeight, turned, panels, plan.x + first * I, I, count, N, I);
}

/** N rows of dW_hh[·, H], those at `dW`, from the same. */
export function addHiddenWeight(
  dW: usize, plan: Plan, turned: usize, panels: usize, row: i32, count: i32, N: i32,
): void {
  const stride = plan.yStride;
  const h = before(plan, plan.y, 0, <usize>plan.B * stride << 2) + (<usize>row * stride << 2);
  addWeightGradient(dW, turned, panels, h, stride, count, N, plan.H);
}

/** After one step of a stream: the new h becomes the one that the next step reads. */
export function carryState(plan: Plan): void {
  const bytes = <usize>plan.B * plan.H << 2;
  memory.copy(plan.y, plan.y + bytes, bytes);
}
