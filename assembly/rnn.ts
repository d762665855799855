/*
 * The plain RNN (Elman 1990): h' = φ(W x + U h + b). Its gradient passes through U and φ′ at each step,
 *
 *   da = (dy + dh′)∘φ′(a)        dh = Uᵀ da
 *
 * which is why it vanishes or explodes: nothing carries it past the product, as the LSTM's cell does.
 */
import { activationBackward, activationForward } from './activation';
import { clampTo } from './clipping';
import { product } from './gemm';
import { after, General, Plan, rowsAt } from './plan';
import { zeroOutside } from './rows';

/** One step over the pre-activations `a`, which hold the input product, from h, rows `stride` values apart. */
export function rnnForwardStep(plan: Plan, o: General, t: i32, a: usize, h: usize, stride: i32): void {
  const H = plan.H;
  const rows = rowsAt(plan, t);
  const yRow = <usize>plan.yStride << 2;
  let y = after(plan, plan.y, t, <usize>plan.B * yRow);
  product(a, H, a, H, h, stride, plan.hiddenPanels, rows, H, H);
  for (let b: i32 = 0; b < rows; b++) {
    if (o.clip) clampTo(a, H, o.clip);
    activationForward(y, a, H, o.gate, o.gateAlpha, o.gateBeta);
    if (plan.gates) memory.copy(plan.gates + (<usize>((t * plan.B + b) * H) << 2), y, <usize>H << 2);
    a += <usize>H << 2;
    y += yRow;
  }
}

/** From dh [B, H] to da in `gates`, and Uᵀ da added to dState. */
export function rnnBackwardStep(plan: Plan, o: General, t: i32, dh: usize, dState: usize): void {
  const H = plan.H;
  const n = rowsAt(plan, t) * H;
  const at = <usize>(t * plan.B * H) << 2;
  const a = plan.product + at;
  const da = plan.gates + at;
  activationBackward(da, dh, a, da, n, o.gate, o.gateAlpha, o.gateBeta);
  if (o.clip) zeroOutside(da, a, n, o.clip);
  product(dState, H, dState, H, da, H, plan.hiddenBackPanels, rowsAt(plan, t), H, H);
}
