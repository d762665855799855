/*
 * Sequences of unlike length and masked steps. Inside a layer the longest sequences come first, so that the rows that a
 * step computes are the first `active[t]`; two functions bring rows there and back. Neither reads what lies past an end, or
 * where `mask` [T, B] of i32 (in the order outside) is 0: padding may hold anything.
 */

/** The places outside [B] and the lengths [B], the longest first, and how many rows each step computes [T]. */
export function sortSequences(order: usize, sorted: usize, active: usize, lengths: usize, T: i32, B: i32): void {
  let rows: i32 = 0;
  for (let t = T; t > 0; t--) {
    for (let b: i32 = 0; b < B; b++) {
      if (load<i32>(lengths + (<usize>b << 2)) != t) continue;
      const at = <usize>rows << 2;
      store<i32>(order + at, b);
      store<i32>(sorted + at, t);
      rows++;
    }
    store<i32>(active + (<usize>(t - 1) << 2), rows);
  }
}

/** Row p of block t becomes row order[p] of block t outside; a masked one zero. Rows are `bytes` long. */
export function gatherSteps(to: usize, from: usize, order: usize, active: usize, mask: usize, T: i32, B: i32, bytes: usize): void {
  for (let t: i32 = 0; t < T; t++) {
    const rows = load<i32>(active + (<usize>t << 2));
    for (let p: i32 = 0; p < rows; p++) {
      const row = <usize>(t * B + load<i32>(order + (<usize>p << 2)));
      const inside = to + <usize>(t * B + p) * bytes;
      if (mask && !load<i32>(mask + (row << 2))) memory.fill(inside, 0, bytes);
      else memory.copy(inside, from + row * bytes, bytes);
    }
  }
}

/** The way back: rows that no step computed, and masked ones, become zero. */
export function scatterSteps(to: usize, from: usize, order: usize, active: usize, mask: usize, T: i32, B: i32, bytes: usize): void {
  for (let t: i32 = 0; t < T; t++) {
    const rows = load<i32>(active + (<usize>t << 2));
    for (let p: i32 = 0; p < B; p++) {
      const row = <usize>(t * B + load<i32>(order + (<usize>p << 2)));
      if (p >= rows || (mask && !load<i32>(mask + (row << 2)))) memory.fill(to + row * bytes, 0, bytes);
      else memory.copy(to + row * bytes, from + <usize>(t * B + p) * bytes, bytes);
    }
  }
}
