import { wrongKind, wrongValue } from '../validation/errors.js';
import { checkNumber } from '../validation/options.js';
import {
  checkIntegers,
  type IntegerArray,
  type Integers,
  isIntegerArray,
  isIntegers,
  plainArray,
  sameShape,
  showShape,
} from '../validation/tensor.js';

/** The options of a forward that describe its sequences. */
export interface SequenceOptions {
  /**
   * The number of steps of each sequence in the batch, from 0 up. Steps after the end are not computed and may contain anything: NaN,
   * infinities, ids out of range.
   */
  lengths?: readonly number[] | IntegerArray;
  /**
   * Integers with the shape of the input without its features; 0 skips a step, which leaves the states unchanged. The input of skipped
   * steps may contain anything.
   */
  mask?: Integers;
}

/** The steps of an input or output that no layer reads: those after the end of their sequence, and masked ones. */
export interface SkippedSteps {
  /** The axes in front of the features. */
  readonly leading: readonly number[];
  /** 1 for each skipped step, in the user's order. */
  readonly flags: Uint8Array;
}

/** The order of the axes of a batch: `batch` for [batch, time], `time` for [time, batch]. */
export type AxisOrder = 'batch' | 'time';

/** What was given for sequences, read once and copied: each layer checks it, and all must see the same. Anything else stays for the checks. */
export function copyOf({ lengths, mask }: SequenceOptions): SequenceOptions {
  const copy: SequenceOptions = {};
  if (lengths !== undefined) copy.lengths = lengths;
  if (isIntegerArray(lengths)) copy.lengths = plainArray(lengths).slice();
  else if (Array.isArray(lengths)) copy.lengths = [...lengths];
  if (mask !== undefined) copy.mask = mask;
  if (isIntegers(mask)) {
    const { data, shape } = checkIntegers('mask', mask);
    copy.mask = { data: data.slice(), shape };
  }
  return copy;
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

/**
 * The steps that `lengths` and `mask` skip; undefined if every step counts.
 *
 * @param leading - the axes in front of the features: those of a batch in this order, or [time]
 * @throws TypeError and RangeError as {@link checkSequence}, RangeError for other axes
 */
export function skippedSteps(
  sequence: SequenceOptions,
  leading: readonly number[],
  order: AxisOrder,
): SkippedSteps | undefined {
  if (sequence.lengths === undefined && sequence.mask === undefined) return undefined;
  if (leading.length < 1 || leading.length > 2)
    throw wrongValue('input', '[batch, time] or [time] in front of its features', showShape(leading));
  const timeFirst = order === 'time' || leading.length === 1;
  const [steps = 0, batch = 1] = timeFirst ? leading : [leading[1], leading[0]];
  const { lengths, mask } = checkSequence(sequence, { steps, batch }, leading);
  if (!lengths) return undefined;
  const flags = Uint8Array.from({ length: batch * steps }, (_, n) => {
    const t = timeFirst ? Math.floor(n / batch) : n % steps;
    const b = timeFirst ? n % batch : Math.floor(n / steps);
    return Number(t >= (lengths[b] as number) || mask?.[n] === 0);
  });
  return { leading, flags };
}

function checkLengths(lengths: unknown, steps: number, batch: number): number[] {
  if (!Array.isArray(lengths) && !isIntegerArray(lengths))
    throw wrongKind('lengths', 'an array of whole numbers', lengths);
  const all: number[] = [...lengths];
  if (all.length !== batch)
    throw wrongValue('lengths', `one for each of batch = ${batch} sequences`, all.length);
  const range = `a whole number from 0 to time = ${steps}`;
  const inRange = (length: number) => Number.isInteger(length) && length >= 0 && length <= steps;
  return all.map((length, n) => checkNumber(`lengths[${n}]`, length, range, inRange, 'a whole number'));
}

function checkMask(mask: unknown, leading: readonly number[]): IntegerArray {
  const { data, shape } = checkIntegers('mask', mask);
  if (!sameShape(shape, leading))
    throw wrongValue(
      'mask',
      `the input's shape without its features, ${showShape(leading)}`,
      showShape(shape),
    );
  return data;
}
