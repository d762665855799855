/*
 * y = x Wᵀ + b over rows, and its gradients:
 *
 *   dx = dy W        dW += dyᵀ x        db += Σ dy over the rows
 *
 * The recurrent layers use the same gradients for their products.
 */
import { product } from '../kernels/gemm';
import { packColumns } from '../kernels/panels';
import { addTo } from '../kernels/rows';
import { transpose } from '../kernels/transpose';

/** Rows of x and dy in one block of the weight gradient: their panels stay in the first-level cache. */
export const BLOCK: i32 = 128;
/** Columns of dy that are summed together: a cache line. */
const STRIP: i32 = 16;

/** y[M, N] = x[M, K] · Wᵀ + bias; `bias` 0 for none. */
export function linearForward(y: usize, x: usize, panels: usize, bias: usize, M: i32, N: i32, K: i32): void {
  if (bias) {
    product(y, N, bias, 0, x, K, panels, M, N, K);
  } else {
    memory.fill(y, 0, (<usize>M * N) << 2);
    product(y, N, y, N, x, K, panels, M, N, K);
  }
}

/** dx[M, K] = dy[M, N] · W, over panels of the untransposed W[N, K]. */
export function inputGradient(dx: usize, dy: usize, backPanels: usize, M: i32, N: i32, K: i32): void {
  memory.fill(dx, 0, (<usize>M * K) << 2);
  product(dx, K, dx, K, dy, N, backPanels, M, K, N);
}

/** Bytes of scratch for the gradient of W[N, K]. */
export function gradientScratch(N: i32, K: i32): f64 {
  const panels = <f64>((K + 15) & ~15) * BLOCK * 4;
  const transposed = <f64>((N + 3) & ~3) * BLOCK * 4;
  return panels + transposed;
}

/**
 * dW[N, K] += dy[M, N]ᵀ · x[M, K], with rows of x `stride` values apart. Block by block over the rows, so each weight is one
 * chain in their order.
 */
export function weightGradient(
  dW: usize, dy: usize, x: usize, stride: i32, M: i32, N: i32, K: i32, scratch: usize,
): void {
  for (let row: i32 = 0; row < M; row += BLOCK) {
    const rows = min(BLOCK, M - row);
    transpose(scratch, dy + (<usize>row * N << 2), rows, N);
    const from = x + (<usize>row * stride << 2);
    addWeightGradient(dW, scratch, scratch + transposedBytes(N), from, stride, rows, N, K);
  }
}

/** Bytes of a block of dyᵀ in the scratch memory; the panels of x follow it. */
// @ts-ignore: decorator
@inline
export function transposedBytes(N: i32): usize {
  return <usize>((N + 3) & ~3) * BLOCK << 2;
}

/** One block: `transposed` is dyᵀ [N, M]; `panels` receives the packed x, whose rows are `stride` values apart. */
export function addWeightGradient(
  dW: usize, transposed: usize, panels: usize, x: usize, stride: i32, M: i32, N: i32, K: i32,
): void {
  packColumns(panels, x, stride, M, K);
  product(dW, K, dW, K, transposed, M, panels, N, K, M);
}

const sums = memory.data(STRIP * 4, 16);

/** db[N] += Σ dy[M, N] over the rows, and the same for `second`; either may be 0. */
export function biasGradient(db: usize, second: usize, dy: usize, M: i32, N: i32): void {
  // A strip may read past the last column, into the next row: those sums are never stored.
  for (let n: i32 = 0; n < N; n += STRIP) {
    const at = <usize>n << 2;
    let a = f32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    let row = dy + at;
    for (let m: i32 = 0; m < M; m++) {
      a = f32x4.add(a, v128.load(row));
      b = f32x4.add(b, v128.load(row, 16));
      c = f32x4.add(c, v128.load(row, 32));
      d = f32x4.add(d, v128.load(row, 48));
      row += <usize>N << 2;
    }
    v128.store(sums, a);
    v128.store(sums, b, 16);
    v128.store(sums, c, 32);
    v128.store(sums, d, 48);
    const width = min(N - n, STRIP);
    if (db) addTo(db + at, sums, width);
    if (second) addTo(second + at, sums, width);
  }
}
