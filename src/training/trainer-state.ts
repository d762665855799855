import { describe } from '../border/errors.js';
import type { OptimizerState } from './optimizer.js';

/** A trainer's state as plain data; `step` as text, since a number may outgrow what a file's reader holds exactly. */
export interface TrainerState {
  readonly step: string;
  readonly variant: 'simd' | 'relaxed';
  readonly optimizer: OptimizerState;
  /** How many threads it ran on, where that was more than one. */
  readonly threads?: number;
}

/** The step of a state. */
export function checkState(state: TrainerState): number {
  if (state === null || typeof state !== 'object')
    throw new TypeError(`state expected that of a Trainer, got ${describe(state)}`);
  const step = Number(state.step);
  if (!Number.isSafeInteger(step) || step < 0)
    throw new RangeError(`state.step expected a whole number as text, got ${describe(state.step)}`);
  return step;
}

/** Tells of what it ran on, where that is not what it goes on with. */
export function warnOfChange(
  { variant, threads = 1 }: TrainerState,
  now: { variant: 'simd' | 'relaxed'; threads: number },
): void {
  if (variant !== now.variant) {
    console.warn(
      `lstm-wasm: this training ran on the ${variant} binary and goes on with ${now.variant}: its results may differ in the last bits`,
    );
  }
  if (threads !== now.threads) {
    console.warn(
      `lstm-wasm: this training ran with threads: ${threads} and goes on with ${now.threads}: its results may differ in the last bits`,
    );
  }
}
