import { describe } from '../validation/errors.js';
import { checkOneOf, checkSize, parseWhole } from '../validation/options.js';
import type { Tensor } from '../validation/tensor.js';
import type { AccumulationState } from './accumulation.js';
import type { MonitorState } from './monitor.js';
import type { OptimizerState } from './optimizer-state.js';
import type { ScheduleState } from './rates.js';

/** A trainer's state as plain data. `step` is text, since not every JSON reader holds large numbers exactly. */
export interface TrainerState {
  readonly step: string;
  readonly variant: 'simd' | 'relaxed';
  readonly optimizer: OptimizerState;
  /** The number of threads, if more than one. */
  readonly threads?: number;
  /** The state of the schedule, if there is one. */
  readonly schedule?: ScheduleState;
  /** The results of the validations, if the trainer validates. */
  readonly monitor?: MonitorState;
  /** Whether a validation was due, or not finished. */
  readonly due?: boolean;
  /** The batches accumulated for the next step, if there are any. */
  readonly accumulated?: AccumulationState;
}

/** Checks a state. @returns its step */
export function checkState(state: TrainerState): number {
  if (state === null || typeof state !== 'object')
    throw new TypeError(`state expected the state of a Trainer, got ${describe(state)}`);
  const step = parseWhole(state.step);
  if (Number.isNaN(step))
    throw new RangeError(`state.step expected a whole number as text, got ${describe(state.step)}`);
  const { variant = 'simd', threads = 1 } = state;
  checkOneOf('state.variant', variant, ['simd', 'relaxed']);
  checkSize('state.threads', threads);
  return step;
}

/** Warns if the binary, the number of threads or the schedule is not that of the saved training. */
export function warnOfChange(
  { variant, threads = 1, schedule }: TrainerState,
  now: { variant: 'simd' | 'relaxed'; threads: number; scheduled: boolean },
): void {
  if (variant !== now.variant) {
    console.warn(
      `lstm-wasm: this training ran on the ${variant} binary and continues on ${now.variant}: its results may differ in the last bits`,
    );
  }
  if (threads !== now.threads) {
    console.warn(
      `lstm-wasm: this training ran with threads: ${threads} and continues with threads: ${now.threads}: its results may differ in the last bits`,
    );
  }
  if (schedule && !now.scheduled)
    console.warn(
      'lstm-wasm: this training had a schedule and continues without one: its rate stays constant',
    );
}

/** A copy of a state with each array replaced, always in the same order. */
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
