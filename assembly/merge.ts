/* The two directions of a level made one output, element by element; and rows copied where strides differ. */
import { splat, storeLanes } from './simd';

export const SUM: i32 = 0;
const MULTIPLY: i32 = 1;

/** out[count] = a + b, a∘b, or their average. */
export function mergeForward(out: usize, a: usize, b: usize, count: i32, kind: i32): void {
  for (let n: i32 = 0; n < count; n += 4) {
    const at = <usize>n << 2;
    const x = v128.load(a + at);
    const y = v128.load(b + at);
    let merged = f32x4.add(x, y);
    if (kind == MULTIPLY) merged = f32x4.mul(x, y);
    else if (kind != SUM) merged = f32x4.mul(merged, splat(0.5));
    storeLanes(out + at, merged, count - n);
  }
}

/** da[count], the gradient of one direction, whose partner gave `other`. */
export function mergeBackward(da: usize, d: usize, other: usize, count: i32, kind: i32): void {
  for (let n: i32 = 0; n < count; n += 4) {
    const at = <usize>n << 2;
    let gradient = v128.load(d + at);
    if (kind == MULTIPLY) gradient = f32x4.mul(gradient, v128.load(other + at));
    else if (kind != SUM) gradient = f32x4.mul(gradient, splat(0.5));
    storeLanes(da + at, gradient, count - n);
  }
}

/** Rows of `bytes` bytes, `toStride` and `fromStride` bytes from each other; zeros where there is nothing to copy (0). */
export function copyRows(to: usize, toStride: usize, from: usize, fromStride: usize, rows: i32, bytes: usize): void {
  for (let r: i32 = 0; r < rows; r++) {
    if (from) memory.copy(to, from + <usize>r * fromStride, bytes);
    else memory.fill(to, 0, bytes);
    to += toStride;
  }
}
