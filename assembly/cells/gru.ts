/*
 * The GRU (Cho et al. 2014), in the order r z n. The reset gate is applied after the product, as in PyTorch and cuDNN, or
 * before it, as in the paper; φ is tanh by default:
 *
 *   r = σ(W_r x + U_r h + b_r)        n = φ(W_n x + b_in + r∘m),  m = U_n h + b_hn      after
 *   z = σ(W_z x + U_z h + b_z)        n = φ(W_n x + b_n + U_n q),  q = r∘h              before
 *   h' = (1 − z)∘n + z∘h
 *
 * Backward, where dh' is dy plus the gradient from the later step:
 *
 *   dz = dh'∘(h − n)       da_n = dh'∘(1 − z)∘φ′
 *   after:   dm = da_n∘r   dr = da_n∘m      dh = dh'∘z + U_rᵀ da_r + U_zᵀ da_z + U_nᵀ dm
 *   before:  dq = U_nᵀ da_n   dr = dq∘h     dh = dh'∘z + U_rᵀ da_r + U_zᵀ da_z + dq∘r
 *
 * The fourth plane of the pre-activations holds m or q, that of the gradients dm, if there is an m.
 */
import { addHidden, addHiddenBack, candidateBackward, candidateForward } from './planes';
import { gateBackward, gateForward, gateOf, panelsOf, planeOf } from './planes';
import { product } from '../kernels/gemm';
import { Plan, rowsAt } from './plan';
import { addProduct, complement, multiply, subtract, sumOfProducts } from '../kernels/rows';

/** The planes of the gates and of m or q. */
export const enum GRUGate {
  R,
  Z,
  N,
  M,
}

/** Step `t`, number `n` of its call: from `old`, the old state, and `h`, the same under recurrent dropout, to `out`. */
export function gruStepForward(plan: Plan, t: i32, n: i32, old: usize, h: usize, out: usize): void {
  const H = plan.H;
  const rows = rowsAt(plan, t);
  const count = rows * H;
  const r = gateOf(plan, GRUGate.R, n);
  const z = gateOf(plan, GRUGate.Z, n);
  const candidate = gateOf(plan, GRUGate.N, n);
  const sum = planeOf(plan, plan.product, GRUGate.N, n);
  const last = planeOf(plan, plan.product, GRUGate.M, n);
  for (let gate: i32 = GRUGate.R; gate <= GRUGate.Z; gate++) {
    const a = planeOf(plan, plan.product, gate, n);
    addHidden(plan, gate, t, a, h);
    gateForward(plan, gateOf(plan, gate, n), a, count);
  }
  if (plan.resetBefore) {
    multiply(last, r, h, count);
    addHidden(plan, GRUGate.N, t, sum, last);
  } else {
    const bias = plan.bias + (<usize>(GRUGate.M * H) << 2);
    product(last, H, bias, 0, h, H, panelsOf(plan.hiddenPanels, GRUGate.N, H, H), rows, H, H);
    addProduct(sum, r, last, count);
  }
  candidateForward(plan, candidate, sum, count);
  complement(plan.blend, z, count);
  sumOfProducts(out, z, old, plan.blend, candidate, count);
}

/** From dh to da, which overwrites the gates. The gradient of `old` is added to plan.dh, but through products to dState. */
export function gruStepBackward(plan: Plan, t: i32, old: usize, dh: usize, dState: usize): void {
  const H = plan.H;
  const count = rowsAt(plan, t) * H;
  const d = plan.dGate;
  const r = gateOf(plan, GRUGate.R, t);
  const z = gateOf(plan, GRUGate.Z, t);
  const n = gateOf(plan, GRUGate.N, t);
  const dm = gateOf(plan, GRUGate.M, t);
  const a = planeOf(plan, plan.product, GRUGate.R, t);
  addProduct(plan.dh, dh, z, count);
  if (plan.constantGates) return;
  complement(d, z, count);
  multiply(d, d, dh, count);
  subtract(dm, old, n, count);
  multiply(dm, dm, dh, count);
  gateBackward(plan, z, dm, planeOf(plan, plan.product, GRUGate.Z, t), count);
  addHiddenBack(plan, GRUGate.Z, t, dState, z);
  candidateBackward(plan, n, d, planeOf(plan, plan.product, GRUGate.N, t), count);
  if (plan.resetBefore) {
    memory.fill(d, 0, <usize>count << 2);
    addHiddenBack(plan, GRUGate.N, t, d, n);
    addProduct(dState, d, r, count);
    multiply(d, d, plan.recurrentMask ? plan.droppedH + (<usize>(t * plan.B * H) << 2) : old, count);
  } else {
    multiply(dm, n, r, count);
    addHiddenBack(plan, GRUGate.N, t, dState, dm);
    multiply(d, n, planeOf(plan, plan.product, GRUGate.M, t), count);
  }
  gateBackward(plan, r, d, a, count);
  addHiddenBack(plan, GRUGate.R, t, dState, r);
}
