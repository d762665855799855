/*
 * The matrix product C[M, N] = S + A[M, K] · W, over packed panels of W (panels.ts).
 *
 *   two panels side by side:  k = 0 | 16 columns | 16 columns |  k = 1 | 16 columns | 16 columns | …
 *   an unpaired last panel:   k = 0 | 16 columns |  k = 1 | 16 columns | …
 *
 * A panel's row is one cache line. One row of A reads a pair in the order of memory, which hardware prefetches:
 * 5 to 16 % faster than two separate panels.
 *
 * Each element is one chain of `madd`, which starts from S and goes through k in increasing order, whatever tile computes it.
 * S is a bias row (stride 0), or C itself to resume a stored chain. An element therefore depends only on its row of A and
 * its column of W: not on M, its neighbours, or where a cache block begins.
 *
 * A tile is two rows by one panel, or one row by two panels: eight accumulators, which fit with the operands in
 * the 15 vector registers that V8 leaves on x64. Three rows by 16 spill and run at half the speed.
 */
import { madd } from './simd';

/** Columns of a panel, and bytes of its row. */
export const PANEL: i32 = 16;
export const PANEL_BYTES: usize = 64;
const PAIR: i32 = 2 * PANEL;
const PAIR_BYTES: usize = 2 * PANEL_BYTES;

/** A block of a panel, 16 kB, fits the first-level cache, a block of A, 64 kB, the second-level cache. */
const BLOCK_K: i32 = 256;
const BLOCK_ROWS: i32 = 64;

const edgeTile = memory.data(2 * 64, 16);

/** Two rows by one panel, whose rows are `step` bytes apart. The chains start from `s0 s1` and end in `c0 c1`. */
// @ts-ignore: decorator
@inline
function tile2x16(c0: usize, c1: usize, s0: usize, s1: usize, a0: usize, a1: usize, panel: usize, step: usize, K: i32): void {
  let x0 = v128.load(s0);
  let x1 = v128.load(s0, 16);
  let x2 = v128.load(s0, 32);
  let x3 = v128.load(s0, 48);
  let y0 = v128.load(s1);
  let y1 = v128.load(s1, 16);
  let y2 = v128.load(s1, 32);
  let y3 = v128.load(s1, 48);
  for (const end = panel + <usize>K * step; panel < end; panel += step) {
    const u = v128.load32_splat(a0);
    const v = v128.load32_splat(a1);
    const w0 = v128.load(panel);
    x0 = madd(u, w0, x0);
    y0 = madd(v, w0, y0);
    const w1 = v128.load(panel, 16);
    x1 = madd(u, w1, x1);
    y1 = madd(v, w1, y1);
    const w2 = v128.load(panel, 32);
    x2 = madd(u, w2, x2);
    y2 = madd(v, w2, y2);
    const w3 = v128.load(panel, 48);
    x3 = madd(u, w3, x3);
    y3 = madd(v, w3, y3);
    a0 += 4;
    a1 += 4;
  }
  v128.store(c0, x0);
  v128.store(c0, x1, 16);
  v128.store(c0, x2, 32);
  v128.store(c0, x3, 48);
  v128.store(c1, y0);
  v128.store(c1, y1, 16);
  v128.store(c1, y2, 32);
  v128.store(c1, y3, 48);
}

/** One row by one panel. */
function tile1x16(c: usize, s: usize, a: usize, panel: usize, step: usize, K: i32): void {
  let x0 = v128.load(s);
  let x1 = v128.load(s, 16);
  let x2 = v128.load(s, 32);
  let x3 = v128.load(s, 48);
  for (const end = panel + <usize>K * step; panel < end; panel += step) {
    const u = v128.load32_splat(a);
    x0 = madd(u, v128.load(panel), x0);
    x1 = madd(u, v128.load(panel, 16), x1);
    x2 = madd(u, v128.load(panel, 32), x2);
    x3 = madd(u, v128.load(panel, 48), x3);
    a += 4;
  }
  v128.store(c, x0);
  v128.store(c, x1, 16);
  v128.store(c, x2, 32);
  v128.store(c, x3, 48);
}

/** One row by a pair of panels: eight chains keep the multiply-add units busy even for a single row. */
// @ts-ignore: decorator
@inline
function tile1x32(c: usize, s: usize, a: usize, panel: usize, K: i32): void {
  let x0 = v128.load(s);
  let x1 = v128.load(s, 16);
  let x2 = v128.load(s, 32);
  let x3 = v128.load(s, 48);
  let y0 = v128.load(s, 64);
  let y1 = v128.load(s, 80);
  let y2 = v128.load(s, 96);
  let y3 = v128.load(s, 112);
  for (const end = panel + <usize>K * PAIR_BYTES; panel < end; panel += PAIR_BYTES) {
    const u = v128.load32_splat(a);
    x0 = madd(u, v128.load(panel), x0);
    x1 = madd(u, v128.load(panel, 16), x1);
    x2 = madd(u, v128.load(panel, 32), x2);
    x3 = madd(u, v128.load(panel, 48), x3);
    y0 = madd(u, v128.load(panel, 64), y0);
    y1 = madd(u, v128.load(panel, 80), y1);
    y2 = madd(u, v128.load(panel, 96), y2);
    y3 = madd(u, v128.load(panel, 112), y3);
    a += 4;
  }
  v128.store(c, x0);
  v128.store(c, x1, 16);
  v128.store(c, x2, 32);
  v128.store(c, x3, 48);
  v128.store(c, y0, 64);
  v128.store(c, y1, 80);
  v128.store(c, y2, 96);
  v128.store(c, y3, 112);
}

