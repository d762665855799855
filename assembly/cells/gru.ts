/*
 * The GRU (Cho et al. 2014), in the order r z n. The reset gate acts behind the product, as PyTorch and cuDNN have it, or
 * before it, as the paper does; φ is tanh where no option says otherwise:
 *
 *   r = σ(W_r x + U_r h + b_r)        n = φ(W_n x + b_in + r∘m),  m = U_n h + b_hn      behind
 *   z = σ(W_z x + U_z h + b_z)        n = φ(W_n x + b_n + U_n q),  q = r∘h              before
 *   h' = (1 − z)∘n + z∘h
 *
 * Backward, with dh' = dy + what the later step sent back:
 *
 *   dz = dh'∘(h − n)       da_n = dh'∘(1 − z)∘φ′
 *   behind:  dm = da_n∘r   dr = da_n∘m      dh = dh'∘z + U_rᵀ da_r + U_zᵀ da_z + U_nᵀ dm
 *   before:  dq = U_nᵀ da_n   dr = dq∘h     dh = dh'∘z + U_rᵀ da_r + U_zᵀ da_z + dq∘r
 *
 * The fourth plane of the pre-activations holds m or q; that of the gradients dm, where there is an m.
 */
import { addHidden, addHiddenBack, candidateBackward, candidateForward } from './planes';
import { gateBackward, gateForward, gateOf, panelsOf, planeOf } from './planes';
import { product } from '../kernels/gemm';
import { Plan, rowsAt } from './plan';
import { addProduct, complement, mix, multiply, subtract } from '../kernels/rows';

/** Step `t`, number `n` of its call, from `old` h, and `h` as the products read it, to the new one. */
export function gruStepForward(plan: Plan, t: i32, n: i32, old: usize, h: usize, out: usize): void {
  const H = plan.H;
  const rows = rowsAt(plan, t);
  const count = rows * H;
  const r = gateOf(plan, 0, n);
  const z = gateOf(plan, 1, n);
  const candidate = gateOf(plan, 2, n);
  const sum = planeOf(plan, plan.product, 2, n);
  const last = planeOf(plan, plan.product, 3, n);
  for (let gate: i32 = 0; gate < 2; gate++) {
    const a = planeOf(plan, plan.product, gate, n);
    addHidden(plan, gate, t, a, h);
    gateForward(plan, gateOf(plan, gate, n), a, count);
  }
  if (plan.resetBefore) {
    multiply(last, r, h, count);
    addHidden(plan, 2, t, sum, last);
  } else {
    const bias = plan.bias + (<usize>(3 * H) << 2);
    product(last, H, bias, 0, h, H, panelsOf(plan.hiddenPanels, 2, H, H), rows, H, H);
    addProduct(sum, r, last, count);
  }
  candidateForward(plan, candidate, sum, count);
  complement(plan.blend, z, count);
  mix(out, z, old, plan.blend, candidate, count);
}

/** From dh to da over the gates; what goes to `old` h is added to plan.dh, or where it passes a product, to dState. */
export function gruStepBackward(plan: Plan, t: i32, old: usize, dh: usize, dState: usize): void {
  const H = plan.H;
  const count = rowsAt(plan, t) * H;
  const d = plan.dGate;
  const r = gateOf(plan, 0, t);
  const z = gateOf(plan, 1, t);
  const n = gateOf(plan, 2, t);
  const dm = gateOf(plan, 3, t);
  const a = planeOf(plan, plan.product, 0, t);
  addProduct(plan.dh, dh, z, count);
  if (plan.held) return;
  complement(d, z, count);
  multiply(d, d, dh, count);
  subtract(dm, old, n, count);
  multiply(dm, dm, dh, count);
  gateBackward(plan, z, dm, planeOf(plan, plan.product, 1, t), count);
  addHiddenBack(plan, 1, t, dState, z);
  candidateBackward(plan, n, d, planeOf(plan, plan.product, 2, t), count);
  if (plan.resetBefore) {
    memory.fill(d, 0, <usize>count << 2);
    addHiddenBack(plan, 2, t, d, n);
    addProduct(dState, d, r, count);
    multiply(d, d, plan.dropped ? plan.hidden + (<usize>(t * plan.B * H) << 2) : old, count);
  } else {
    multiply(dm, n, r, count);
    addHiddenBack(plan, 2, t, dState, dm);
    multiply(d, n, planeOf(plan, plan.product, 3, t), count);
  }
  gateBackward(plan, r, d, a, count);
  addHiddenBack(plan, 0, t, dState, r);
}
