/*
 * Sequences of different lengths, and masked steps. Inside a layer, sequences are sorted by length, longest first, so that step
 * t computes the first `active[t]` rows. `gatherSteps` copies rows to this order, `scatterSteps` back. Neither reads a value
 * past the end of a sequence or where `mask` [T, B] of i32 (in the original order) is 0: padding may hold anything.
 */
import { Pass } from './pass';

/** Sorts by length, longest first: writes the order, the sorted lengths, and the number of rows that each step computes. */
export function sortSequences(pass: Pass): void {
  let rows: i32 = 0;
  for (let t = pass.T; t >= 0; t--) {
    for (let b: i32 = 0; b < pass.B; b++) {
      if (load<i32>(pass.lengths + (<usize>b << 2)) != t) continue;
      const at = <usize>rows << 2;
      store<i32>(pass.order + at, b);
      store<i32>(pass.sortedLengths + at, t);
      rows++;
    }
    if (t > 0) store<i32>(pass.active + (<usize>(t - 1) << 2), rows);
  }
}

/** Copies row order[p] of each step to row p; masked rows become zero. Rows are `bytes` long. */
export function gatherSteps(pass: Pass, to: usize, from: usize, mask: usize, bytes: usize): void {
  for (let t: i32 = 0; t < pass.T; t++) {
    const rows = load<i32>(pass.active + (<usize>t << 2));
    for (let p: i32 = 0; p < rows; p++) {
      const row = originalRow(pass, t, p);
      const inside = to + <usize>(t * pass.B + p) * bytes;
      if (mask && !load<i32>(mask + (row << 2))) memory.fill(inside, 0, bytes);
      else memory.copy(inside, from + row * bytes, bytes);
    }
  }
}

/** Copies row p of each step to row order[p]; rows that the step did not compute and masked rows become zero. */
export function scatterSteps(pass: Pass, to: usize, from: usize, mask: usize, bytes: usize): void {
  for (let t: i32 = 0; t < pass.T; t++) {
    const rows = load<i32>(pass.active + (<usize>t << 2));
    for (let p: i32 = 0; p < pass.B; p++) {
      const row = originalRow(pass, t, p);
      if (p >= rows || (mask && !load<i32>(mask + (row << 2)))) memory.fill(to + row * bytes, 0, bytes);
      else memory.copy(to + row * bytes, from + <usize>(t * pass.B + p) * bytes, bytes);
    }
  }
}

/** The index of row p of step t in the original order. */
function originalRow(pass: Pass, t: i32, p: i32): usize {
  return <usize>(t * pass.B + load<i32>(pass.order + (<usize>p << 2)));
}
