/*
 * Elementwise operations on `n` values. `out` may be any of the operands; lanes past the end are read and never stored.
 */
import { flush, madd, splat, storeLanes } from './simd';

/** out = a + b */
export function add(out: usize, a: usize, b: usize, n: i32): void {
  for (; n > 0; n -= 4) {
    storeLanes(out, f32x4.add(v128.load(a), v128.load(b)), n);
    out += 16;
    a += 16;
    b += 16;
  }
}

/** to += values */
// @ts-ignore: decorator
@inline
export function addTo(to: usize, values: usize, n: i32): void {
  add(to, to, values, n);
}

/** values = flush(values) */
export function flushAll(values: usize, n: i32): void {
  for (; n > 0; n -= 4) {
    storeLanes(values, flush(v128.load(values)), n);
    values += 16;
  }
}

/** out = a∘b */
export function multiply(out: usize, a: usize, b: usize, n: i32): void {
  for (; n > 0; n -= 4) {
    storeLanes(out, f32x4.mul(v128.load(a), v128.load(b)), n);
    out += 16;
    a += 16;
    b += 16;
  }
}

/** out += a∘b */
export function addProduct(out: usize, a: usize, b: usize, n: i32): void {
  for (; n > 0; n -= 4) {
    storeLanes(out, madd(v128.load(a), v128.load(b), v128.load(out)), n);
    out += 16;
    a += 16;
    b += 16;
  }
}

/** out = a∘b + c∘d */
export function sumOfProducts(out: usize, a: usize, b: usize, c: usize, d: usize, n: i32): void {
  for (; n > 0; n -= 4) {
    storeLanes(out, madd(v128.load(a), v128.load(b), f32x4.mul(v128.load(c), v128.load(d))), n);
    out += 16;
    a += 16;
    b += 16;
    c += 16;
    d += 16;
  }
}

/** out = a − b */
export function subtract(out: usize, a: usize, b: usize, n: i32): void {
  for (; n > 0; n -= 4) {
    storeLanes(out, f32x4.sub(v128.load(a), v128.load(b)), n);
    out += 16;
    a += 16;
    b += 16;
  }
}

/** out = 1 − a */
export function complement(out: usize, a: usize, n: i32): void {
  for (; n > 0; n -= 4) {
    storeLanes(out, f32x4.sub(splat(1), v128.load(a)), n);
    out += 16;
    a += 16;
  }
}

/** d where |x| < bound, else 0: the derivative of clamping. Where x is NaN, d stays. */
export function zeroOutside(d: usize, x: usize, n: i32, bound: f32): void {
  for (; n > 0; n -= 4) {
    const originalRow = f32x4.ge(f32x4.abs(v128.load(x)), splat(bound));
    storeLanes(d, v128.andnot(v128.load(d), originalRow), n);
    d += 16;
    x += 16;
  }
}

/** Copies rows of `bytes` bytes, `toStride` and `fromStride` bytes apart; writes zeros if `from` is 0. */
export function copyRows(to: usize, toStride: usize, from: usize, fromStride: usize, rows: i32, bytes: usize): void {
  for (let r: i32 = 0; r < rows; r++) {
    if (from) memory.copy(to, from + <usize>r * fromStride, bytes);
    else memory.fill(to, 0, bytes);
    to += toStride;
  }
}

/** values *= factor */
export function scaleBy(values: usize, count: i32, factor: f32): void {
  for (; count > 0; count -= 4) {
    storeLanes(values, f32x4.mul(v128.load(values), splat(factor)), count);
    values += 16;
  }
}

/** d = min(max(d, −limit), limit); NaN stays. */
export function clampTo(d: usize, count: i32, limit: f32): void {
  for (; count > 0; count -= 4) {
    storeLanes(d, f32x4.pmax(f32x4.pmin(v128.load(d), splat(limit)), splat(-limit)), count);
    d += 16;
  }
}
