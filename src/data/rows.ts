import {
  arrayLike,
  checkIntegers,
  checkTensor,
  type IntegerTensor,
  sizeOf,
  type Tensor,
} from '../validation/tensor.js';

/** Values, or ids. */
export type Values = Tensor | IntegerTensor;

/** Values or ids of at least one axis. @throws TypeError, RangeError */
export function checkRows(name: string, rows: unknown): Values {
  const isFloat =
    rows !== null && typeof rows === 'object' && 'data' in rows && rows.data instanceof Float32Array;
  const checked = isFloat ? checkTensor(name, rows) : checkIntegers(name, rows);
  if (checked.shape.length === 0)
    throw new RangeError(`${name} expected at least one axis, which counts the rows`);
  return checked;
}

/** Rows of one tensor; the kind of array stays. */
export function takeRows<T extends Values>({ data, shape }: T, rows: ArrayLike<number>): T {
  const size = sizeOf(shape.slice(1));
  const taken = arrayLike(data, rows.length * size);
  for (let n = 0; n < rows.length; n++) {
    const from = (rows[n] as number) * size;
    taken.set(data.subarray(from, from + size), n * size);
  }
  return { data: taken, shape: [rows.length, ...shape.slice(1)] } as unknown as T;
}
