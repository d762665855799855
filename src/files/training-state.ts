import { mapArrays, type TrainerState } from '../training/trainer-state.js';
import type { Tensor } from '../validation/tensor.js';
import type { NamedArray } from './safetensors.js';

/** Moves the arrays of a trainer's state among the tensors; what is left is plain text. */
export function takeArrays(state: TrainerState, tensors: Record<string, NamedArray>): string {
  const rest = mapArrays(state, (array, name) => {
    tensors[name] = array;
    return null as never;
  });
  const slots = state.optimizer.slots.map((slot) => slot && { numbers: slot.numbers });
  return JSON.stringify({ ...rest, optimizer: { ...state.optimizer, slots } });
}

/**
 * The state that {@link takeArrays} left, with its arrays. Each reader checks what it takes, but for what has to be there to put them in
 * their place.
 *
 * @throws RangeError where that is missing
 */
export function putArrays(state: TrainerState, tensors: Record<string, NamedArray>): TrainerState {
  const { optimizer, monitor, accumulated } = state ?? {};
  const slots: unknown = optimizer?.slots;
  if (!Array.isArray(slots) || slots.some((slot) => typeof slot !== 'object'))
    throw new RangeError(
      'the file\'s metadata "lstm-wasm.trainer" is damaged: it has no optimizer with slots',
    );
  const lists = [monitor?.weights ?? [], accumulated?.gradients ?? []];
  if (!lists.every(Array.isArray))
    throw new RangeError('the file\'s metadata "lstm-wasm.trainer" is damaged: its arrays are no list');
  const named = Object.keys(tensors).map((name) => name.split('/'));
  const arraysOf = (n: number) => {
    const own = named.filter(([kind, number]) => kind === 'optimizer' && Number(number) === n);
    return Object.fromEntries(own.map((parts) => [parts[2] as string, tensors[parts.join('/')] as Tensor]));
  };
  const put = (kind: string, n: number) => (tensors[`${kind}/${n}`] ?? null) as Tensor;
  return {
    ...state,
    optimizer: { ...optimizer, slots: slots.map((slot, n) => slot && { ...slot, arrays: arraysOf(n) }) },
    ...(monitor && {
      monitor: {
        ...monitor,
        ...(monitor.weights && { weights: monitor.weights.map((_, n) => put('best', n)) }),
      },
    }),
    ...(accumulated && {
      accumulated: { ...accumulated, gradients: accumulated.gradients.map((_, n) => put('accumulated', n)) },
    }),
  };
}
