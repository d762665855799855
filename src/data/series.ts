import { suggestion } from '../validation/edit-distance.js';
import { describe } from '../validation/errors.js';
import { checkTensor, showShape, type Tensor } from '../validation/tensor.js';

/**
 * What was measured over time: [time, columns], one row for each moment, in the order of time; NaN where a value is missing. With
 * `columns`, their names, a column may be asked for by name.
 */
export interface Series extends Tensor {
  readonly columns?: readonly string[];
}

/** A column by its number from 0, or by its name where the series has names. */
export type Column = number | string;

/** @throws TypeError for another kind, RangeError for another shape or for names that are not one for each column */
export function checkSeries(name: string, value: unknown): Series {
  const series: Series = checkTensor(name, value);
  const { shape } = series;
  if (shape.length !== 2 || shape[1] === 0) {
    throw new RangeError(`${name} expected shape [time, columns], got ${showShape(shape)}`);
  }
  checkNames(`${name}.columns`, series.columns, shape[1] as number);
  for (let n = 0; n < series.data.length; n++) {
    const x = series.data[n] as number;
    if (x === Number.POSITIVE_INFINITY || x === Number.NEGATIVE_INFINITY)
      throw new RangeError(`${placeIn(name, series, n)} expected a finite number or NaN, got ${x}`);
  }
  return series;
}

/** As many different names as columns, or none at all. */
export function checkNames(name: string, names: unknown, count: number): void {
  if (names === undefined) return;
  if (!Array.isArray(names) || names.some((one) => typeof one !== 'string'))
    throw new TypeError(`${name} expected an array of names, got ${describe(names)}`);
  if (names.length !== count || new Set(names).size !== count)
    throw new RangeError(`${name} expected ${count} different names, got ${describe(names)}`);
}

/** Where value number `n` of a series stands, in words: `series, row 3, column "close"`. */
export function placeIn(name: string, { shape, columns }: Series, n: number): string {
  const width = shape[shape.length - 1] as number;
  return `${name}, row ${Math.floor(n / width)}, column ${columnName(columns, n % width)}`;
}

export function columnName(names: readonly string[] | undefined, column: number): string {
  return names ? `"${names[column]}"` : String(column);
}

/** The numbers of the columns that are asked for; all where none are. @throws TypeError, RangeError */
export function columnNumbers(
  name: string,
  columns: readonly Column[] | undefined,
  count: number,
  names: readonly string[] | undefined,
): number[] {
  if (columns === undefined) return Array.from({ length: count }, (_, n) => n);
  if (!Array.isArray(columns)) {
    throw new TypeError(`${name} expected an array of columns, by number or name, got ${describe(columns)}`);
  }
  if (columns.length === 0) throw new RangeError(`${name} expected at least one column, got none`);
  return columns.map((column: unknown, n) => columnNumber(`${name}[${n}]`, column, count, names));
}

function columnNumber(
  name: string,
  column: unknown,
  count: number,
  names: readonly string[] | undefined,
): number {
  if (typeof column === 'string') {
    if (!names)
      throw new RangeError(`${name} expected a number, since the columns have no names, got "${column}"`);
    const found = names.indexOf(column);
    if (found < 0)
      throw new RangeError(`${name} expected a column, got "${column}"; ${suggestion(column, names)}`);
    return found;
  }
  if (typeof column !== 'number')
    throw new TypeError(`${name} expected a column, by number or name, got ${describe(column)}`);
  if (!Number.isInteger(column) || column < 0 || column >= count)
    throw new RangeError(`${name} expected a column from 0 to ${count - 1}, got ${column}`);
  return column;
}

/** A series of the same columns with other rows. */
export function seriesLike({ shape, columns }: Series, data: Float32Array): Series {
  const width = shape[1] as number;
  return { data, shape: [data.length / width, width], ...(columns && { columns: [...columns] }) };
}
