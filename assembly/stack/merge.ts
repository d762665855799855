/* Merging the outputs of a level's two directions. */
import { add, multiply, scaleBy } from '../kernels/rows';

/** With `CONCAT` the directions write side by side, so nothing is computed. */
export const enum Merge {
  CONCAT,
  SUM,
  MULTIPLY,
  AVERAGE,
}

/** out[count] = a + b, a∘b, or their average. */
export function mergeForward(out: usize, a: usize, b: usize, count: i32, kind: Merge): void {
  if (kind == Merge.MULTIPLY) return multiply(out, a, b, count);
  add(out, a, b, count);
  if (kind != Merge.SUM) scaleBy(out, count, 0.5);
}

/** da[count], the gradient of one direction; `other` is the output of the other one. */
export function mergeBackward(da: usize, d: usize, other: usize, count: i32, kind: Merge): void {
  if (kind == Merge.MULTIPLY) return multiply(da, d, other, count);
  memory.copy(da, d, <usize>count << 2);
  if (kind != Merge.SUM) scaleBy(da, count, 0.5);
}
