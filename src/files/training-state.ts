import { mapArrays, type TrainerState } from '../training/trainer-state.js';
import type { Tensor } from '../validation/tensor.js';
import type { NamedArray } from './safetensors.js';

/** Moves the arrays of a trainer's state to the tensors of a file. @returns the rest as JSON */
export function moveArraysToTensors(state: TrainerState, tensors: Record<string, NamedArray>): string {
  const rest = mapArrays(state, (array, name) => {
    tensors[name] = array;
    return null as never;
  });
  const slots = state.optimizer.slots.map((slot) => slot && { numbers: slot.numbers });
  return JSON.stringify({ ...rest, optimizer: { ...state.optimizer, slots } });
}

/**
 * Puts the arrays back into the state that {@link moveArraysToTensors} returned. Checks only what it needs to find their places; whoever
 * loads the state checks the rest.
 *
 * @throws RangeError if the state is damaged
 */
export function restoreArrays(state: TrainerState, tensors: Record<string, NamedArray>): TrainerState {
  const { optimizer, monitor, accumulated } = state ?? {};
  const slots: unknown = optimizer?.slots;
  if (!Array.isArray(slots) || slots.some((slot) => typeof slot !== 'object'))
    throw new RangeError(
      'the file\'s metadata "lstm-wasm.trainer" is damaged: it has no optimizer with slots',
    );
  const lists = [monitor?.weights ?? [], accumulated?.gradients ?? []];
  if (!lists.every(Array.isArray))
    throw new RangeError('the file\'s metadata "lstm-wasm.trainer" is damaged: its arrays are not a list');
  const named = Object.keys(tensors).map((name) => name.split('/'));
  const arraysOf = (n: number) => {
    const own = named.filter(([kind, number]) => kind === 'optimizer' && Number(number) === n);
    return Object.fromEntries(own.map((parts) => [parts[2] as string, tensors[parts.join('/')] as Tensor]));
  };
  const arrayAt = (kind: string, n: number) => (tensors[`${kind}/${n}`] ?? null) as Tensor;
  return {
    ...state,
    optimizer: { ...optimizer, slots: slots.map((slot, n) => slot && { ...slot, arrays: arraysOf(n) }) },
    ...(monitor && {
      monitor: {
        ...monitor,
        ...(monitor.weights && { weights: monitor.weights.map((_, n) => arrayAt('best', n)) }),
      },
    }),
    ...(accumulated && {
      accumulated: {
        ...accumulated,
        gradients: accumulated.gradients.map((_, n) => arrayAt('accumulated', n)),
      },
    }),
  };
}
