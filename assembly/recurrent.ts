/* What the recurrent cells share. */
import { product } from './gemm';
import { addWeightGradient, biasGradient, BLOCK, inputGradient, transpose } from './linear';
import { oneHotGradient, oneHotProduct } from './one-hot';
import { splat } from './simd';
import { Plan } from './plan';

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

/** out[T, B, columns] = W x + b for the steps t0 … t1 − 1. */
export function inputProduct(out: usize, plan: Plan, columns: i32, t0: i32, t1: i32): void {
  const rows = (t1 - t0) * plan.B;
  const first = <usize>t0 * plan.B << 2;
  if (plan.ids) {
    oneHotProduct(out, plan.bias, plan.ids + first, plan.inputPanels, rows, columns, plan.I);
  } else {
    const x = plan.x + first * plan.I;
    product(out, columns, plan.bias, 0, x, plan.I, plan.inputPanels, rows, columns, plan.I);
  }
}

/** The end of every backward: what follows from da [rows, columns] of all steps, which lies at `gates`. */
export function parameterGradients(plan: Plan, rows: i32, columns: i32): void {
  const da = plan.gates;
  if (plan.dx) inputGradient(plan.dx, da, plan.inputBackPanels, rows, columns, plan.I);
  if (plan.dInputWeight || plan.dHiddenWeight) {
    for (let row: i32 = 0; row < rows; row += BLOCK) {
      const count = min(BLOCK, rows - row);
      transpose(plan.scratch, da + (<usize>row * columns << 2), count, columns);
      addWeightGradients(plan, row, count, columns);
    }
  }
  biasGradient(plan.dInputBias, plan.dHiddenBias, da, rows, columns);
}

/** Of the rows `row … row + count`, whose da lies turned in the scratch: once for both weights. */
function addWeightGradients(plan: Plan, row: i32, count: i32, columns: i32): void {
  const turned = plan.scratch;
  const first = <usize>row << 2;
  if (plan.dInputWeight) {
    if (plan.ids) oneHotGradient(plan.dInputWeight, turned, plan.ids + first, count, columns, plan.I);
    else addWeightGradient(plan.dInputWeight, turned, plan.x + first * plan.I, count, columns, plan.I);
  }
  if (plan.dHiddenWeight) {
    addWeightGradient(plan.dHiddenWeight, turned, plan.y + first * plan.H, count, columns, plan.H);
  }
}

/** After one step of a stream: the new h becomes the one that the next step reads. */
export function carryState(plan: Plan): void {
  const bytes = <usize>plan.B * plan.H << 2;
  memory.copy(plan.y, plan.y + bytes, bytes);
}
