/*
 * Packed panels: the layout in which `product` reads a matrix (see the drawing in gemm.ts). A panel holds 16 columns, k after
 * k, and is interleaved with the other panel of its pair; columns past the end are zero.
 *
 *   packColumns   panels of the matrix itself, B[K, N]
 *   packRows      panels of its transpose: row r of W[N, K] becomes column r (a weight in PyTorch's layout)
 *   packGates     the same for gates of H rows each: one panel holds the gates i f g o of four neighbouring units, so
 *                 that the product writes the four vectors that the LSTM's cell needs side by side
 */
import { PANEL, PANEL_BYTES } from './gemm';
import { rowsToColumns } from './transpose';

/** The address of panel `n`. */
// @ts-ignore: decorator
@inline
export function panelAt(panels: usize, n: i32, K: i32): usize {
  return panels + (<usize>(n & ~1) * K + (n & 1)) * PANEL_BYTES;
}

/** Bytes from one row of panel `n` of `count` to the next. */
// @ts-ignore: decorator
@inline
export function panelStep(n: i32, count: i32): usize {
  return (n | 1) < count ? 2 * PANEL_BYTES : PANEL_BYTES;
}

export function packRows(panels: usize, W: usize, N: i32, K: i32): void {
  const count = (N + PANEL - 1) / PANEL;
  for (let n: i32 = 0; n < count; n++) {
    const panel = panelAt(panels, n, K);
    for (let quad: i32 = 0; quad < 4; quad++) {
      const row = n * PANEL + 4 * quad;
      const from = W + (<usize>row * K << 2);
      rowsToColumns(panel + (<usize>quad << 4), panelStep(n, count), from, <usize>K << 2, min(N - row, 4), K);
    }
  }
}

/** Of W[4H, K], with a block of H rows for each gate. */
export function packGates(panels: usize, W: usize, H: i32, K: i32): void {
  const count = (H + 3) >> 2;
  for (let n: i32 = 0; n < count; n++) {
    const panel = panelAt(panels, n, K);
    for (let gate: i32 = 0; gate < 4; gate++) {
      const from = W + (<usize>(gate * H + 4 * n) * K << 2);
      rowsToColumns(panel + (<usize>gate << 4), panelStep(n, count), from, <usize>K << 2, min(H - 4 * n, 4), K);
    }
  }
}

/** Rows of B[K, N] are `stride` values apart. */
export function packColumns(panels: usize, B: usize, stride: i32, K: i32, N: i32): void {
  const count = (N + PANEL - 1) / PANEL;
  for (let n: i32 = 0; n < count; n++) {
    const bytes = <usize>min(N - n * PANEL, PANEL) << 2;
    const step = panelStep(n, count);
    let panel = panelAt(panels, n, K);
    let row = B + (<usize>n << 6);
    for (let k: i32 = 0; k < K; k++) {
      if (bytes == PANEL_BYTES) {
        v128.store(panel, v128.load(row));
        v128.store(panel, v128.load(row, 16), 16);
        v128.store(panel, v128.load(row, 32), 32);
        v128.store(panel, v128.load(row, 48), 48);
      } else {
        memory.fill(panel, 0, PANEL_BYTES);
        memory.copy(panel, row, bytes);
      }
      row += <usize>stride << 2;
      panel += step;
    }
  }
}

/** out[r] = first[r] + second[r] over `count` values; either may be missing (0). */
export function packBias(out: usize, first: usize, second: usize, count: i32): void {
  for (let r: i32 = 0; r < count; r++) {
    const at = <usize>r << 2;
    let sum: f32 = 0;
    if (first) sum = load<f32>(first + at);
    if (second) sum += load<f32>(second + at);
    store<f32>(out + at, sum);
  }
}

/** The sum of the two biases in the order of `packGates`; zero for units past the end. */
export function packGateBias(packed: usize, first: usize, second: usize, H: i32): void {
  memory.fill(packed, 0, <usize>((H + 3) >> 2) << 6);
  for (let unit: i32 = 0; unit < H; unit += 4) {
    for (let gate: i32 = 0; gate < 4; gate++) {
      const at = <usize>(gate * H + unit) << 2;
      packBias(packed + (<usize>gate << 4), first && first + at, second && second + at, min(H - unit, 4));
    }
    packed += 64;
  }
}