/** M rows by a pair of panels, 32 columns of C. Strides are in bytes. */
function pairRows(
  C: usize, cStride: usize, S: usize, sStride: usize, A: usize, aStride: usize, pair: usize, M: i32, K: i32,
): void {
  const even = M & ~1;
  if (even) {
    panelRows(C, cStride, S, sStride, A, aStride, pair, PAIR_BYTES, even, K);
    panelRows(C + PANEL_BYTES, cStride, S + PANEL_BYTES, sStride, A, aStride, pair + PANEL_BYTES, PAIR_BYTES, even, K);
  }
  if (M > even) {
    tile1x32(C + <usize>even * cStride, S + <usize>even * sStride, A + <usize>even * aStride, pair, K);
  }
}

/** M rows by one panel. */
function panelRows(
  C: usize, cStride: usize, S: usize, sStride: usize, A: usize, aStride: usize, panel: usize, step: usize, M: i32, K: i32,
): void {
  for (; M >= 2; M -= 2) {
    tile2x16(C, C + cStride, S, S + sStride, A, A + aStride, panel, step, K);
    C += cStride << 1;
    S += sStride << 1;
    A += aStride << 1;
  }
  if (M) tile1x16(C, S, A, panel, step, K);
}

/** M rows by the last panel, of which only `width` columns exist: computed in `edgeTile` and copied from there. */
function edgeRows(
  C: usize, cStride: usize, S: usize, sStride: usize, A: usize, aStride: usize, panel: usize, step: usize, M: i32, K: i32,
  width: i32,
): void {
  const second = edgeTile + PANEL_BYTES;
  const bytes = <usize>width << 2;
  for (; M > 0; M -= 2) {
    memory.copy(edgeTile, S, bytes);
    if (M > 1) memory.copy(second, S + sStride, bytes);
    panelRows(edgeTile, PANEL_BYTES, edgeTile, PANEL_BYTES, A, aStride, panel, step, min(M, 2), K);
    memory.copy(C, edgeTile, bytes);
    if (M > 1) memory.copy(C + cStride, second, bytes);
    C += cStride << 1;
    S += sStride << 1;
    A += aStride << 1;
  }
}

/**
 * C[M, N] = S + A[M, K] · W over all panels of W. Strides are in values; `sStride` 0 repeats one bias row. A block of A stays
 * in the second-level cache while all panels are applied to it, a block of a panel in the first-level cache for all its rows.
 */
export function product(
  C: usize, cStride: i32, S: usize, sStride: i32, A: usize, aStride: i32, panels: usize, M: i32, N: i32, K: i32,
): void {
  const cs = <usize>cStride << 2;
  const as = <usize>aStride << 2;
  for (let m: i32 = 0; m < M; m += BLOCK_ROWS) {
    const c = C + <usize>m * cs;
    const rows = min(M - m, BLOCK_ROWS);
    let s = S + <usize>m * (<usize>sStride << 2);
    let ss = <usize>sStride << 2;
    let k: i32 = 0;
    do {
      const a = A + <usize>m * as + (<usize>k << 2);
      blockProduct(c, cs, s, ss, a, as, panels, rows, N, K, k, min(K - k, BLOCK_K));
      s = c;
      ss = cs;
      k += BLOCK_K;
    } while (k < K);
  }
}

/** The part of the product over `count` values of k from `first` on; A points to value `first`. Strides are in bytes. */
export function blockProduct(
  C: usize, cs: usize, S: usize, ss: usize, A: usize, as: usize, panels: usize, M: i32, N: i32, K: i32, first: i32,
  count: i32,
): void {
  let n: i32 = 0;
  for (; n + PAIR <= N; n += PAIR) {
    const at = <usize>n << 2;
    pairRows(C + at, cs, S + at, ss, A, as, panels + <usize>first * PAIR_BYTES, M, count);
    panels += <usize>K * PAIR_BYTES;
  }
  const step = N - n > PANEL ? PAIR_BYTES : PANEL_BYTES;
  let panel = panels + <usize>first * step;
  for (; n < N; n += PANEL) {
    const at = <usize>n << 2;
    if (n + PANEL <= N) panelRows(C + at, cs, S + at, ss, A, as, panel, step, M, count);
    else edgeRows(C + at, cs, S + at, ss, A, as, panel, step, M, count, N - n);
    panel += PANEL_BYTES;
  }
}
