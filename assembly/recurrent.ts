/* What the recurrent cells share. */
import { biasGradient, inputGradient, weightGradients } from './linear';
import { splat } from './simd';
import { Plan } from './plan';

/**
 * Gradients that vanish end among the subnormals, which some processors handle ten to a hundred times slower: what is
 * carried from step to step and lies below 2^-100 becomes zero, the same in both binaries.
 */
// @ts-ignore: decorator
@inline
export function flush(carried: v128): v128 {
  // Not `and(…, ge)`: NaN must come through, or an explosion would look like a gradient of zero.
  return v128.andnot(carried, f32x4.lt(f32x4.abs(carried), splat(7.888609052210118e-31)));
}

/** The end of every backward: what follows from da [rows, columns] of all steps, which lies at `gates`. */
export function parameterGradients(plan: Plan, rows: i32, columns: i32): void {
  const da = plan.gates;
  if (plan.dx) inputGradient(plan.dx, da, plan.inputBackPanels, rows, columns, plan.I);
  weightGradients(
    plan.dInputWeight, plan.x, plan.I, plan.dHiddenWeight, plan.y, plan.H, da, rows, columns, plan.scratch,
  );
  biasGradient(plan.dInputBias, plan.dHiddenBias, da, rows, columns);
}

/** After one step of a stream: the new h becomes the one that the next step reads. */
export function carryState(plan: Plan): void {
  const bytes = <usize>plan.B * plan.H << 2;
  memory.copy(plan.y, plan.y + bytes, bytes);
}
