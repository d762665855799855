import { isFloat32 } from '../validation/arrays.js';
import { wrongValue } from '../validation/errors.js';
import {
  type AnyTensor,
  arrayLike,
  checkIntegers,
  checkTensor,
  showShape,
  sizeOf,
} from '../validation/tensor.js';

/** Values or ids of at least one axis, which counts the rows. @throws TypeError, RangeError */
export function checkRows(name: string, rows: unknown): AnyTensor {
  const isFloat = rows !== null && typeof rows === 'object' && 'data' in rows && isFloat32(rows.data);
  const checked = isFloat ? checkTensor(name, rows) : checkIntegers(name, rows);
  if (checked.shape.length === 0) throw new RangeError(`${name} expected shape [rows, …], got []`);
  // Rows of nothing may be more than there is memory for their order.
  if (checked.data.length === 0 && checked.shape[0] !== 0)
    throw wrongValue(name, 'at least one value in each row', `shape ${showShape(checked.shape)}`);
  return checked;
}

/** Copies the rows at some indices; the array stays of its kind. */
export function gatherRows<T extends AnyTensor>({ data, shape }: T, indices: ArrayLike<number>): T {
  const size = sizeOf(shape.slice(1));
  const gathered = arrayLike(data, indices.length * size);
  for (let n = 0; n < indices.length; n++) {
    const from = (indices[n] as number) * size;
    gathered.set(data.subarray(from, from + size), n * size);
  }
  return { data: gathered, shape: [indices.length, ...shape.slice(1)] } as unknown as T;
}
