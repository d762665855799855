/* States that bypass the cell, at masked steps and by zoneout, and their gradients. */
import { complement, multiply } from '../kernels/rows';
import { flush, storeLanes } from '../kernels/simd';
import { Plan, rowsAt } from './plan';

/** Copies the rows of `old` that are masked at step `t` over those of `next`. */
export function copyMasked(plan: Plan, t: i32, next: usize, old: usize, width: i32): void {
  if (!plan.mask) return;
  const bytes = <usize>width << 2;
  for (let b: i32 = 0; b < rowsAt(plan, t); b++) {
    if (isMasked(plan, t, b)) memory.copy(next + <usize>b * bytes, old + <usize>b * bytes, bytes);
  }
}

function isMasked(plan: Plan, t: i32, b: i32): bool {
  return plan.mask != 0 && load<i32>(plan.mask + (<usize>(t * plan.B + b) << 2)) == 0;
}

/** out = flush(carried) + above; `above` 0 for zeros. */
export function addCarried(out: usize, carried: usize, above: usize, n: i32): void {
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

/** Splits `d` into the part that bypasses the cell by zoneout `z` (0 for none) and masks, in `carried`, and the rest, in `d`. */
export function splitCarried(plan: Plan, t: i32, d: usize, carried: usize, z: usize, width: i32): void {
  const rows = rowsAt(plan, t);
  const count = rows * width;
  const bytes = <usize>width << 2;
  if (plan.mask) memory.copy(plan.dBeforeSplit, d, <usize>count << 2);
  if (z) {
    multiply(carried, z, d, count);
    complement(plan.blend, z, count);
    multiply(d, plan.blend, d, count);
  } else {
    memory.fill(carried, 0, <usize>count << 2);
  }
  copyMasked(plan, t, carried, plan.dBeforeSplit, width);
  for (let b: i32 = 0; b < rows; b++) {
    if (isMasked(plan, t, b)) memory.fill(d + <usize>b * bytes, 0, bytes);
  }
}
