/*
 * Four lanes of f32. Every product of the core goes through `madd` or `nmadd`: mul then add in the `simd` binary, one fused
 * operation in `relaxed` where the engine has it. Nothing else differs between the two binaries.
 */

/** Whether this is the `relaxed` binary. */
export function isRelaxed(): bool {
  return ASC_FEATURE_RELAXED_SIMD;
}

/** a·b + c */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** c − a·b */
// @ts-ignore: decorator
@inline
export function nmadd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, b, c);
  return f32x4.sub(c, f32x4.mul(a, b));
}

// @ts-ignore: decorator
@inline
export function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/**
 * Values that decay from step to step become subnormal, which makes some processors ten to a hundred times slower, and may stay so
 * for good: 0.9 times 4 units in the last place rounds to 4. So what is carried, gradients, states and momentum, becomes zero below
 * 2^-100, in both binaries.
 */
// @ts-ignore: decorator
@inline
export function flush(carried: v128): v128 {
  return flushBelow(carried, 7.888609052210118e-31);
}

/** x, 0 where |x| < bound. */
// @ts-ignore: decorator
@inline
export function flushBelow(x: v128, bound: f32): v128 {
  // Not `and(…, ge)`: NaN must stay NaN, or an explosion would look like a gradient of zero.
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), splat(bound)));
}

/** Stores the first `count` lanes, all four if `count` is larger: dense rows may end anywhere. */
// @ts-ignore: decorator
@inline
export function storeLanes(pointer: usize, value: v128, count: i32): void {
  if (count >= 4) v128.store(pointer, value);
  else storeTail(pointer, value, count);
}

/** Not inlined: only the last store of a row needs it, and inlined everywhere it would be a tenth of the binary. */
function storeTail(pointer: usize, value: v128, count: i32): void {
  v128.store_lane<f32>(pointer, value, 0);
  if (count > 1) v128.store_lane<f32>(pointer, value, 1, 4);
  if (count > 2) v128.store_lane<f32>(pointer, value, 2, 8);
}
