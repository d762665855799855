import { describe, isObject, wrongKind, wrongValue } from '../validation/errors.js';
import { checkNumber } from '../validation/options.js';
import { checkTensorOf, type Tensor } from '../validation/tensor.js';

/** The optimizer state of one parameter: arrays of the parameter's shape, and scalars that are updated at each step. */
export interface SlotState {
  readonly numbers: Record<string, number>;
  readonly arrays: Record<string, Tensor>;
}

/** An optimizer's state as plain data; `slots` in the order of the parameters, null where one has not been updated yet. */
export interface OptimizerState {
  readonly type: string;
  readonly groups: readonly Record<string, number | boolean | readonly number[]>[];
  readonly slots: readonly (SlotState | null)[];
}

/** A checked slot: exactly the arrays and numbers that a step reads. */
export interface CheckedSlot {
  readonly numbers: Record<string, number>;
  readonly arrays: readonly (readonly [name: string, data: Float32Array])[];
}

/** The groups and slots of an optimizer state. @throws TypeError for another type, RangeError for another number of them */
export function checkOptimizerState(
  state: unknown,
  type: string,
  counts: { readonly groups: number; readonly slots: number },
): { groups: readonly unknown[]; slots: readonly unknown[] } {
  const own: Record<string, unknown> = isObject(state) ? { ...state } : {};
  if (own.type !== type) throw wrongKind('state', `the state of ${type}`, isObject(state) ? own.type : state);
  const { groups, slots } = own;
  if (!Array.isArray(groups)) throw wrongKind('state.groups', 'an array', groups);
  if (!Array.isArray(slots)) throw wrongKind('state.slots', 'an array', slots);
  if (groups.length !== counts.groups || slots.length !== counts.slots) {
    throw new RangeError(
      `state expected groups = ${counts.groups} and parameters = ${counts.slots}, got ${groups.length} and ${slots.length}`,
    );
  }
  return { groups: [...groups], slots: [...slots] };
}

/** Checks that a slot has everything that a step reads. `initial` holds its numbers before the first step. */
export function checkSlot(
  name: string,
  slot: unknown,
  shape: readonly number[],
  arrays: readonly string[],
  initial: Record<string, number>,
): CheckedSlot | undefined {
  if (slot === null) return undefined;
  const { arrays: given, numbers } = (isObject(slot) ? slot : {}) as Partial<SlotState>;
  if (!isObject(given) || !isObject(numbers))
    throw new TypeError(`${name} expected { numbers, arrays } or null, got ${describe(slot)}`);
  return {
    arrays: arrays.map((key) => {
      const { data } = checkTensorOf(`${name}.${key}`, given[key], shape, 'of the parameter');
      return [key, data] as const;
    }),
    numbers: Object.fromEntries(
      Object.entries(initial).map(([key, first]) => [
        key,
        checkSlotNumber(`${name}.${key}`, numbers[key], first),
      ]),
    ),
  };
}

/** A count starts at 0, a running product of factors below 1 starts at 1. */
function checkSlotNumber(name: string, value: unknown, first: number): number {
  return first === 1
    ? checkNumber(name, value, 'a product from 0 to 1', (x) => x >= 0 && x <= 1)
    : checkNumber(name, value, 'a whole number from 0 up', (x) => Number.isSafeInteger(x) && x >= 0);
}

/** @throws RangeError for values that would make weights NaN: running mean squares may be Infinity, all others must be finite */
export function checkSlotValues(name: string, key: string, values: Float32Array): void {
  const squares = key === 'square';
  const bad = values.findIndex((value) => !(squares ? value >= 0 : Number.isFinite(value)));
  if (bad >= 0)
    throw wrongValue(
      `${name}.${key}`,
      squares ? 'values from 0 up' : 'finite values',
      `${values[bad]} at ${bad}`,
    );
}
