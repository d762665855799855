import { arrayKind } from '../validation/arrays.js';
import { describe, wrongValue } from '../validation/errors.js';
import { checkNumber, checkOptions } from '../validation/options.js';
import {
  type AnyTensor,
  type Integers,
  type IntegerTensor,
  isIntegerArray,
  sameShape,
  showShape,
  sizeOf,
  type Tensor,
} from '../validation/tensor.js';
import { checkRows } from './rows.js';
import { checkTotal } from './sizes.js';

/** Sequences of different lengths: values [time, features], or ids [time]. */
export type Sequences = readonly Tensor[] | readonly Integers[];

/** The kind of tensor that holds these sequences: values or ids. */
export type Padded<S> = S extends readonly Tensor[] ? Tensor : IntegerTensor;

/** Sequences one after another: values [all steps, …], and the number of steps of each. */
export interface PackedSequences {
  readonly values: AnyTensor;
  readonly lengths: Int32Array;
  /** The first step of each sequence, then the end of the last one. */
  readonly starts: Int32Array;
}

/** Packed sequences from values that lie one after another already. */
export function withStarts(values: AnyTensor, lengths: Int32Array): PackedSequences {
  const starts = new Int32Array(lengths.length + 1);
  for (let n = 0; n < lengths.length; n++) starts[n + 1] = (starts[n] as number) + (lengths[n] as number);
  return { values, lengths, starts };
}

/** @throws TypeError unless all are sequences of the same kind, RangeError for different features or an empty sequence */
export function packSequences(name: string, sequences: unknown): PackedSequences {
  if (!Array.isArray(sequences))
    throw new TypeError(`${name} expected an array of sequences, got ${describe(sequences)}`);
  if (sequences.length === 0) throw new RangeError(`${name} expected at least one sequence, got none`);
  // Not by `map`, which leaves holes as they are.
  const checked = Array.from(sequences, (one, n) => checkRows(`${name}[${n}]`, one));
  const first = checked[0] as AnyTensor;
  const features = first.shape.slice(1);
  const lengths = new Int32Array(checked.length);
  for (const [n, { data, shape }] of checked.entries()) {
    if (isIntegerArray(data) !== isIntegerArray(first.data))
      throw new TypeError(`${name}[${n}] expected ${kindOf(first)} as ${name}[0], got ${kindOf({ data })}`);
    if (!sameShape(shape.slice(1), features)) {
      const expected = ['time', ...features];
      throw new RangeError(
        `${name}[${n}] expected shape ${showShape(expected as never)} as ${name}[0], got ${showShape(shape)}`,
      );
    }
    if (shape[0] === 0) throw new RangeError(`${name}[${n}] expected at least one step, got none`);
    lengths[n] = shape[0] as number;
  }
  const packed = withStarts(first, lengths);
  const steps = packed.starts[lengths.length] as number;
  const size = sizeOf(features);
  const data = isIntegerArray(first.data) ? new Int32Array(steps * size) : new Float32Array(steps * size);
  for (const [n, one] of checked.entries()) {
    checkSigned(`${name}[${n}]`, one.data);
    data.set(one.data, (packed.starts[n] as number) * size);
  }
  return { ...packed, values: { data, shape: [steps, ...features] } as AnyTensor };
}

/** @throws RangeError for an id that an Int32Array does not hold */
export function checkSigned(name: string, data: AnyTensor['data']): void {
  if (arrayKind(data) !== 'Uint32Array') return;
  const wrong = (data as Uint32Array).findIndex((id) => id > LARGEST_ID);
  if (wrong >= 0) throw wrongValue(`${name}[${wrong}]`, 'an id of at most 2^31 - 1', data[wrong]);
}

const LARGEST_ID = 2_147_483_647;

function kindOf({ data }: { data: unknown }): string {
  return isIntegerArray(data) ? 'ids' : 'values';
}

/** The sequences at some indices, padded to the longest of them: [indices, longest, …]. */
export function padRows(
  { values, lengths, starts }: PackedSequences,
  indices: ArrayLike<number>,
  padding: number,
): AnyTensor {
  const features = values.shape.slice(1);
  const size = sizeOf(features);
  const count = indices.length;
  let longest = 0;
  for (let n = 0; n < count; n++) longest = Math.max(longest, lengths[indices[n] as number] as number);
  checkPadded('sequences', count, longest, size);
  const total = count * longest * size;
  const data = isIntegerArray(values.data) ? new Int32Array(total) : new Float32Array(total);
  if (padding !== 0) data.fill(padding);
  for (let n = 0; n < count; n++) {
    const one = indices[n] as number;
    const from = starts[one] as number;
    const to = starts[one + 1] as number;
    data.set(values.data.subarray(from * size, to * size), n * longest * size);
  }
  return { data, shape: [count, longest, ...features] } as AnyTensor;
}

/** Checks the size of padded sequences: a single long one makes all others as long. @throws RangeError */
export function checkPadded(name: string, count: number, longest: number, size: number): void {
  checkTotal(
    name,
    'sequences * longest * features',
    [count, longest, size],
    ': cut the longest, or take fewer together',
  );
}

/** A padding value: any number for values, a whole number for ids. */
export function checkPaddingValue(name: string, value: unknown, { values }: PackedSequences): number {
  if (!isIntegerArray(values.data)) return checkNumber(name, value);
  return checkNumber(
    name,
    value,
    'a whole number from -2^31 to 2^31 - 1',
    (x) => Number.isInteger(x) && x >= -2_147_483_648 && x <= 2_147_483_647,
  );
}

/**
 * Puts sequences of different lengths into one tensor, each padded at its end to the longest; for layers that take `lengths`.
 *
 * @param sequences - values [time, features] each, or ids [time] each
 * @param options - `padding`: the value that pads, default 0
 * @returns `input` [sequences, longest, features], or ids [sequences, longest], and the number of steps of each sequence
 * @throws TypeError unless all are sequences of the same kind, or for an unknown option; RangeError for no sequence, an empty
 *   one, different features, or a result that is too large
 * @example
 * ```ts
 * import { padSequences } from 'lstm-wasm/data';
 * const { input, lengths } = padSequences([Int32Array.of(4, 5, 6), Int32Array.of(7)]);
 * console.log(input.shape, [...input.data], lengths); // [ 2, 3 ] [ 4, 5, 6, 7, 0, 0 ] [ 3, 1 ]
 * ```
 */
export function padSequences<S extends Sequences>(
  sequences: S,
  options: { padding?: number } = {},
): { input: Padded<S>; lengths: number[] } {
  checkOptions(options, ['padding'], 'padSequences');
  const packed = packSequences('sequences', sequences);
  const padding = checkPaddingValue('padding', options.padding ?? 0, packed);
  const all = packed.lengths.map((_, n) => n);
  return { input: padRows(packed, all, padding) as Padded<S>, lengths: [...packed.lengths] };
}
