/*
 * Four lanes of f32. Every product of the core goes through `madd` or `nmadd`: mul then add in the `simd` binary, one fused
 * operation in `relaxed` where the engine has it. Nothing else differs between the two binaries.
 */

// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** c − a·b. */
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

/** Stores the first `count` lanes, all four from 4 on: dense rows end anywhere. */
// @ts-ignore: decorator
@inline
export function storeLanes(pointer: usize, value: v128, count: i32): void {
  if (count >= 4) v128.store(pointer, value);
  else storeTail(pointer, value, count);
}

/** A call, since only the last store of a row comes here: written out everywhere it would be a tenth of the binary. */
function storeTail(pointer: usize, value: v128, count: i32): void {
  v128.store_lane<f32>(pointer, value, 0);
  if (count > 1) v128.store_lane<f32>(pointer, value, 1, 4);
  if (count > 2) v128.store_lane<f32>(pointer, value, 2, 8);
}

/** out[count] = a + b; `out` may be one of them. */
export function add(out: usize, a: usize, b: usize, count: i32): void {
  for (; count > 0; count -= 4) {
    storeLanes(out, f32x4.add(v128.load(a), v128.load(b)), count);
    out += 16;
    a += 16;
    b += 16;
  }
}

/** to[count] += values[count] */
// @ts-ignore: decorator
@inline
export function addTo(to: usize, values: usize, count: i32): void {
  add(to, to, values, count);
}

/** The sum of the lanes in the fixed order (0 + 2) + (1 + 3). */
// @ts-ignore: decorator
@inline
export function sumLanes(x: v128): f32 {
  const pairs = f32x4.add(x, i32x4.shuffle(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/**
 * Up to four rows of `width` values as four columns, zeros for the missing ones; strides are in bytes. Four by four may stay
 * where they are.
 */
export function rowsToColumns(to: usize, toStride: usize, from: usize, stride: usize, count: i32, width: i32): void {
  let n: i32 = 0;
  for (; count > 0 && n + 4 <= width; n += 4) {
    transpose4x4(to, toStride, from, stride, count);
    from += 16;
    to += 4 * toStride;
  }
  for (; n < width; n++) {
    v128.store(to, splat(0));
    for (let row: i32 = 0; row < count; row++) {
      const at = <usize>row;
      store<f32>(to + (at << 2), load<f32>(from + at * stride));
    }
    from += 4;
    to += toStride;
  }
}

// @ts-ignore: decorator
@inline
function transpose4x4(to: usize, toStride: usize, from: usize, stride: usize, count: i32): void {
  const zero = splat(0);
  const a = v128.load(from);
  const b = count > 1 ? v128.load(from + stride) : zero;
  const c = count > 2 ? v128.load(from + 2 * stride) : zero;
  const d = count > 3 ? v128.load(from + 3 * stride) : zero;
  const ab0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const cd1 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(ab0, cd0, 0, 2));
  v128.store(to + toStride, v128.shuffle<i64>(ab0, cd0, 1, 3));
  v128.store(to + 2 * toStride, v128.shuffle<i64>(ab1, cd1, 0, 2));
  v128.store(to + 3 * toStride, v128.shuffle<i64>(ab1, cd1, 1, 3));
}
