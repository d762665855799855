/*
 * The plain RNN (Elman 1990): h' = φ(W x + U h + b), φ tanh or relu. Its gradient passes through U and φ′ at each step,
 *
 *   da = (dy + dh′)∘φ′(a)        dh = Uᵀ da
 *
 * which is why it vanishes or explodes: nothing carries it past the product, as the LSTM's cell does.
 */
import { activationForward, RELU } from './activation';
import { product } from './gemm';
import { inputGradient } from './linear';
import { Plan } from './plan';
import { flush, inputProduct, parameterGradients } from './recurrent';
import { splat, storeLanes } from './simd';

/** Steps t0 … t1 − 1 forward. */
export function rnnForward(plan: Plan, t0: i32, t1: i32): void {
  const B = plan.B;
  const H = plan.H;
  const size = <usize>B * H << 2;
  let y = plan.y + <usize>t0 * size;
  inputProduct(y + size, plan, H, t0, t1);
  for (let t = t0; t < t1; t++) {
    const next = y + size;
    product(next, H, next, H, y, H, plan.hiddenPanels, B, H, H);
    activationForward(next, next, B * H, plan.nonlinearity);
    y = next;
  }
}

/** Backward through the steps T − 1 … 0 of a recorded forward; `gates` [T, B, H] takes da. */
export function rnnBackward(plan: Plan, T: i32): void {
  const B = plan.B;
  const H = plan.H;
  for (let t = T - 1; t >= 0; t--) {
    cellBackward(plan, t);
    inputGradient(plan.dh, plan.gates + (<usize>t * B * H << 2), plan.hiddenBackPanels, B, H, H);
  }
  parameterGradients(plan, T * B, H);
}

function cellBackward(plan: Plan, t: i32): void {
  const count = plan.B * plan.H;
  const row = <usize>t * count << 2;
  const h = plan.y + row + (<usize>count << 2);
  for (let n: i32 = 0; n < count; n += 4) {
    const at = <usize>n << 2;
    let dh = flush(v128.load(plan.dh + at));
    if (plan.dy) dh = f32x4.add(dh, v128.load(plan.dy + row + at));
    const value = v128.load(h + at);
    const da =
      plan.nonlinearity == RELU
        ? v128.and(dh, f32x4.gt(value, splat(0)))
        : f32x4.mul(dh, f32x4.sub(splat(1), f32x4.mul(value, value)));
    storeLanes(plan.gates + row + at, da, count - n);
  }
}
