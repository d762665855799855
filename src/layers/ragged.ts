import { describe } from '../border/errors.js';
import { checkIntegers, isIntegerArray, sameShape, showShape } from '../border/tensor.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Tape } from './tape.js';

/** What a forward is told of its sequences beside their values. */
export interface SequenceOptions {
  /** How many steps each sequence of the batch has: what lies behind is not computed, and may hold anything. */
  lengths?: readonly number[] | Int32Array | Uint8Array | Uint16Array | Uint32Array;
  /** Integers of the shape of the input but for its features, 0 where a step is to be passed over: it leaves the states alone. */
  mask?: Parameters<typeof checkIntegers>[1];
}

/** How many sequences there are, and of how many steps. */
export interface Extent {
  readonly steps: number;
  readonly batch: number;
}

/** The same in the core, where they are [steps, batch, ·]; with where their lengths and the mask lie, 0 where every step counts. */
export interface Sequences extends Extent {
  readonly lengths: number;
  readonly mask: number;
}

/** Sequences in the core, as the user tells of them. `leading` is the input's shape without its features. */
export function enterSequences(
  runtime: Runtime,
  extent: Extent,
  leading: readonly number[],
  timeMajor: boolean,
  tape: Tape,
): Sequences {
  const { lengths, mask } = checkSequence(tape.sequence, extent, leading, timeMajor) ?? {};
  const put = (values: ArrayLike<number> | undefined) => {
    if (values === undefined) return 0;
    const pointer = tape.take(values.length * 4);
    runtime.i32.set(values, pointer >>> 2);
    return pointer;
  };
  return { ...extent, lengths: put(lengths), mask: put(mask) };
}

/**
 * The user's `lengths` and `mask`, the latter turned to [steps, batch]; nothing where every step counts.
 *
 * @param leading - the input's shape without its features, [time, batch] where `timeMajor`
 * @throws TypeError for another kind, RangeError for lengths beyond the input or a mask of another shape
 */
function checkSequence(
  { lengths, mask }: SequenceOptions,
  { steps, batch }: Extent,
  leading: readonly number[],
  timeMajor: boolean,
): { lengths: readonly number[]; mask: Int32Array | undefined } | undefined {
  const ends =
    lengths === undefined ? new Array<number>(batch).fill(steps) : checkLengths(lengths, steps, batch);
  const masked = mask === undefined ? undefined : checkMask(mask, leading, timeMajor);
  const passes = masked?.some((value) => value === 0) ? masked : undefined;
  return passes || ends.some((length) => length < steps) ? { lengths: ends, mask: passes } : undefined;
}

function checkLengths(lengths: unknown, steps: number, batch: number): number[] {
  if (!Array.isArray(lengths) && !isIntegerArray(lengths))
    throw new TypeError(`lengths expected an array of whole numbers, got ${describe(lengths)}`);
  if (lengths.length !== batch)
    throw new RangeError(
      `lengths expected one for each of batch = ${batch} sequences, got ${lengths.length}`,
    );
  return Array.from(lengths, (length, n) => {
    if (typeof length !== 'number')
      throw new TypeError(`lengths[${n}] expected a whole number, got ${describe(length)}`);
    if (!Number.isInteger(length) || length < 1 || length > steps)
      throw new RangeError(`lengths[${n}] expected a whole number from 1 to time = ${steps}, got ${length}`);
    return length;
  });
}

function checkMask(mask: unknown, leading: readonly number[], timeMajor: boolean): Int32Array {
  const { data, shape } = checkIntegers('mask', mask);
  if (!sameShape(shape, leading))
    throw new RangeError(
      `mask expected the input's shape without its features, ${showShape(leading)}, got ${showShape(shape)}`,
    );
  const [batch = 1, steps = 1] = leading;
  if (timeMajor || leading.length < 2) return Int32Array.from(data);
  const turned = new Int32Array(data.length);
  for (let n = 0; n < data.length; n++)
    turned[(n % steps) * batch + Math.floor(n / steps)] = data[n] as number;
  return turned;
}
