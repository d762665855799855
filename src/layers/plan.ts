import type { Runtime } from '../runtime/runtime.js';

/** Bytes of a plan, whose fields assembly/plan.ts names in the order in which they are written here, 32 bits each. */
export const PLAN_BYTES = 109 * 4;

/** Where its parts begin, in words: the sequence behind the level, backward. */
const SEQUENCE = 63;
const BACKWARD = 77;

/** Clears a plan and writes its first part: the level. */
export function writeLevel({ i32 }: Runtime, plan: number, level: number): void {
  i32.fill(0, plan >>> 2, (plan + PLAN_BYTES) >>> 2);
  i32.copyWithin(plan >>> 2, level >>> 2, (level >>> 2) + SEQUENCE);
}

/** What a sequence brings to a plan; 0 stands for nothing. */
export interface SequencePlan {
  readonly steps: number;
  readonly batch: number;
  readonly reverse: boolean;
  readonly kept: boolean;
  readonly training: boolean;
  readonly x: number;
  readonly ids: number;
  readonly y: number;
  readonly yStride: number;
  readonly c: number;
  readonly ragged?: { readonly words: readonly number[] } | undefined;
}

export function writeSequence({ i32 }: Runtime, plan: number, sequence: SequencePlan): void {
  const { steps, batch, reverse, kept, training, x, ids, y, yStride, c, ragged } = sequence;
  const words = [steps, batch, +reverse, +kept, +training, x, ids, y, yStride, c];
  i32.set([...words, ...(ragged?.words ?? [])], (plan >>> 2) + SEQUENCE);
}

/** The level once more, with its gradients, and where dx and the scratch lie. */
export function writeBackward({ i32 }: Runtime, plan: number, level: number, words: readonly number[]): void {
  i32.copyWithin(plan >>> 2, level >>> 2, (level >>> 2) + SEQUENCE);
  i32.set(words, (plan >>> 2) + BACKWARD + 1);
}

/** Where the gradient of y lies. */
export function writeOutputGradient({ i32 }: Runtime, plan: number, dy: number): void {
  i32[(plan >>> 2) + BACKWARD] = dy;
}
