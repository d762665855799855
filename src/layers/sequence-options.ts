import { describe } from '../validation/errors.js';
import {
  checkIntegers,
  type IntegerArray,
  type Integers,
  isIntegerArray,
  plainArray,
  sameShape,
  showShape,
} from '../validation/tensor.js';

/** The options of a forward that describe its sequences. */
export interface SequenceOptions {
  /** The number of steps of each sequence in the batch. Steps after the end are not computed and may contain anything. */
  lengths?: readonly number[] | IntegerArray;
  /** Integers with the shape of the input without its features; 0 skips a step, which leaves the states unchanged. */
  mask?: Integers;
}

/** The number of sequences and of their steps. */
export interface SequenceSize {
  readonly steps: number;
  readonly batch: number;
}

/**
 * Checks the user's `lengths` and `mask`, and returns both, or neither if every step counts.
 *
 * @param leading - the input's shape without its features, [time, batch] where `timeMajor`
 * @throws TypeError for another kind, RangeError for lengths beyond the input or a mask of another shape
 */
export function checkSequence(
  { lengths, mask }: SequenceOptions,
  { steps, batch }: SequenceSize,
  leading: readonly number[],
): { lengths?: readonly number[]; mask?: IntegerArray | undefined } {
  if (lengths === undefined && mask === undefined) return {};
  const ends =
    lengths === undefined ? new Array<number>(batch).fill(steps) : checkLengths(lengths, steps, batch);
  const masked = mask === undefined ? undefined : checkMask(mask, leading);
  const passes = masked?.includes(0) ? masked : undefined;
  return passes || ends.some((length) => length < steps) ? { lengths: ends, mask: passes } : {};
}

function checkLengths(lengths: unknown, steps: number, batch: number): number[] {
  if (!Array.isArray(lengths) && !isIntegerArray(lengths))
    throw new TypeError(`lengths expected an array of whole numbers, got ${describe(lengths)}`);
  const all = Array.isArray(lengths) ? [...lengths] : [...plainArray(lengths)];
  if (all.length !== batch)
    throw new RangeError(`lengths expected one for each of batch = ${batch} sequences, got ${all.length}`);
  return all.map((length, n) => {
    if (typeof length !== 'number')
      throw new TypeError(`lengths[${n}] expected a whole number, got ${describe(length)}`);
    if (!Number.isInteger(length) || length < 1 || length > steps)
      throw new RangeError(`lengths[${n}] expected a whole number from 1 to time = ${steps}, got ${length}`);
    return length;
  });
}

function checkMask(mask: unknown, leading: readonly number[]): IntegerArray {
  const { data, shape } = checkIntegers('mask', mask);
  if (!sameShape(shape, leading))
    throw new RangeError(
      `mask expected the input's shape without its features, ${showShape(leading)}, got ${showShape(shape)}`,
    );
  return data;
}
