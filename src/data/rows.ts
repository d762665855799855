import { isFloat32 } from '../validation/arrays.js';
import { type AnyTensor, arrayLike, checkIntegers, checkTensor, sizeOf } from '../validation/tensor.js';

/** Values or ids of at least one axis, which counts the rows. @throws TypeError, RangeError */
export function checkRows(name: string, rows: unknown): AnyTensor {
  const isFloat = rows !== null && typeof rows === 'object' && 'data' in rows && isFloat32(rows.data);
  const checked = isFloat ? checkTensor(name, rows) : checkIntegers(name, rows);
  if (checked.shape.length === 0) throw new RangeError(`${name} expected shape [rows, …], got []`);
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
