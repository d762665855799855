/* Where arrays lie in one block of memory: one behind the other, each from a cache line on. */

let base: f64 = 0;
let cursor: f64 = 0;

/** With a base of 0 nothing is there yet: only what it takes is told. */
export function startAt(address: f64): void {
  base = address;
  cursor = address;
}

/** The place of so many rows of `width` values, 0 for none. */
export function room(rows: f64, width: i32): usize {
  const at = cursor;
  cursor += Math.ceil(rows * width / 16) * 64;
  return cursor > at ? <usize>(<u64>at) : 0;
}

/** How many bytes that has taken. */
export function taken(): f64 {
  return cursor - base;
}
