import { describe } from './errors.js';

/** Numbers in row-major order. Any object with these two fields is a tensor. */
export interface Tensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Named arrays as files hold them; where weights are asked for, only a Float32Array is taken. */
export type NamedTensors = Readonly<
  Record<string, { readonly data: ArrayBufferView; readonly shape: readonly number[] }>
>;

/** Whole numbers: ids and classes. */
export type IntegerArray = Int32Array | Uint8Array | Uint16Array | Uint32Array;

/** Ids or classes with a shape; a bare array is one of one axis. */
export type Integers = IntegerArray | { readonly data: IntegerArray; readonly shape: readonly number[] };

export interface IntegerTensor {
  readonly data: IntegerArray;
  readonly shape: readonly number[];
}

export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

export function showShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** @throws TypeError where `value` is no tensor, RangeError where its shape does not fit its data */
export function checkTensor(name: string, value: unknown): Tensor {
  const { data, shape } = fields(name, value, 'a tensor { data: Float32Array, shape }');
  if (!(data instanceof Float32Array)) {
    throw new TypeError(`${name}.data expected a Float32Array, got ${describe(data)}`);
  }
  checkShape(name, shape, data.length);
  return value as Tensor;
}

/** The same for one given shape; `formula` says where it comes from. */
export function checkTensorOf(
  name: string,
  value: unknown,
  expected: readonly number[],
  formula: string,
): Tensor {
  const tensor = checkTensor(name, value);
  if (!sameShape(tensor.shape, expected)) {
    throw new RangeError(
      `"${name}" expected shape ${formula} = ${showShape(expected)}, got ${showShape(tensor.shape)}`,
    );
  }
  return tensor;
}

export function checkIntegers(name: string, value: unknown): IntegerTensor {
  if (isIntegerArray(value)) return { data: value, shape: [value.length] };
  const { data, shape } = fields(
    name,
    value,
    'an Int32Array, Uint8Array, Uint16Array, Uint32Array, or { data, shape } with one',
  );
  if (!isIntegerArray(data)) {
    throw new TypeError(
      `${name}.data expected an Int32Array, Uint8Array, Uint16Array or Uint32Array, got ${describe(data)}`,
    );
  }
  checkShape(name, shape, data.length);
  return value as IntegerTensor;
}

/** Every id in 0 … count − 1. */
export function checkIds(name: string, data: IntegerArray, count: number): void {
  for (let n = 0; n < data.length; n++) {
    const id = data[n] as number;
    if (id < 0 || id >= count)
      throw new RangeError(`${name}[${n}] expected an id from 0 to ${count - 1}, got ${id}`);
  }
}

/** Whether these are ids, with a shape or without. */
export function isIntegers(value: unknown): value is Integers {
  return isIntegerArray(value) || isIntegerArray((value as { data?: unknown } | null | undefined)?.data);
}

/** Zeros in an array of the same kind: by its own `slice` a Buffer of Node, a Uint8Array, would give a view of itself. */
export function arrayLike<T extends Float32Array | IntegerArray>(data: T, length: number): T {
  const kinds = [Float32Array, Int32Array, Uint8Array, Uint16Array, Uint32Array];
  const Kind = kinds.find((one) => data instanceof one) as unknown as new (length: number) => T;
  return new Kind(length);
}

export function isIntegerArray(value: unknown): value is IntegerArray {
  return (
    value instanceof Int32Array ||
    value instanceof Uint8Array ||
    value instanceof Uint16Array ||
    value instanceof Uint32Array
  );
}

function fields(name: string, value: unknown, expected: string): { data: unknown; shape: unknown } {
  if (value === null || typeof value !== 'object' || !('data' in value) || !('shape' in value)) {
    throw new TypeError(`${name} expected ${expected}, got ${describe(value)}`);
  }
  return value;
}

/** Sizes that multiply to `length`. @throws TypeError for no array of numbers, RangeError for other sizes */
export function checkShape(name: string, shape: unknown, length: number): void {
  if (!Array.isArray(shape))
    throw new TypeError(`${name}.shape expected an array of sizes, got ${describe(shape)}`);
  for (const extent of shape) {
    if (typeof extent !== 'number')
      throw new TypeError(`${name}.shape expected an array of sizes, got ${describe(shape)}`);
    if (!Number.isInteger(extent) || extent < 0) {
      throw new RangeError(`${name}.shape expected whole numbers from 0 up, got ${showShape(shape)}`);
    }
  }
  if (sizeOf(shape) !== length) {
    throw new RangeError(
      `${name}.data expected ${shape.join(' * ')} = ${sizeOf(shape)} values for shape ${showShape(shape)}, got ${length}`,
    );
  }
}
