import { suggestion } from '../validation/edit-distance.js';
import { describe } from '../validation/errors.js';
import { checkTensor, showShape, type Tensor } from '../validation/tensor.js';

/**
 * A time series: [time, columns], one row per time step, in order; NaN marks a missing value. `columns` are the names of the columns; with
 * them, columns can be chosen by name.
 */
export interface Series extends Tensor {
  readonly columns?: readonly string[];
}

/** A column: its index, or its name if the series has names. */
export type Column = number | string;

/** @throws TypeError for the wrong kind, RangeError for a wrong shape or if there is not one name per column */
export function checkSeries(name: string, value: unknown): Series {
  const { data, shape } = checkTensor(name, value);
  if (shape.length !== 2 || shape[1] === 0) {
    throw new RangeError(`${name} expected shape [time, columns], got ${showShape(shape)}`);
  }
  const { columns } = value as Series;
  checkNames(`${name}.columns`, columns, shape[1] as number);
  const series: Series = { data, shape, ...(columns && { columns: [...columns] }) };
  for (let n = 0; n < series.data.length; n++) {
    const x = series.data[n] as number;
    if (x === Number.POSITIVE_INFINITY || x === Number.NEGATIVE_INFINITY)
      throw new RangeError(`${describePosition(name, series, n)} expected a finite number or NaN, got ${x}`);
  }
  return series;
}

/** Checks that there are no names, or `count` different ones. */
export function checkNames(name: string, names: unknown, count: number): void {
  if (names === undefined) return;
  if (!Array.isArray(names) || names.some((one) => typeof one !== 'string'))
    throw new TypeError(`${name} expected an array of names, got ${describe(names)}`);
  if (names.length !== count || new Set(names).size !== count)
    throw new RangeError(`${name} expected ${count} different names, got ${describe(names)}`);
}

/** Describes the position of value `n` of a series: `series, row 3, column "close"`. */
export function describePosition(name: string, { shape, columns }: Series, n: number): string {
  const width = shape[shape.length - 1] as number;
  return `${name}, row ${Math.floor(n / width)}, column ${columnName(columns, n % width)}`;
}

export function columnName(names: readonly string[] | undefined, column: number): string {
  return names ? `"${names[column]}"` : String(column);
}

/** The indices of the chosen columns; all if `columns` is undefined. @throws TypeError, RangeError */
export function columnIndices(
  name: string,
  columns: readonly Column[] | undefined,
  count: number,
  names: readonly string[] | undefined,
): number[] {
  if (columns === undefined) return Array.from({ length: count }, (_, n) => n);
  if (!Array.isArray(columns)) {
    throw new TypeError(`${name} expected an array of columns, by index or name, got ${describe(columns)}`);
  }
  if (columns.length === 0) throw new RangeError(`${name} expected at least one column, got none`);
  return columns.map((column: unknown, n) => columnIndex(`${name}[${n}]`, column, count, names));
}

function columnIndex(
  name: string,
  column: unknown,
  count: number,
  names: readonly string[] | undefined,
): number {
  if (typeof column === 'string') {
    if (!names)
      throw new RangeError(`${name} expected an index, since the columns have no names, got "${column}"`);
    const found = names.indexOf(column);
    if (found < 0)
      throw new RangeError(`${name} expected a column, got "${column}"; ${suggestion(column, names)}`);
    return found;
  }
  if (typeof column !== 'number')
    throw new TypeError(`${name} expected a column, by index or name, got ${describe(column)}`);
  if (!Number.isInteger(column) || column < 0 || column >= count)
    throw new RangeError(`${name} expected an index from 0 to ${count - 1}, got ${column}`);
  return column;
}

/** A series with the same columns and other rows. */
export function seriesLike({ shape, columns }: Series, data: Float32Array): Series {
  const width = shape[1] as number;
  return { data, shape: [data.length / width, width], ...(columns && { columns: [...columns] }) };
}
