import { decodeText } from '../runtime/text.js';
import { wrongKind, wrongValue } from '../validation/errors.js';
import { checkBoolean, checkOneOf, checkOptions } from '../validation/options.js';
import type { Decimal } from './numerals.js';
import { type BytesSource, bytesFrom } from './source.js';
import type { CsvTable } from './table.js';

export interface CsvOptions {
  /** The character between two cells. Default: tab, semicolon, comma or bar, whichever splits the records evenly. */
  delimiter?: string;
  /** Whether the first record names the columns; otherwise their names are 0, 1, 2 … Default true. */
  header?: boolean;
  /** The mark between whole and decimal digits. Default: as the numbers say, see {@link readCsv}. */
  decimal?: Decimal;
  /** The encoding of bytes, such as `windows-1252`. Default: UTF-8, or UTF-16 with a byte order mark. */
  encoding?: string;
}

/**
 * Reads a table from CSV (RFC 4180) as programs export it. The reader loads at the first call.
 *
 * - The **delimiter** is a tab, `;`, `,` or `|`: the one that occurs equally often in most of the first records.
 * - **Blank lines**, and empty records and cells at the end, are skipped; between the records of a single column they are empty cells.
 *   Line ends may be mixed. A byte order mark and Excel's line `sep=;` are understood.
 * - **Numbers** may have a decimal comma, and groups of three digits separated by `,` `.` `'` or a space. Numbers such as 1,5 decide
 *   which mark a column uses. If only numbers such as 1.234 are there, a comma-separated file has decimal points, and others
 *   throw until `decimal` is set.
 *
 * Nothing else is guessed: cells that are not numbers and missing values throw unless configured.
 *
 * @param text - the text, or the bytes of the file, or a `Blob`, `File` or `Response`
 * @throws TypeError for the wrong kind or an unknown option; RangeError if a record has more or fewer cells than the first, quotes are
 *   damaged, there is no record, two columns have the same name, or bytes have another encoding
 * @example
 * ```ts
 * import { countMissing, readCsv } from 'lstm-wasm/data';
 * const table = await readCsv('date,max,rain\n2012-01-01,12.8,0\n2012-01-02,10.6,NA\n');
 * console.log(table.columns.join(' '), table.text('date')[1]); // date max rain 2012-01-02
 * const series = table.numbers(['max', 'rain'], { missing: ['NA'], times: 'date' });
 * console.log(series.shape, countMissing(series), series.times); // [ 2, 2 ] [ 0, 1 ] Float64Array(2) [ 1325376000000, 1325462400000 ]
 *
 * const exported = await readCsv('Stadt;Einwohner;°C\r\nBonn;335.789;10,9\r\n\r\n');
 * console.log(...exported.numbers(['Einwohner', '°C']).data.map((x) => x * 10)); // 3357890 109
 * ```
 */
export async function readCsv(
  text: string | Uint8Array | ArrayBuffer | BytesSource,
  options: CsvOptions = {},
): Promise<CsvTable> {
  checkOptions(options, ['delimiter', 'header', 'decimal', 'encoding'], 'readCsv');
  const header = checkBoolean('header', options.header ?? true);
  const decimal = options.decimal && checkOneOf('decimal', options.decimal, ['.', ',']);
  const delimiter = checkDelimiter(options.delimiter, decimal);
  const content = await textFrom(text, options.encoding);
  if (/^\s*<(?:!doctype|html|\?xml)/i.test(content.slice(0, 100)))
    throw new RangeError('text expected CSV, got a page or XML: is the address right?');
  const { readTable } = await import('#csv');
  return readTable(content, header, delimiter, decimal);
}

function checkDelimiter(delimiter: unknown, decimal: Decimal | undefined): string | undefined {
  if (delimiter === undefined) return undefined;
  if (typeof delimiter !== 'string') throw wrongKind('delimiter', 'one character', delimiter);
  if (delimiter.length !== 1 || /["\r\n\ufeff]/.test(delimiter))
    throw wrongValue(
      'delimiter',
      'one character other than a quote or line break',
      JSON.stringify(delimiter.slice(0, 40)),
    );
  if (delimiter === '.' && decimal === '.')
    throw wrongValue('delimiter', 'a character other than decimal', '"."');
  return delimiter;
}

async function textFrom(source: unknown, encoding: unknown): Promise<string> {
  if (encoding !== undefined && typeof encoding !== 'string')
    throw wrongKind('encoding', 'the name of an encoding', encoding);
  if (typeof source === 'string') {
    if (encoding === undefined) return source;
    throw new TypeError('encoding expected bytes to decode, got a text, which has none');
  }
  const bytes = await bytesFrom('text', source, 'a string, ');
  const [a, b, c, d] = bytes;
  if (a === 0x50 && b === 0x4b && c === 3 && d === 4)
    throw new RangeError('text expected CSV, got a zip file such as an .xlsx workbook: export it as CSV');
  const isUtf16 = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff);
  const found = encoding ?? (isUtf16 ? `utf-16${a === 0xff ? 'le' : 'be'}` : 'utf-8');
  return decode(bytes, found);
}

function decode(bytes: Uint8Array, encoding: string): string {
  try {
    if (/^utf-?8$/i.test(encoding)) return decodeText(bytes);
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new RangeError(
      `text expected bytes in ${JSON.stringify(encoding.slice(0, 40))}, got others: set encoding, such as 'windows-1252'`,
    );
  }
}
