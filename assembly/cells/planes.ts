/* Shared by the cells of the general kernel: addresses of planes, products of planes, and gates forward and backward. */
import { activationBackward, activationForward } from '../kernels/activation';
import { clampTo } from '../kernels/rows';
import { product } from '../kernels/gemm';
import { Plan, rowsAt } from './plan';
import { zeroOutside } from '../kernels/rows';

/** Step `n` of a gate's plane. */
export function planeOf(plan: Plan, base: usize, gate: i32, n: i32): usize {
  return base + (<usize>((gate * plan.chunk + n) * plan.B * plan.H) << 2);
}

/** The gate's values; they overwrite its pre-activations if nothing is kept. */
export function gateOf(plan: Plan, gate: i32, n: i32): usize {
  return planeOf(plan, plan.gates ? plan.gates : plan.product, gate, n);
}

/** Part `n` of panels that were packed `columns` columns and K rows of the chain at a time. */
export function panelsOf(panels: usize, n: i32, columns: i32, K: i32): usize {
  return panels + (<usize>(n * ((columns + 15) >> 4) * K) << 6);
}

/** out[rows, H] += U h of one gate, for dense h [rows, R]. */
export function addHidden(plan: Plan, gate: i32, t: i32, out: usize, h: usize): void {
  const H = plan.H;
  const R = plan.R;
  product(out, H, out, H, h, R, panelsOf(plan.hiddenPanels, gate, H, R), rowsAt(plan, t), H, R);
}

/** out[rows, R] += Uᵀ da of one gate. */
export function addHiddenBack(plan: Plan, gate: i32, t: i32, out: usize, da: usize): void {
  const H = plan.H;
  const R = plan.R;
  product(out, R, out, R, da, H, panelsOf(plan.hiddenBackPanels, gate, R, H), rowsAt(plan, t), R, H);
}

/** The gate σ over its pre-activations. */
export function gateForward(plan: Plan, to: usize, a: usize, count: i32): void {
  if (plan.clip) clampTo(a, count, plan.clip);
  activationForward(to, a, count, plan.gateActivation, plan.gateAlpha, plan.gateBeta);
}

/** The candidate φ. */
export function candidateForward(plan: Plan, to: usize, a: usize, count: i32): void {
  if (plan.clip) clampTo(a, count, plan.clip);
  activationForward(to, a, count, plan.candidateActivation, plan.candidateAlpha, plan.candidateBeta);
}

/** da over the values of a gate, from their gradient `d` and the pre-activations `a`. */
export function gateBackward(plan: Plan, gate: usize, d: usize, a: usize, count: i32): void {
  activationBackward(gate, d, a, gate, count, plan.gateActivation, plan.gateAlpha, plan.gateBeta);
  if (plan.clip) zeroOutside(gate, a, count, plan.clip);
}

export function candidateBackward(plan: Plan, candidate: usize, d: usize, a: usize, count: i32): void {
  activationBackward(candidate, d, a, candidate, count, plan.candidateActivation, plan.candidateAlpha, plan.candidateBeta);
  if (plan.clip) zeroOutside(candidate, a, count, plan.clip);
}
