import { describe } from '../validation/errors.js';
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

/** Sequences of any lengths: values [time, features], or ids [time]. */
export type Sequences = readonly Tensor[] | readonly Integers[];

/** A Tensor of values, or of ids, as the sequences are. */
export type Padded<S> = S extends readonly Tensor[] ? Tensor : IntegerTensor;

/** Sequences one behind the other: values [all steps, …], and the steps of each. */
export interface Packed {
  readonly values: AnyTensor;
  readonly lengths: Int32Array;
  /** Where each begins; one more, where the last ends. */
  readonly starts: Int32Array;
}

export function packedOf(values: AnyTensor, lengths: Int32Array): Packed {
  const starts = new Int32Array(lengths.length + 1);
  for (let n = 0; n < lengths.length; n++) starts[n + 1] = (starts[n] as number) + (lengths[n] as number);
  return { values, lengths, starts };
}

/** @throws TypeError for what are no sequences of one kind, RangeError for other features or a sequence without a step */
export function pack(name: string, sequences: unknown): Packed {
  if (!Array.isArray(sequences))
    throw new TypeError(`${name} expected an array of sequences, got ${describe(sequences)}`);
  if (sequences.length === 0) throw new RangeError(`${name} expected at least one sequence, got none`);
  const checked = sequences.map((one, n) => checkRows(`${name}[${n}]`, one));
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
  const packed = packedOf(first, lengths);
  const steps = packed.starts[lengths.length] as number;
  const size = sizeOf(features);
  const data = isIntegerArray(first.data) ? new Int32Array(steps * size) : new Float32Array(steps * size);
  for (const [n, one] of checked.entries()) data.set(one.data, (packed.starts[n] as number) * size);
  return { ...packed, values: { data, shape: [steps, ...features] } as AnyTensor };
}

function kindOf({ data }: { data: unknown }): string {
  return isIntegerArray(data) ? 'ids' : 'values';
}

/** Some of the sequences, each filled up to the longest of them: [picked, longest, …]. */
export function padded(
  { values, lengths, starts }: Packed,
  picked: ArrayLike<number>,
  padding: number,
): AnyTensor {
  const features = values.shape.slice(1);
  const size = sizeOf(features);
  const count = picked.length;
  let longest = 0;
  for (let n = 0; n < count; n++) longest = Math.max(longest, lengths[picked[n] as number] as number);
  const total = count * longest * size;
  const data = isIntegerArray(values.data) ? new Int32Array(total) : new Float32Array(total);
  if (padding !== 0) data.fill(padding);
  for (let n = 0; n < count; n++) {
    const one = picked[n] as number;
    const from = starts[one] as number;
    const to = starts[one + 1] as number;
    data.set(values.data.subarray(from * size, to * size), n * longest * size);
  }
  return { data, shape: [count, longest, ...features] } as AnyTensor;
}

/** What positions are filled up with: any number among values, a whole one among ids. */
export function checkPadding(name: string, value: unknown, { values }: Packed): number {
  if (!isIntegerArray(values.data)) return checkNumber(name, value, 'a finite number', () => true);
  return checkNumber(
    name,
    value,
    'a whole number from -2^31 to 2^31 - 1',
    (x) => Number.isInteger(x) && x >= -2_147_483_648 && x <= 2_147_483_647,
  );
}

/**
 * Sequences of different lengths as one tensor, each filled up at its end to the longest; for layers that take `lengths`.
 *
 * @param sequences - values [time, features] each, or ids [time] each
 * @param options - `padding`: what is filled up with, default 0
 * @returns `input` [sequences, longest, features], or ids [sequences, longest], and the steps of each sequence
 * @throws TypeError for what are no sequences of one kind, or an unknown option; RangeError for none, for one without a step, or
 *   for other features than those of the first
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
  const packed = pack('sequences', sequences);
  const padding = checkPadding('padding', options.padding ?? 0, packed);
  const all = packed.lengths.map((_, n) => n);
  return { input: padded(packed, all, padding) as Padded<S>, lengths: [...packed.lengths] };
}
