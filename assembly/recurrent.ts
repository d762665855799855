/* What the recurrent cells share. */
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

/** After one step of a stream: the new h becomes the one that the next step reads. */
export function carryState(plan: Plan): void {
  const bytes = <usize>plan.B * plan.H << 2;
  memory.copy(plan.y, plan.y + bytes, bytes);
}
