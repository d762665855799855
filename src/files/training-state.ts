import { mapArrays, type TrainerState } from '../training/trainer-state.js';
import { isObject } from '../validation/errors.js';
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
    throw damaged('it has no optimizer with slots');
  for (const one of [monitor, accumulated])
    if (one !== undefined && !isObject(one)) throw damaged('a part of it is not an object');
  const lists = [monitor?.weights ?? [], accumulated ? accumulated.gradients : []];
  if (!lists.every(Array.isArray)) throw damaged('its arrays are not a list');
  const named = slotArrays(tensors);
  const arraysOf = (n: number) => Object.fromEntries(named.get(String(n)) ?? []);
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

/** The arrays of each slot by its number, as `optimizer/0/mean` names them. */
function slotArrays(tensors: Record<string, NamedArray>): Map<string, [name: string, array: Tensor][]> {
  const slots = new Map<string, [string, Tensor][]>();
  for (const [name, tensor] of Object.entries(tensors)) {
    const [kind, slot = '', array = ''] = name.split('/', 3);
    if (kind !== 'optimizer') continue;
    const own = slots.get(slot) ?? [];
    own.push([array, tensor as Tensor]);
    slots.set(slot, own);
  }
  return slots;
}

function damaged(why: string): RangeError {
  return new RangeError(`the file's metadata "lstm-wasm.trainer" is damaged: ${why}`);
}
