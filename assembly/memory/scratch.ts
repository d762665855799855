/*
 * Scratch memory: arrays one behind the other in one block, each from a cache line on. To find out how large a block has to
 * be, allocate from any base, and see `scratchBytes`: nothing is written.
 */

let base: f64 = 0;
let cursor: f64 = 0;

export function startScratch(address: f64): void {
  base = address;
  cursor = address;
}

/** The address of `rows` rows of `width` values, 0 for none. In doubles, since sizes are not checked yet. */
export function allocateScratch(rows: f64, width: i32): usize {
  const at = cursor;
  cursor += Math.ceil(rows * width / 16) * 64;
  return cursor > at ? <usize>(<u64>at) : 0;
}

/** Bytes allocated since `startScratch`. */
export function scratchBytes(): f64 {
  return cursor - base;
}
