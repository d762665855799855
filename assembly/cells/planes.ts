/* What the cells of the general kernel share: addresses of planes, products of planes, and gates forward and backward. */
import { activationBackward, activationForward } from '../kernels/activation';
import { clampTo, zeroOutside } from '../kernels/rows';
import { product } from '../kernels/gemm';
import { Plan, rowsAt } from './plan';

/** The address of step `n` in a gate's plane. */
export function planeOf(plan: Plan, base: usize, gate: i32, n: i32): usize {
  return base + (<usize>((gate * plan.chunk + n) * plan.B * plan.H) << 2);
}

/** The address of a gate's values; they overwrite the pre-activations if nothing is recorded. */
export function gateOf(plan: Plan, gate: i32, n: i32): usize {
  return planeOf(plan, plan.gates ? plan.gates : plan.product, gate, n);
}

/** Part `n` of panels that were packed in parts of K rows and `columns` columns. */
export function panelsOf(panels: usize, n: i32, columns: i32, K: i32): usize {
  return panels + (<usize>(n * ((columns + 15) >> 4) * K) << 6);
}

/** out[rows, H] += U h for one gate, with dense h [rows, R]. */
export function addHidden(plan: Plan, gate: i32, t: i32, out: usize, h: usize): void {
  const H = plan.H;
  const R = plan.R;
  product(out, H, out, H, h, R, panelsOf(plan.hiddenPanels, gate, H, R), rowsAt(plan, t), H, R);
}

/** out[rows, R] += Uᵀ da for one gate. */
export function addHiddenBack(plan: Plan, gate: i32, t: i32, out: usize, da: usize): void {
  const H = plan.H;
  const R = plan.R;
  product(out, R, out, R, da, H, panelsOf(plan.hiddenBackPanels, gate, R, H), rowsAt(plan, t), R, H);
}

/** to = σ(a), for a gate */
export function gateForward(plan: Plan, to: usize, a: usize, count: i32): void {
  if (plan.clip) clampTo(a, count, plan.clip);
  activationForward(to, a, count, plan.gateActivation, plan.gateAlpha, plan.gateBeta);
}

/** to = φ(a), for the candidate */
export function candidateForward(plan: Plan, to: usize, a: usize, count: i32): void {
  if (plan.clip) clampTo(a, count, plan.clip);
  activationForward(to, a, count, plan.candidateActivation, plan.candidateAlpha, plan.candidateBeta);
}

/** Overwrites the values of a gate with da, from their gradient `d` and the pre-activations `a`. */
export function gateBackward(plan: Plan, gate: usize, d: usize, a: usize, count: i32): void {
  activationBackward(gate, d, a, gate, count, plan.gateActivation, plan.gateAlpha, plan.gateBeta);
  if (plan.clip) zeroOutside(gate, a, count, plan.clip);
}

export function candidateBackward(plan: Plan, candidate: usize, d: usize, a: usize, count: i32): void {
  activationBackward(candidate, d, a, candidate, count, plan.candidateActivation, plan.candidateAlpha, plan.candidateBeta);
  if (plan.clip) zeroOutside(candidate, a, count, plan.clip);
}
