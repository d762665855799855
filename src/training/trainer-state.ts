import { describe } from '../validation/errors.js';
import { checkOneOf, checkSize, parseWhole } from '../validation/options.js';
import type { Tensor } from '../validation/tensor.js';
import type { AccumulationState } from './accumulation.js';
import type { MonitorState } from './monitor.js';
import type { OptimizerState } from './optimizer-state.js';
import type { ScheduleState } from './rates.js';

/** A trainer's state as plain data; `step` as text, since a number may outgrow what a file's reader holds exactly. */
export interface TrainerState {
  readonly step: string;
  readonly variant: 'simd' | 'relaxed';
  readonly optimizer: OptimizerState;
  /** How many threads it ran on, where that was more than one. */
  readonly threads?: number;
  /** Where it has a schedule. */
  readonly schedule?: ScheduleState;
  /** Where it validates: what its validations came to. */
  readonly monitor?: MonitorState;
  /** Whether a validation was due, or not finished. */
  readonly due?: boolean;
  /** Where batches wait for a step to be complete. */
  readonly accumulated?: AccumulationState;
}

/** The step of a state. */
export function checkState(state: TrainerState): number {
  if (state === null || typeof state !== 'object')
    throw new TypeError(`state expected that of a Trainer, got ${describe(state)}`);
  const step = parseWhole(state.step);
  if (Number.isNaN(step))
    throw new RangeError(`state.step expected a whole number as text, got ${describe(state.step)}`);
  const { variant = 'simd', threads = 1 } = state;
  checkOneOf('state.variant', variant, ['simd', 'relaxed']);
  checkSize('state.threads', threads);
  return step;
}

/** Tells of what it ran on, where that is not what it goes on with. */
export function warnOfChange(
  { variant, threads = 1, schedule }: TrainerState,
  now: { variant: 'simd' | 'relaxed'; threads: number; scheduled: boolean },
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
  if (schedule && !now.scheduled)
    console.warn('lstm-wasm: this training had a schedule and goes on without one: its rate stays as it is');
}

/** A state with each of its arrays replaced, in one order, the same at every place that states go to and come from. */
export function mapArrays(
  state: TrainerState,
  replace: (array: Tensor, name: string) => Tensor,
): TrainerState {
  const slots = state.optimizer.slots.map((slot, n) => {
    if (slot === null) return null;
    const arrays = Object.entries(slot.arrays).map(([name, array]) => [
      name,
      replace(array, `optimizer/${n}/${name}`),
    ]);
    return { ...slot, arrays: Object.fromEntries(arrays) };
  });
  const { monitor, accumulated } = state;
  const weights = monitor?.weights?.map((one, n) => replace(one, `best/${n}`));
  const gradients = accumulated?.gradients.map((one, n) => one && replace(one, `accumulated/${n}`));
  return {
    ...state,
    optimizer: { ...state.optimizer, slots },
    ...(monitor && { monitor: { ...monitor, ...(weights && { weights }) } }),
    ...(accumulated && gradients && { accumulated: { ...accumulated, gradients } }),
  };
}
