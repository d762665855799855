import { suggestion } from '../validation/edit-distance.js';
import { clip, describe, listed, wrongKind, wrongValue } from '../validation/errors.js';
import { checkBoolean, checkOneOf, checkOptions } from '../validation/options.js';
import { isWrittenDate, parseDates } from './dates.js';
import { type DecimalMarks, parseNumber } from './numerals.js';
import type { Series } from './series.js';
import { checkTotal } from './sizes.js';
import { checkTimes } from './times.js';

export interface NumbersOptions {
  /** The cells that mean a missing value, such as `['', 'NA']`; they become NaN. Default none. */
  missing?: readonly string[];
  /** When each row was: the name of a column of dates, or what {@link CsvTable.dates} returned. */
  times?: string | Float64Array;
  /**
   * For numbers whose differences from row to row are lost in single precision, such as 1700000000123 and 1700000060123: throw, or round
   * them. Default `refuse`.
   */
  rounding?: 'refuse' | 'accept';
}

export interface DatesOptions {
  /** For dates such as 01/02/2024: whether the day comes first. Default: as other dates of the column say; otherwise an error. */
  dayFirst?: boolean;
}

/** The largest part of the differences from row to row, on average, that rounding to single precision may change. */
const LOST = 0.01;

/**
 * A table of text, read by {@link readCsv}: its columns as numbers, dates or text.
 */
export class CsvTable {
  /** The names of the columns. */
  readonly columns: readonly string[];
  readonly #places: ReadonlyMap<string, number>;
  readonly #records: readonly (readonly string[])[];
  readonly #lines: readonly number[];
  readonly #marks: DecimalMarks;

  /** @internal `lines` are the lines of the file where the records begin, from 1. */
  constructor(
    columns: readonly string[],
    records: readonly (readonly string[])[],
    lines: readonly number[],
    marks: DecimalMarks,
  ) {
    this.columns = columns;
    this.#places = new Map(columns.map((name, n) => [name, n]));
    this.#records = records;
    this.#lines = lines;
    this.#marks = marks;
  }

  /** The number of rows, without the header. */
  get length(): number {
    return this.#records.length;
  }

  /** The cells of a column as text. @throws TypeError for anything but a name, RangeError for an unknown one */
  text(column: string): string[] {
    const n = this.#indexOf('column', column);
    return this.#records.map((record) => record[n] as string);
  }

