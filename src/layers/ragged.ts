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

/** How sequences lie in the core, where they are [steps, batch, ·]. */
export interface Extent {
  readonly steps: number;
  readonly batch: number;
  /** Where they end apart or steps are masked. */
  readonly ragged?: Ragged | undefined;
}

/** Neighbouring rows of one length. */
export interface Group {
  readonly first: number;
  readonly rows: number;
  readonly length: number;
}

export function groupsOf({ steps, batch, ragged }: Extent): readonly Group[] {
  return ragged?.groups ?? [{ first: 0, rows: batch, length: steps }];
}

/** Sequences of unlike length, the longest first, so that the rows which a step computes are a prefix; and masked steps. */
export class Ragged {
  readonly groups: readonly Group[];
  /** How many rows each step computes [steps]; 0 where all do. */
  readonly active: number;
  /** [steps, batch], in the order inside; 0 where nothing is masked. */
  readonly mask: number;
  readonly #runtime: Runtime;
  readonly #extent: Extent;
  readonly #order: number;
  readonly #rows: number;
  readonly #all: number;
  readonly #outside: number;

  /** `mask` [steps, batch]. */
  constructor(
    runtime: Runtime,
    extent: Extent,
    lengths: readonly number[],
    mask: Int32Array | undefined,
    tape: Tape,
  ) {
    const { steps, batch } = extent;
    this.#runtime = runtime;
    this.#extent = extent;
    const order = [...lengths.keys()].sort((a, b) => (lengths[b] as number) - (lengths[a] as number));
    const sorted = order.map((row) => lengths[row] as number);
    const active = Array.from({ length: steps }, (_, t) => sorted.filter((length) => length > t).length);
    const put = (values: ArrayLike<number>) => {
      const pointer = tape.take(values.length * 4);
      runtime.i32.set(values, pointer >>> 2);
      return pointer;
    };
    this.groups = [...new Set(sorted)].map((length) => {
      const first = sorted.indexOf(length);
      return { first, rows: sorted.lastIndexOf(length) + 1 - first, length };
    });
    this.#order = put(order);
    this.#rows = put(active);
    this.#all = put([batch]);
    this.active = active[steps - 1] === batch ? 0 : this.#rows;
    this.#outside = mask ? put(mask) : 0;
    this.mask = mask ? tape.take(steps * batch * 4) : 0;
    if (mask) this.gather(this.mask, this.#outside, 4, false);
  }

  /** Sequences of rows of `bytes` bytes, to their places inside; `masked` rows become zero. */
  gather(to: number, from: number, bytes: number, masked: boolean): void {
    const { steps, batch } = this.#extent;
    const mask = masked ? this.#outside : 0;
    this.#runtime.core.gatherSteps(to, from, this.#order, this.#rows, mask, steps, batch, bytes);
  }

  /** The way back, zeros behind each end. */
  scatter(to: number, from: number, bytes: number, masked: boolean): void {
    const { steps, batch } = this.#extent;
    const mask = masked ? this.#outside : 0;
    this.#runtime.core.scatterSteps(to, from, this.#order, this.#rows, mask, steps, batch, bytes);
  }

  /** The same for states, a row for each sequence. */
  gatherStates(to: number, from: number, bytes: number): void {
    this.#runtime.core.gatherSteps(to, from, this.#order, this.#all, 0, 1, this.#extent.batch, bytes);
  }

  scatterStates(to: number, from: number, bytes: number): void {
    this.#runtime.core.scatterSteps(to, from, this.#order, this.#all, 0, 1, this.#extent.batch, bytes);
  }
}

/**
 * The user's `lengths` and `mask`, the latter turned to [steps, batch]; nothing where every step counts.
 *
 * @param leading - the input's shape without its features, [time, batch] where `timeMajor`
 * @throws TypeError for another kind, RangeError for lengths beyond the input or a mask of another shape
 */
export function checkSequence(
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
