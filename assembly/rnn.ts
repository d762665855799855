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
import { after, before, Plan } from './plan';
import { flush, inputProduct, parameterGradients } from './recurrent';
import { splat, storeLanes } from './simd';

/** Steps t0 … t1 − 1 forward. */
export function rnnForward(plan: Plan, t0: i32, t1: i32): void {
  const B = plan.B;
  const H = plan.H;
  const stride = plan.yStride;
  const row = <usize>stride << 2;
  const size = <usize>B * row;
  inputProduct(after(plan, plan.y, t0, size), stride, plan, H, t0, t1);
  for (let n: i32 = 0; n < t1 - t0; n++) {
    const t = plan.reverse ? t1 - 1 - n : t0 + n;
    let y = after(plan, plan.y, t, size);
    product(y, stride, y, stride, before(plan, plan.y, t, size), stride, plan.hiddenPanels, B, H, H);
    for (let b: i32 = 0; b < B; b++) {
      activationForward(y, y, H, plan.nonlinearity);
      y += row;
    }
  }
}

/** Backward through the T steps of a recorded forward, the last one first; `gates` [T, B, H] takes da. */
export function rnnBackward(plan: Plan, T: i32): void {
  const B = plan.B;
  const H = plan.H;
  for (let n: i32 = 0; n < T; n++) {
    const t = plan.reverse ? n : T - 1 - n;
    cellBackward(plan, t);
    inputGradient(plan.dh, plan.gates + (<usize>t * B * H << 2), plan.hiddenBackPanels, B, H, H);
  }
  parameterGradients(plan, T * B, H);
}

function cellBackward(plan: Plan, t: i32): void {
  const B = plan.B;
  const H = plan.H;
  const row = <usize>plan.yStride << 2;
  let h = after(plan, plan.y, t, <usize>B * row);
  let dy = plan.dy + <usize>t * B * row;
  let da = plan.gates + (<usize>t * B * H << 2);
  let dState = plan.dh;
  for (let b: i32 = 0; b < B; b++) {
    for (let unit: i32 = 0; unit < H; unit += 4) {
      const at = <usize>unit << 2;
      let dh = flush(v128.load(dState + at));
      if (plan.dy) dh = f32x4.add(dh, v128.load(dy + at));
      const value = v128.load(h + at);
      const through =
        plan.nonlinearity == RELU
          ? v128.and(dh, f32x4.gt(value, splat(0)))
          : f32x4.mul(dh, f32x4.sub(splat(1), f32x4.mul(value, value)));
      storeLanes(da + at, through, H - unit);
    }
    h += row;
    dy += row;
    da += <usize>H << 2;
    dState += <usize>H << 2;
  }
}