  /**
   * The dates of a column, in milliseconds since 1970-01-01T00:00Z, as `Date` takes them. Dates without a zone are UTC. Formats: 2024-01-31,
   * 2024-01, 20240131, 2024-01-31 18:30:00.5, 2024-01-31T18:30Z, 31.01.2024, 01/31/2024 6:30 PM, and seconds to nanoseconds since 1970.
   *
   * @throws TypeError for the wrong kind; RangeError for an unknown column, a cell that is not a date, or days and months that could be
   *   either
   * @example
   * ```ts
   * import { readCsv } from 'lstm-wasm/data';
   * const table = await readCsv('day;t\n31/01/2024;1700000000123\n01/02/2024;1700000060123');
   * const [day, t] = [table.dates('day'), table.dates('t')];
   * console.log(new Date(day[1]!).toISOString(), t[1]! - t[0]!); // 2024-02-01T00:00:00.000Z 60000
   * ```
   */
  dates(column: string, options: DatesOptions = {}): Float64Array {
    checkOptions(options, ['dayFirst'], 'dates');
    const { dayFirst } = options;
    if (dayFirst !== undefined) checkBoolean('dayFirst', dayFirst);
    return parseDates(this.text(column), (n) => this.#place(n, column), dayFirst);
  }

  /**
   * Columns as numbers, in the order of the rows: a series, for `windows` and scalers for example. With `times`, the series knows when
   * each row was, and functions that take rows for consecutive throw for gaps.
   *
   * @param columns - their names; default all, without that of `times`
   * @returns [rows, columns], with the names of the columns
   * @throws TypeError for the wrong kind or an unknown option; RangeError for an unknown column, a cell that is neither a number nor in
   *   `missing`, numbers that single precision would merge (`rounding: 'refuse'`), or times that do not increase from row to row
   */
  numbers(columns?: readonly string[], options: NumbersOptions = {}): Series {
    checkOptions(options, ['missing', 'times', 'rounding'], 'numbers');
    const missing = new Set(checkTexts('missing', options.missing ?? []));
    const rounding = checkOneOf('rounding', options.rounding ?? 'refuse', ['refuse', 'accept']);
    const timed = typeof options.times === 'string' ? options.times : undefined;
    const names = checkTexts('columns', columns ?? this.columns.filter((name) => name !== timed));
    if (names.length === 0) throw new RangeError('columns expected at least one, got none');
    const places = names.map((name, n) => this.#indexOf(`columns[${n}]`, name));
    checkTotal('columns', 'rows * columns', [this.length, places.length]);
    const times = this.#times(options.times);
    const data = new Float32Array(this.length * places.length);
    for (const [n, place] of places.entries()) {
      const values = this.#values(place, missing);
      if (rounding === 'refuse') this.#checkRounding(place, values);
      for (let row = 0; row < values.length; row++) data[row * places.length + n] = values[row] as number;
    }
    return { data, shape: [this.length, places.length], columns: [...names], ...(times && { times }) };
  }

  /**
   * The rows of each value of a column, in their order: one table for each station, product or patient, for example.
   *
   * @throws TypeError for anything but a name, RangeError for an unknown one
   * @example
   * ```ts
   * import { readCsv, windows } from 'lstm-wasm/data';
   * const table = await readCsv('city,max\nOslo,1\nRome,11\nOslo,2\nRome,12\nOslo,3\n');
   * const cities = [...table.groupBy('city').values()].map((city) => city.numbers(['max']));
   * console.log([...windows(cities, { steps: 1 }).input.data]); // [ 1, 2, 11 ]
   * ```
   */
  groupBy(column: string): Map<string, CsvTable> {
    const rows = new Map<string, number[]>();
    for (const [n, cell] of this.text(column).entries()) {
      const group = rows.get(cell);
      if (group) group.push(n);
      else rows.set(cell, [n]);
    }
    return new Map([...rows].map(([cell, group]) => [cell, this.#pick(group)]));
  }

  /**
   * The rows in the order of the dates in a column; rows of the same time keep their order.
   *
   * @throws as {@link CsvTable.dates}
   */
  sortByTime(column: string, options: DatesOptions = {}): CsvTable {
    const dates = this.dates(column, options);
    const order = Array.from(dates, (_, n) => n).sort((a, b) => (dates[a] as number) - (dates[b] as number));
    return this.#pick(order);
  }

  #pick(rows: readonly number[]): CsvTable {
    const records = rows.map((n) => this.#records[n] as readonly string[]);
    const lines = rows.map((n) => this.#lines[n] as number);
    return new CsvTable(this.columns, records, lines, this.#marks);
  }

  #times(given: string | Float64Array | undefined): Float64Array | undefined {
    if (given === undefined) return undefined;
    const times = typeof given === 'string' ? this.dates(given) : given;
    const nameOf = (n: number) =>
      typeof given === 'string' ? this.#place(n, given) : `times[${n}] (line ${this.#lines[n]})`;
    return checkTimes('times', times, this.length, nameOf, ': sort the table with sortByTime()');
  }

  /** A column in double precision. @throws RangeError for a cell that is not a number */
  #values(place: number, missing: ReadonlySet<string>): Float64Array {
    const { decimal, undecided } = this.#marks.of(place);
    if (undecided !== undefined && !missing.has(undecided.trim())) {
      const n = this.#records.findIndex((record) => record[place] === undecided);
      const both = `${parseNumber(undecided, '.')} or ${parseNumber(undecided, ',')}`;
      throw new RangeError(
        `${this.#place(n, this.columns[place] as string)} is ${describe(undecided)}, which may mean ${both}: set decimal to "." or "," in readCsv`,
      );
    }
    return Float64Array.from(this.#records, (record, row) => {
      const cell = record[place] as string;
      const value = missing.has(cell.trim()) ? Number.NaN : parseNumber(cell, decimal);
      if (value === undefined || Math.abs(Math.fround(value)) === Number.POSITIVE_INFINITY)
        throw this.#notANumber(row, place, missing);
      return value;
    });
  }

  /** @throws RangeError if rounding to single precision changes the differences from row to row by more than 1 % on average */
  #checkRounding(place: number, values: Float64Array): void {
    let [before, changes, lost, worst] = [-1, 0, 0, 0];
    let most = 0;
    for (let n = 0; n < values.length; n++) {
      const [a, b] = [values[before] ?? Number.NaN, values[n] as number];
      if (Number.isNaN(b)) continue;
      const change = Math.abs(b - a);
      const error = Math.abs(Math.fround(b) - Math.fround(a) - (b - a));
      if (error > most) [most, worst] = [error, n];
      changes += Number.isNaN(change) ? 0 : change;
      lost += Number.isNaN(error) ? 0 : error;
      // Two texts that are one number even in double precision.
      const isMerged = a === b && Math.abs(a) > Number.MAX_SAFE_INTEGER;
      if (isMerged && this.#records[before]?.[place] !== this.#records[n]?.[place])
        [lost, worst] = [Infinity, n];
      before = n;
    }
    if (lost <= LOST * changes) return;
    let earlier = worst - 1;
    while (Number.isNaN(values[earlier])) earlier--;
    const [from, to] = [earlier, worst].map((n) => describe(this.#records[n]?.[place]?.trim()));
    throw new RangeError(
      `${this.#place(worst, this.columns[place] as string)} expected numbers that single precision can tell apart, got ${from} and ${to}, ` +
        `which become ${Math.fround(values[earlier] as number)} and ${Math.fround(values[worst] as number)}: read dates with dates(), pass them as times, or set rounding: 'accept'`,
    );
  }

  #notANumber(row: number, place: number, missing: ReadonlySet<string>): RangeError {
    const name = this.columns[place] as string;
    const cell = this.#records[row]?.[place] as string;
    const got = `got ${describe(cell)}`;
    if (cell.trim() === '' || this.#isNumeric(place, missing, true)) {
      const hint = /\d/.test(cell) ? '' : ': list it in missing if it means a missing value';
      return wrongValue(this.#place(row, name), 'a number', `${describe(cell)}${hint}`);
    }
    const kind = isWrittenDate(cell) ? 'dates, for dates() or times' : 'text, for text()';
    const others = this.columns.filter((_, n) => this.#isNumeric(n, missing, false));
    const numeric = others.length > 0 ? `. Columns of numbers: ${listed(others)}` : '';
    return new RangeError(
      `${this.#place(row, name)} expected a number, ${got}: the column has ${kind}${numeric}`,
    );
  }

  /** Whether some cells of a column, or all that are not missing or empty, are numbers. */
  #isNumeric(place: number, missing: ReadonlySet<string>, some: boolean): boolean {
    const { decimal } = this.#marks.of(place);
    let found = false;
    for (const record of this.#records) {
      const cell = (record[place] as string).trim();
      if (cell === '' || missing.has(cell)) continue;
      const isNumber = parseNumber(cell, decimal) !== undefined;
      if (isNumber && some) return true;
      if (!isNumber && !some) return false;
      found ||= isNumber;
    }
    return found;
  }

  #place(row: number, column: string): string {
    return `line ${this.#lines[row]}, column "${clip(column)}"`;
  }

  #indexOf(name: string, column: unknown): number {
    if (typeof column !== 'string') throw wrongKind(name, 'the name of a column', column);
    const n = this.#places.get(column);
    if (n === undefined)
      throw wrongValue(name, 'a column', `${describe(column)}; ${suggestion(column, this.columns)}`);
    return n;
  }
}

function checkTexts(name: string, value: unknown): readonly string[] {
  if (!Array.isArray(value) || [...value].some((one) => typeof one !== 'string'))
    throw wrongKind(name, 'an array of texts', value);
  return value;
}
