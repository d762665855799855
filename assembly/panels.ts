/*
 * Packed panels: the form in which `product` reads a matrix (gemm.ts draws it). A panel holds 16 columns, one row of the
 * chain after the other, and stands beside its neighbour; columns past the end are zero.
 *
 *   packColumns   panels of the matrix itself, B[K, N]
 *   packRows      panels of its transpose: row r of W[N, K] becomes column r (a weight in PyTorch's layout)
 *   packGates     the same for gates of H rows each: one panel holds four gates of four neighbouring units, i f g o of the
 *                 LSTM, so that the product leaves the four vectors that the cell needs side by side
 */
import { PANEL, PANEL_BYTES } from './gemm';
import { splat, transpose4x4 } from './simd';

/** Where panel `n` begins. */
// @ts-ignore: decorator
@inline
export function panelAt(panels: usize, n: i32, K: i32): usize {
  return panels + (<usize>(n & ~1) * K + (n & 1)) * PANEL_BYTES;
}

/** From a row of it to the next. */
// @ts-ignore: decorator
@inline
export function panelStep(n: i32, count: i32): usize {
  return (n | 1) < count ? 2 * PANEL_BYTES : PANEL_BYTES;
}

/** Writes `count` rows of W[·, K], the first at `row`, as four columns of a panel, zeros for the missing ones. */
function packFour(panel: usize, step: usize, row: usize, count: i32, K: i32): void {
  const stride = <usize>K << 2;
  let k: i32 = 0;
  for (; count > 0 && k + 4 <= K; k += 4) {
    transpose4x4(panel, step, row, stride, count);
    row += 16;
    panel += 4 * step;
  }
  for (; k < K; k++) {
    v128.store(panel, splat(0));
    for (let n: i32 = 0; n < count; n++) {
      const column = <usize>n;
      store<f32>(panel + (column << 2), load<f32>(row + column * stride));
    }
    row += 4;
    panel += step;
  }
}

export function packRows(panels: usize, W: usize, N: i32, K: i32): void {
  const count = (N + PANEL - 1) / PANEL;
  for (let n: i32 = 0; n < count; n++) {
    const panel = panelAt(panels, n, K);
    for (let quad: i32 = 0; quad < 4; quad++) {
      const row = n * PANEL + 4 * quad;
      const from = W + (<usize>row * K << 2);
      packFour(panel + (<usize>quad << 4), panelStep(n, count), from, min(N - row, 4), K);
    }
  }
}

/** Which block of rows a gate's columns come from: four of them in `order`, four bits each, from the lowest; 15 for none. */
// @ts-ignore: decorator
@inline
function blockOf(order: i32, gate: i32): i32 {
  return (order >> (4 * gate)) & 15;
}

/** W[blocks of H rows, K]; `order` tells which of them are the four gates of a panel. */
export function packGates(panels: usize, W: usize, H: i32, K: i32, order: i32): void {
  const count = (H + 3) >> 2;
  for (let n: i32 = 0; n < count; n++) {
    const panel = panelAt(panels, n, K);
    for (let gate: i32 = 0; gate < 4; gate++) {
      const block = blockOf(order, gate);
      const from = W + (<usize>(block * H + 4 * n) * K << 2);
      const rows = block == 15 ? 0 : min(H - 4 * n, 4);
      packFour(panel + (<usize>gate << 4), panelStep(n, count), from, rows, K);
    }
  }
}

/** Rows of B[K, N] lie `stride` values from each other. */
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
function addBiases(out: usize, first: usize, second: usize, count: i32): void {
  for (let r: i32 = 0; r < count; r++) {
    const at = <usize>r << 2;
    let sum: f32 = 0;
    if (first) sum = load<f32>(first + at);
    if (second) sum += load<f32>(second + at);
    store<f32>(out + at, sum);
  }
}

/** The sum of the two biases in the order of the gates' panels, each as its weight's; zero for missing units. */
export function packGateBias(
  packed: usize, first: usize, second: usize, H: i32, firstOrder: i32, secondOrder: i32,
): void {
  memory.fill(packed, 0, <usize>((H + 3) >> 2) << 6);
  for (let unit: i32 = 0; unit < H; unit += 4) {
    for (let gate: i32 = 0; gate < 4; gate++) {
      const a = biasAt(first, H, blockOf(firstOrder, gate), unit);
      const b = biasAt(second, H, blockOf(secondOrder, gate), unit);
      addBiases(packed + (<usize>gate << 4), a, b, min(H - unit, 4));
    }
    packed += 64;
  }
}

function biasAt(bias: usize, H: i32, block: i32, unit: i32): usize {
  return bias && block != 15 ? bias + (<usize>(block * H + unit) << 2) : 0;
}

export function packBias(packed: usize, first: usize, second: usize, N: i32): void {
  addBiases(packed, first, second, N);
}
