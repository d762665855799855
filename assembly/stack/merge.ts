/* The two directions of a level made one output, element by element. */
import { multiply } from '../kernels/rows';
import { add } from '../kernels/simd';
import { scaleBy } from '../training/softmax';

export const SUM: i32 = 0;
const MULTIPLY: i32 = 1;

/** out[count] = a + b, a∘b, or their average. */
export function mergeForward(out: usize, a: usize, b: usize, count: i32, kind: i32): void {
  if (kind == MULTIPLY) return multiply(out, a, b, count);
  add(out, a, b, count);
  if (kind != SUM) scaleBy(out, count, 0.5);
}

/** da[count], the gradient of one direction, whose partner gave `other`. */
export function mergeBackward(da: usize, d: usize, other: usize, count: i32, kind: i32): void {
  if (kind == MULTIPLY) return multiply(da, d, other, count);
  memory.copy(da, d, <usize>count << 2);
  if (kind != SUM) scaleBy(da, count, 0.5);
}
