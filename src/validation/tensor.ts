import { arrayKind, bytesOf, isDetached, isFloat32, isShared, lengthOf } from './arrays.js';
import { clip, isObject, wrongKind, wrongValue } from './errors.js';

/** Numbers in row-major order. Any object with these two fields is a tensor. */
export interface Tensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** A tensor that the package returns: the caller owns the array, and its memory is not shared. */
export interface OwnTensor extends Tensor {
  readonly data: Floats;
}

/** `Float32Array<ArrayBuffer>` in TypeScript 5.7 and later, which `Blob`, `fetch` and audio buffers accept; before, `Float32Array`. */
export type Floats = ReturnType<Float32Array['slice']>;

/** The same for bytes. */
export type Bytes = ReturnType<Uint8Array['slice']>;

/** Named arrays, as in a file; weights must be a Float32Array. */
export type NamedTensors = Readonly<
  Record<string, { readonly data: ArrayBufferView; readonly shape: readonly number[] }>
>;

/** Whole numbers: ids and classes. */
export type IntegerArray = Int32Array | Uint8Array | Uint16Array | Uint32Array;

/** Ids or classes, with a shape; an array alone has one axis. */
export type Integers = IntegerArray | { readonly data: IntegerArray; readonly shape: readonly number[] };

export interface IntegerTensor {
  readonly data: IntegerArray;
  readonly shape: readonly number[];
}

/** Values, or ids, with a shape. */
export type AnyTensor = Tensor | IntegerTensor;

const KINDS = { Float32Array, Int32Array, Uint8Array, Uint16Array, Uint32Array };
const INTEGER_KINDS = Object.keys(KINDS).slice(1);

export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

export function showShape(shape: readonly number[]): string {
  return clip(`[${shape.join(', ')}]`);
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/**
 * Checks a tensor. The result has a plain array of fixed length over the same memory, and a copy of the shape, so that it cannot change
 * afterwards.
 *
 * @throws TypeError if `value` is not a tensor, RangeError if its shape does not fit its data
 */
export function checkTensor(name: string, value: unknown): Tensor {
  return checkArray(name, value, 'a tensor { data: Float32Array, shape }', 'a Float32Array', isFloat32);
}

/** Like {@link checkTensor}, with an expected shape; `formula` explains that shape in the message. */
export function checkTensorOf(
  name: string,
  value: unknown,
  expected: readonly number[],
  formula: string,
): Tensor {
  const tensor = checkTensor(name, value);
  if (!sameShape(tensor.shape, expected)) {
    throw wrongValue(`"${name}"`, `shape ${formula} = ${showShape(expected)}`, showShape(tensor.shape));
  }
  return tensor;
}

export function checkIntegers(name: string, value: unknown): IntegerTensor {
  if (isIntegerArray(value) && !isDetached(value)) {
    const data = plainArray(value);
    return { data, shape: [data.length] };
  }
  const kinds = 'an Int32Array, Uint8Array, Uint16Array or Uint32Array';
  return checkArray(name, value, `${kinds}, or { data, shape } with one`, kinds, isIntegerArray);
}

/**
 * @param data - an array that no other thread writes to
 * @param skipped - 1 for ids that are not read and may be anything
 * @throws RangeError for an id that is not in 0 … count − 1
 */
export function checkIds(name: string, data: IntegerArray, count: number, skipped?: ArrayLike<number>): void {
  for (let n = 0; n < data.length; n++) if (!skipped?.[n]) checkId(name, n, data[n] as number, count);
}

export function checkId(name: string, n: number, id: number, count: number): void {
  if (!(id >= 0 && id < count)) throw wrongValue(`${name}[${n}]`, `an id from 0 to ${count - 1}`, id);
}

/** Whether a value holds ids, with or without a shape. */
export function isIntegers(value: unknown): value is Integers {
  return isIntegerArray(value) || isIntegerArray((value as { data?: unknown } | null | undefined)?.data);
}

/**
 * A plain array of fixed length over the same memory: a subclass may override the length and methods, and the length of an array over
 * growing memory may change.
 */
export function plainArray<T extends Float32Array | IntegerArray>(data: T): T {
  const { buffer, byteOffset } = bytesOf(data);
  return new (kindOf(data))(buffer, byteOffset, lengthOf(data));
}

/** The same array, or a copy where other threads could change it: for values that are checked before they are used. */
export function unshared<T extends Float32Array | IntegerArray>(data: T): T {
  return isShared(data) ? (plainArray(data).slice() as T) : data;
}

/** An array of zeros of the same type. Not created by `slice`, since that of Node's Buffer, a Uint8Array, returns a view. */
export function arrayLike<T extends Float32Array | IntegerArray>(data: T, length: number): T {
  return new (kindOf(data))(length);
}

function kindOf<T extends Float32Array | IntegerArray>(data: T) {
  type Kind = new (lengthOrBuffer: number | ArrayBufferLike, byteOffset?: number, length?: number) => T;
  return KINDS[arrayKind(data) as keyof typeof KINDS] as unknown as Kind;
}

export function isIntegerArray(value: unknown): value is IntegerArray {
  return INTEGER_KINDS.includes(arrayKind(value) ?? '');
}

/** `expected` describes the value, `kind` its array. */
function checkArray<T extends Float32Array | IntegerArray>(
  name: string,
  value: unknown,
  expected: string,
  kind: string,
  fits: (data: unknown) => data is T,
): { data: T; shape: readonly number[] } {
  if (!isObject(value) || !('data' in value && 'shape' in value)) throw wrongKind(name, expected, value);
  const { data, shape } = value;
  if (!fits(data) || isDetached(data)) throw wrongKind(`${name}.data`, kind, data);
  // The shape first, since reading its sizes may run custom code.
  const sizes = checkSizes(name, shape);
  const plain = plainArray(data);
  checkLength(name, sizes, plain.length);
  return { data: plain, shape: sizes };
}

/** A copy of a shape that multiplies to `length`. @throws TypeError for anything but an array of numbers, RangeError for wrong sizes */
export function checkShape(name: string, shape: unknown, length: number): readonly number[] {
  const sizes = checkSizes(name, shape);
  checkLength(name, sizes, length);
  return sizes;
}

function checkLength(name: string, shape: readonly number[], length: number): void {
  if (sizeOf(shape) !== length) throw wrongValue(`${name}.data`, valuesFor(shape), length);
}

function checkSizes(name: string, shape: unknown): readonly number[] {
  // A copy cannot change, and has no holes, which `some` would skip.
  const sizes = Array.isArray(shape) ? [...shape] : [undefined];
  if (sizes.some((extent) => typeof extent !== 'number'))
    throw wrongKind(`${name}.shape`, 'an array of sizes', shape);
  if (sizes.some((extent) => !Number.isInteger(extent) || extent < 0))
    throw wrongValue(`${name}.shape`, 'whole numbers from 0 up', showShape(sizes));
  return sizes;
}

/** The number of values of a shape, for messages. */
export function valuesFor(shape: readonly number[]): string {
  return `${clip(shape.join(' * '))} = ${sizeOf(shape)} values for shape ${showShape(shape)}`;
}

/** Whether a value is a Float32Array of `size` values. */
export function isFloats(value: unknown, size: number): value is Float32Array {
  return isFloat32(value) && lengthOf(value) === size;
}

/** The error for a value that {@link isFloats} rejects. */
export function wrongFloats(name: string, value: unknown, expected: string): Error {
  if (!isFloat32(value) || isDetached(value)) return wrongKind(name, 'a Float32Array', value);
  return wrongValue(name, expected, lengthOf(value));
}
