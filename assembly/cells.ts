/* What the general cells share: where rows of a step lie, and the gradient of a gate. */
import { activationBackward } from './activation';
import { General, Plan } from './plan';
import { zeroOutside } from './rows';

/** Where row `b` of step `t` lies in what is kept of each step, `n` values a row. */
export function keptRow(plan: Plan, o: General, base: usize, t: i32, b: i32, n: i32): usize {
  return base + (<usize>((t * o.kept * plan.B + b) * n) << 2);
}

/** Where the zoneout of row `b` of step `t` lies. */
export function zoneoutRow(plan: Plan, zoneout: usize, bytes: i32, t: i32, b: i32): usize {
  return zoneout + <usize>((t * plan.B + b) * bytes);
}

export function isMasked(plan: Plan, o: General, t: i32, b: i32): bool {
  return o.mask != 0 && load<i32>(o.mask + (<usize>(t * plan.B + b) << 2)) == 0;
}

/** da of a gate from the gradient `d` of its values, its pre-activations `a`, and its values. */
export function gateBackward(da: usize, d: usize, a: usize, gate: usize, n: i32, o: General): void {
  activationBackward(da, d, a, gate, n, o.gate, o.gateAlpha, o.gateBeta);
  if (o.clip) zeroOutside(da, a, n, o.clip);
}
