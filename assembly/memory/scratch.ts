/*
 * Scratch memory: arrays laid out one after another in one block, each aligned to a cache line. Nothing is written, so the
 * size of the block can be computed first, by the same calls from any base and `scratchBytes`.
 */

let base: f64 = 0;
let cursor: f64 = 0;

export function startScratch(address: f64): void {
  base = address;
  cursor = address;
}

/** The address of an array of `rows` rows of `width` values, 0 if it is empty. In doubles: sizes are not checked yet. */
export function allocateScratch(rows: f64, width: i32): usize {
  const at = cursor;
  cursor += Math.ceil(rows * width / 16) * 64;
  return cursor > at ? <usize>(<u64>at) : 0;
}

/** Bytes allocated since `startScratch`. */
export function scratchBytes(): f64 {
  return cursor - base;
}
