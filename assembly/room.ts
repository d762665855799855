/* Where arrays lie in one block of memory: one behind the other, each from a cache line on. */

let base: f64 = 0;
let cursor: f64 = 0;

/** With a base of 0 nothing is there yet: only what it takes is told. */
export function startAt(address: f64): void {
  base = address;
  cursor = address;
}

/** The place of so many values, 0 for none. */
export function room(values: f64): usize {
  const at = cursor;
  cursor += Math.ceil(values / 16) * 64;
  return values > 0 ? <usize>(<u64>at) : 0;
}

/** How many bytes that has taken. */
export function taken(): f64 {
  return cursor - base;
}
