/* Transposes: of the axes of sequences, and of matrices. */
import { splat } from './simd';

/** Columns that `transpose` takes together. */
const STRIP: i32 = 16;

/** out[second, first, ·] = in[first, second, ·] with rows of `bytes` bytes: batch-first to time-first, and back. */
export function swapAxes(out: usize, rows: usize, first: i32, second: i32, bytes: usize): void {
  for (let a: i32 = 0; a < first; a++) {
    for (let b: i32 = 0; b < second; b++) {
      memory.copy(out + (<usize>b * first + a) * bytes, rows, bytes);
      rows += bytes;
    }
  }
}

/** out[N, M] = in[M, N]ᵀ, in strips of columns whose output stays in the first-level cache. */
export function transpose(out: usize, rows: usize, M: i32, N: i32): void {
  const stride = <usize>N << 2;
  const outStride = <usize>M << 2;
  for (let n: i32 = 0; n < N; n += STRIP) {
    // Four rows at a time, from the last ones on: if M is no multiple of four, their zeros reach into the next row of `out`.
    for (let m = (M - 1) & ~3; m >= 0; m -= 4) {
      const row = rows + <usize>m * stride + (<usize>n << 2);
      rowsToColumns(out + (<usize>(n * M + m) << 2), outStride, row, stride, min(M - m, 4), min(N - n, STRIP));
    }
  }
}

/**
 * Writes `count` rows of `width` values as four columns; columns without a row are zero. Strides are in bytes. A 4 × 4 matrix
 * may be transposed in place.
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
