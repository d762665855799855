import { suggestion } from '../validation/edit-distance.js';
import { clip, describe, wrongValue } from '../validation/errors.js';
import { checkTensor, showShape, type Tensor } from '../validation/tensor.js';
import { checkTimes } from './times.js';

/**
 * A time series: [time, columns], one row per time step, in order; NaN marks a missing value. `columns` are the names of the columns; with
 * them, columns can be chosen by name.
 */
export interface Series extends Tensor {
  readonly columns?: readonly string[];
  /**
   * When each row was, in milliseconds since 1970-01-01T00:00Z, increasing. With it, functions that take rows for consecutive throw for
   * gaps. `numbers` of a CSV table reads it from a column of dates.
   */
  readonly times?: Float64Array;
}

const MOST_COLUMNS = 1_048_576;

/** A column: its index, or its name if the series has names. */
export type Column = number | string;

/** @throws TypeError for the wrong kind, RangeError for a wrong shape or if there is not one name per column */
export function checkSeries(name: string, value: unknown): Series {
  const { data, shape } = checkTensor(name, value);
  // Without rows a shape may name more columns than there is memory for.
  if (shape.length !== 2 || shape[1] === 0 || (data.length === 0 && (shape[1] as number) > MOST_COLUMNS)) {
    throw new RangeError(`${name} expected shape [time, columns], got ${showShape(shape)}`);
  }
  const { columns, times } = value as Series;
  checkNames(`${name}.columns`, columns, shape[1] as number);
  const checkedTimes =
    times === undefined ? undefined : checkTimes(`${name}.times`, times, shape[0] as number);
  const series: Series = {
    data,
    shape,
    ...(columns && { columns: [...columns] }),
    ...(checkedTimes && { times: checkedTimes }),
  };
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
  if (!Array.isArray(names) || [...names].some((one) => typeof one !== 'string'))
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
  return names ? `"${clip(names[column] as string)}"` : String(column);
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
  const places = names && new Map(names.map((one, n) => [one, n]));
  return Array.from(columns, (column: unknown, n) =>
    columnIndex(`${name}[${n}]`, column, count, names, places),
  );
}

function columnIndex(
  name: string,
  column: unknown,
  count: number,
  names: readonly string[] | undefined,
  places: ReadonlyMap<string, number> | undefined,
): number {
  if (typeof column === 'string') {
    const got = describe(column);
    if (!names) throw wrongValue(name, 'an index, since the columns have no names', got);
    const found = places?.get(column);
    if (found === undefined) throw wrongValue(name, 'a column', `${got}; ${suggestion(column, names)}`);
    return found;
  }
  if (typeof column !== 'number')
    throw new TypeError(`${name} expected a column, by index or name, got ${describe(column)}`);
  if (!Number.isInteger(column) || column < 0 || column >= count)
    throw new RangeError(`${name} expected an index from 0 to ${count - 1}, got ${column}`);
  return column;
}

/** A series with the same columns and other rows, whose times are those from row `from` on. */
export function seriesLike({ shape, columns, times }: Series, data: Float32Array, from = 0): Series {
  const rows = data.length / (shape[1] as number);
  return {
    data,
    shape: [rows, shape[1] as number],
    ...(columns && { columns: [...columns] }),
    ...(times && { times: times.slice(from, from + rows) }),
  };
}
