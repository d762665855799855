/*
 * Products with one-hot rows, given as ids: the product selects one column of the weight, and its gradient changes only that
 * column. The results have the same bits as with the rows written out.
 */
import { PANEL } from './gemm';
import { panelAt, panelStep } from './panels';
import { add } from './rows';

/** C[M, N] = bias + column ids[m] of W[N, K], over its panels; rows of C are `stride` values apart. */
export function oneHotProduct(C: usize, stride: i32, bias: usize, ids: usize, panels: usize, M: i32, N: i32, K: i32): void {
  const count = (N + PANEL - 1) / PANEL;
  for (let m: i32 = 0; m < M; m++) {
    const id = <usize>load<u32>(ids);
    for (let n: i32 = 0; n < count; n++) {
      const row = panelAt(panels, n, K) + id * panelStep(n, count);
      const at = <usize>n << 6;
      add(C + at, bias + at, row, min(N - n * PANEL, PANEL));
    }
    C += <usize>stride << 2;
    ids += 4;
  }
}

/** dW[N, K] += dyᵀ x for one-hot rows x, in the order of the rows; `transposed` is dyᵀ [N, M]. */
export function oneHotGradient(dW: usize, transposed: usize, ids: usize, M: i32, N: i32, K: i32): void {
  for (let n: i32 = 0; n < N; n++) {
    for (let m: i32 = 0; m < M; m++) {
      const at = dW + (<usize>load<u32>(ids + (<usize>m << 2)) << 2);
      store<f32>(at, load<f32>(at) + load<f32>(transposed));
      transposed += 4;
    }
    dW += <usize>K << 2;
  }
}
