import { suggestion } from '../validation/edit-distance.js';
import { describe } from '../validation/errors.js';
import { checkBoolean, checkOptions } from '../validation/options.js';
import type { Series } from './series.js';

export interface CsvOptions {
  /** The character between two cells. Default a comma. */
  delimiter?: string;
  /** Whether the first record names the columns; otherwise their names are 0, 1, 2 … Default true. */
  header?: boolean;
}

/**
 * A table of text, read by {@link readCsv}: its columns as numbers or as text.
 */
export class CsvTable {
  /** The names of the columns. */
  readonly columns: readonly string[];
  readonly #records: readonly (readonly string[])[];
  readonly #first: number;

  /** @internal `first` is the number of the first of these records in the file, from 1. */
  constructor(columns: readonly string[], records: readonly (readonly string[])[], first: number) {
    this.columns = columns;
    this.#records = records;
    this.#first = first;
  }

  /** The number of rows, without the header. */
  get length(): number {
    return this.#records.length;
  }

  /** The cells of a column as text: dates, names. @throws TypeError for anything but a name, RangeError for an unknown one */
  text(column: string): string[] {
    const n = this.#indexOf('column', column);
    return this.#records.map((record) => record[n] as string);
  }

  /**
   * Columns as numbers, in the order of the rows: a series, for `windows` and scalers for example.
   *
   * @param columns - their names; default all
   * @param options - `missing`: the cells that mean a missing value, such as `['', 'NA']`; they become NaN. Default none
   * @returns [rows, columns], with the names of the columns
   * @throws TypeError for the wrong kind or an unknown option; RangeError for an unknown column, or a cell that is neither a number
   *   nor in `missing`
   */
  numbers(columns: readonly string[] = this.columns, options: { missing?: readonly string[] } = {}): Series {
    checkOptions(options, ['missing'], 'numbers');
    const missing = checkTexts('missing', options.missing ?? []);
    const names = checkTexts('columns', columns);
    if (names.length === 0) throw new RangeError('columns expected at least one, got none');
    const places = names.map((name, n) => this.#indexOf(`columns[${n}]`, name));
    const data = new Float32Array(this.length * places.length);
    for (const [row, record] of this.#records.entries()) {
      for (const [n, place] of places.entries()) {
        const cell = record[place] as string;
        const value = missing.includes(cell.trim()) ? Number.NaN : parseNumber(cell);
        if (value === undefined) throw this.#notANumber(row, names[n] as string, cell);
        data[row * places.length + n] = value;
      }
    }
    return { data, shape: [this.length, places.length], columns: [...names] };
  }

  #notANumber(row: number, name: string, cell: string): RangeError {
    const hint = /\d/.test(cell) ? '' : ': list it in missing if it means a missing value';
    return new RangeError(
      `record ${this.#first + row}, column "${name}" expected a number, got ${describe(cell)}${hint}`,
    );
  }

  #indexOf(name: string, column: unknown): number {
    if (typeof column !== 'string')
      throw new TypeError(`${name} expected the name of a column, got ${describe(column)}`);
    const n = this.columns.indexOf(column);
    if (n < 0)
      throw new RangeError(
        `${name} expected a column, got ${describe(column)}; ${suggestion(column, this.columns)}`,
      );
    return n;
  }
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Parses a cell; undefined unless it is a decimal number in the range of a float. */
function parseNumber(cell: string): number | undefined {
  const text = cell.trim();
  const value = DECIMAL.test(text) ? Math.fround(Number(text)) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/**
 * Reads a table from the text of a CSV file (RFC 4180). The parser, Papa Parse, is part of the package and loads at the first call.
 * Nothing is guessed: neither the delimiter, nor what is a number, nor what is missing.
 *
 * @throws TypeError for the wrong kind or an unknown option; RangeError if a record has more or fewer cells than the first, quotes are
 *   damaged, there is no record, or two columns have the same name
 * @example
 * ```ts
 * import { countMissing, readCsv } from 'lstm-wasm/data';
 * const table = await readCsv('date,max,rain\n2012-01-01,12.8,0\n2012-01-02,10.6,NA\n');
 * console.log(table.columns.join(' '), table.text('date')[1]); // date max rain 2012-01-02
 * const series = table.numbers(['max', 'rain'], { missing: ['NA'] });
 * console.log(series.shape, countMissing(series)); // [ 2, 2 ] [ 0, 1 ]
 * ```
 */
export async function readCsv(text: string, options: CsvOptions = {}): Promise<CsvTable> {
  checkOptions(options, ['delimiter', 'header'], 'readCsv');
  if (typeof text !== 'string') throw new TypeError(`text expected a string, got ${describe(text)}`);
  const { delimiter = ',', header = true } = options;
  if (typeof delimiter !== 'string')
    throw new TypeError(`delimiter expected one character, got ${describe(delimiter)}`);
  if (delimiter.length !== 1 || /["\r\n\ufeff]/.test(delimiter))
    throw new RangeError(
      `delimiter expected one character other than a quote or line break, got ${describe(delimiter)}`,
    );
  checkBoolean('header', header);
  const { parseRecords } = await import('#csv');
  const { records, faults } = parseRecords(text, delimiter);
  const [fault] = faults;
  if (fault) throw new RangeError(`text, record ${fault.record + 1}: ${fault.message}`);
  // The empty text after the last line break is not a record.
  if (records.at(-1)?.join('') === '' && records.at(-1)?.length === 1) records.pop();
  return tableOf(records, header);
}

function tableOf(records: string[][], header: boolean): CsvTable {
  const [first] = records;
  if (first === undefined) throw new RangeError('text expected at least one record, got none');
  for (const [n, { length }] of records.entries()) {
    if (length !== first.length)
      throw new RangeError(
        `text, record ${n + 1} expected as many cells as record 1 = ${first.length}, got ${length}`,
      );
  }
  const columns = header ? first.map((name) => name.trim()) : first.map((_, n) => String(n));
  const duplicate = columns.find((name, n) => columns.indexOf(name) < n);
  if (duplicate !== undefined)
    throw new RangeError(`text expected different names of columns, got ${describe(duplicate)} twice`);
  return new CsvTable(columns, header ? records.slice(1) : records, header ? 2 : 1);
}

function checkTexts(name: string, value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.some((one) => typeof one !== 'string'))
    throw new TypeError(`${name} expected an array of texts, got ${describe(value)}`);
  return value;
}
