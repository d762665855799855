/* What the host's copies need: the two leading axes of a block turned, and parameters told finite or not. */
import { splat } from './simd';

/** out[second, first, width] = in[first, second, width], widths in bytes: batch-first to time-first, and back. */
export function turn(out: usize, rows: usize, first: i32, second: i32, bytes: usize): void {
  for (let a: i32 = 0; a < first; a++) {
    for (let b: i32 = 0; b < second; b++) {
      memory.copy(out + (<usize>b * first + a) * bytes, rows, bytes);
      rows += bytes;
    }
  }
}

/** Whether all of x[count] are finite. */
export function allFinite(x: usize, count: i32): bool {
  let n: i32 = 0;
  let bad = i32x4.splat(0);
  for (; n + 4 <= count; n += 4) {
    const four = v128.load(x + (<usize>n << 2));
    bad = v128.or(bad, v128.not(f32x4.lt(f32x4.abs(four), splat(f32.POSITIVE_INFINITY))));
  }
  let ok = !v128.any_true(bad);
  for (; n < count; n++) ok = ok && isFinite<f32>(load<f32>(x + (<usize>n << 2)));
  return ok;
}

/** Which of the two binaries this is. */
export function isRelaxed(): bool {
  return ASC_FEATURE_RELAXED_SIMD;
}
