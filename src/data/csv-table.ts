/* The module behind `#csv`, loaded when a table is read. */

import { clip, describe } from '../validation/errors.js';
import { parseRecords } from './csv-parser.js';
import { type Decimal, DecimalMarks } from './numerals.js';
import { CsvTable } from './table.js';

/**
 * The table in a text. Empty records at the end are dropped, and so are empty cells behind the last column.
 *
 * @param given - the delimiter; undefined: found
 * @param decimal - the decimal mark; undefined: as the numbers say
 * @throws RangeError for damaged quotes, no records, records of different lengths, or two columns with the same name
 */
export function readTable(
  text: string,
  header: boolean,
  given: string | undefined,
  decimal: Decimal | undefined,
): CsvTable {
  const { delimiter, records, lines } = parseRecords(text, given, decimal);
  let count = records.length;
  while (count > 0 && filled(records[count - 1] as string[]) === 0) count--;
  const [first, ...others] = records.slice(0, count);
  if (first === undefined) throw new RangeError('text expected at least one record, got none');
  const width = widthOf(first, header ? others : [first, ...others]);
  const rows = header ? others : [first, ...others];
  const places = header ? lines.slice(1, count) : lines.slice(0, count);
  for (const [n, record] of rows.entries()) fit(record, width, `text, line ${places[n]}`, delimiter);
  const columns = header
    ? first.slice(0, width).map((name) => name.trim())
    : Array.from({ length: width }, (_, n) => String(n));
  checkDifferent(columns);
  return new CsvTable(columns, rows, places, new DecimalMarks(rows, delimiter, decimal));
}

/** The number of cells up to the last one that is not empty. */
function filled(record: readonly string[]): number {
  let count = record.length;
  while (count > 0 && (record[count - 1] as string).trim() === '') count--;
  return count;
}

/** The number of columns: those that have a name, or a value in any row. A delimiter at the end of each line adds none. */
function widthOf(first: readonly string[], rows: readonly (readonly string[])[]): number {
  let width = Math.max(1, filled(first));
  for (const row of rows) {
    if (width >= first.length) break;
    width = Math.max(width, Math.min(filled(row), first.length));
  }
  return width;
}

/** Drops empty cells behind the last column. @throws RangeError for more or fewer cells */
function fit(record: string[], width: number, place: string, delimiter: string): void {
  if (record.length > width && filled(record) <= width) record.length = width;
  if (record.length === width) return;
  const cells = width === 1 ? '1 cell' : `${width} cells`;
  const name = delimiter === '\t' ? 'tab' : delimiter;
  const isMark = width === 1 && delimiter === ',';
  const hint = isMark ? ": if commas are decimal marks, set decimal: ','" : '';
  throw new RangeError(
    `${place} expected ${cells} as the first record, got ${record.length} (delimiter "${name}")${hint}`,
  );
}

function checkDifferent(columns: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of columns) {
    if (seen.has(name))
      throw new RangeError(`text expected different names of columns, got ${clip(describe(name))} twice`);
    seen.add(name);
  }
}
