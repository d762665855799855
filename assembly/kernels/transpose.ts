/* Batch-first sequences to time-first ones and back, and which binary runs. */

/** out[second, first, width] = in[first, second, width], widths in bytes: batch-first to time-first, and back. */
export function swapAxes(out: usize, rows: usize, first: i32, second: i32, bytes: usize): void {
  for (let a: i32 = 0; a < first; a++) {
    for (let b: i32 = 0; b < second; b++) {
      memory.copy(out + (<usize>b * first + a) * bytes, rows, bytes);
      rows += bytes;
    }
  }
}

/** Which of the two binaries this is. */
export function isRelaxed(): bool {
  return ASC_FEATURE_RELAXED_SIMD;
}
