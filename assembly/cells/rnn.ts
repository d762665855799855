/*
 * The plain RNN (Elman 1990): h' = φ(W x + U h + b). Its gradient passes through U and φ′ at each step,
 *
 *   da = (dy + dh′)∘φ′(a)        dh = Uᵀ da
 *
 * which is why it vanishes or explodes: the RNN has no path past the product, as the LSTM has in its cell.
 */
import { addHidden, addHiddenBack, gateBackward, gateForward, gateOf, planeOf } from './planes';
import { Plan, rowsAt } from './plan';

/** Step `t`, number `n` of its call: from h to `out`. */
export function rnnStepForward(plan: Plan, t: i32, n: i32, h: usize, out: usize): void {
  const count = rowsAt(plan, t) * plan.H;
  const a = planeOf(plan, plan.product, 0, n);
  addHidden(plan, 0, t, a, h);
  gateForward(plan, out, a, count);
  if (plan.gates) memory.copy(gateOf(plan, 0, n), out, <usize>count << 2);
}

/** From dh to da, which overwrites the gate; adds Uᵀ da to dState. */
export function rnnStepBackward(plan: Plan, t: i32, dh: usize, dState: usize): void {
  if (plan.constantGates) return;
  const da = gateOf(plan, 0, t);
  gateBackward(plan, da, dh, planeOf(plan, plan.product, 0, t), rowsAt(plan, t) * plan.H);
  addHiddenBack(plan, 0, t, dState, da);
}
