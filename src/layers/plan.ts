import type { Runtime } from '../runtime/runtime.js';

/** Bytes of a plan, whose fields assembly/plan.ts names in the order in which they are written here, 32 bits each. */
export const PLAN_BYTES = 98 * 4;

/** Where its parts begin, in words: the level's whole numbers behind its fractions, the sequence, backward. */
const LEVEL = 13;
const SEQUENCE = 35;
const BACKWARD = 50;

/** Clears a plan and writes its first part. */
export function writeLevel(
  { i32, f32 }: Runtime,
  plan: number,
  fractions: readonly number[],
  words: readonly number[],
): void {
  i32.fill(0, plan >>> 2, (plan + PLAN_BYTES) >>> 2);
  f32.set(fractions, plan >>> 2);
  i32.set(words, (plan >>> 2) + LEVEL);
}

/** What a sequence brings to a plan; 0 stands for nothing. */
export interface SequencePlan {
  /** Whether the general cell computes it. */
  readonly general: boolean;
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
  const { general, steps, batch, reverse, kept, training, x, ids, y, yStride, c, ragged } = sequence;
  const words = [+general, steps, batch, +reverse, +kept, +training, x, ids, y, yStride, c];
  i32.set([...words, ...(ragged?.words ?? [])], (plan >>> 2) + SEQUENCE);
}

export function writeBackward({ i32 }: Runtime, plan: number, words: readonly number[]): void {
  i32.set(words, (plan >>> 2) + BACKWARD + 1);
}

/** Where the gradient of y lies. */
export function writeOutputGradient({ i32 }: Runtime, plan: number, dy: number): void {
  i32[(plan >>> 2) + BACKWARD] = dy;
}
