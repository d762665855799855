/* Records and cells as RFC 4180 has them, and as programs export them. Each character is looked at a fixed number of times. */

import { describe } from '../validation/errors.js';

export interface Records {
  readonly delimiter: string;
  readonly records: string[][];
  /** The line where each record begins, from 1. */
  readonly lines: number[];
}

/** In order of preference: a comma also occurs inside numbers and text. */
const DELIMITERS = ['\t', ';', ',', '|'];

/** How many records and characters decide the delimiter, after the first record. */
const SAMPLE = { records: 100, characters: 1_048_576 };

/** The first line that some programs write for Excel. */
const SEPARATOR_LINE = /^sep=([^\r\n])(?:\r\n|\r|\n|$)/i;

/**
 * Splits a text into records of cells. Lines may end in `\n`, `\r\n` or `\r`, mixed too. Blank lines are skipped; between the records
 * of one column they are empty cells.
 *
 * @param delimiter - undefined: found among `candidates`
 * @throws RangeError for damaged quotes
 */
export function parseRecords(
  text: string,
  delimiter: string | undefined,
  decimal: string | undefined,
): Records {
  const mark = text.startsWith('\ufeff') ? 1 : 0;
  const [separatorLine = '', separator] = SEPARATOR_LINE.exec(text.slice(mark, mark + 8)) ?? [];
  const from = mark + separatorLine.length;
  const candidates = DELIMITERS.filter((one) => one !== decimal);
  const chosen = delimiter ?? separator ?? findDelimiter(text, from, candidates);
  const reader = new Reader(text, chosen, from, separatorLine ? 2 : 1);
  const [records, lines]: [string[][], number[]] = [[], []];
  while (!reader.ended) {
    const { line } = reader;
    const record = reader.record();
    const isBlank = record.length === 1 && record[0]?.trim() === '' && !reader.quoted;
    if (isBlank && records[0]?.length !== 1) continue;
    records.push(record);
    lines.push(line);
  }
  return { delimiter: chosen, records, lines };
}

class Reader {
  /** The line of the next character, from 1. */
  line: number;
  /** Whether the last cell was quoted. */
  quoted = false;
  readonly #text: string;
  readonly #delimiter: string;
  #at: number;

  constructor(text: string, delimiter: string, from: number, line: number) {
    this.#text = text;
    this.#delimiter = delimiter;
    this.#at = from;
    this.line = line;
  }

  get ended(): boolean {
    return this.#at >= this.#text.length;
  }

  /** The next record, up to and with its line end. */
  record(): string[] {
    const cells = [this.#cell()];
    while (this.#text[this.#at] === this.#delimiter) {
      this.#at++;
      cells.push(this.#cell());
    }
    if (!this.ended) this.line++;
    this.#at += this.#text.startsWith('\r\n', this.#at) ? 2 : 1;
    return cells;
  }

  #cell(): string {
    const from = this.#at;
    this.#skipSpaces();
    this.quoted = this.#text[this.#at] === '"';
    if (this.quoted) return this.#quotedCell();
    while (!this.#atEndOfCell()) this.#at++;
    return this.#text.slice(from, this.#at);
  }

  #quotedCell(): string {
    const { line } = this;
    const from = this.#at + 1;
    let to = this.#text.indexOf('"', from);
    while (to >= 0 && this.#text[to + 1] === '"') to = this.#text.indexOf('"', to + 2);
    if (to < 0) throw new RangeError(`text, line ${line} expected a closing quote, got none up to the end`);
    const cell = this.#text.slice(from, to).replaceAll('""', '"');
    this.line += countLineEnds(cell);
    this.#at = to + 1;
    this.#skipSpaces();
    if (this.#atEndOfCell()) return cell;
    const rest = describe(this.#text.slice(this.#at, this.#at + 41));
    throw new RangeError(
      `text, line ${this.line} expected a delimiter after the quoted cell ${describe(cell)}, got ${rest}: write a quote inside a quoted cell twice`,
    );
  }

  #skipSpaces(): void {
    while (isSpace(this.#text[this.#at]) && this.#text[this.#at] !== this.#delimiter) this.#at++;
  }

  #atEndOfCell(): boolean {
    const character = this.#text[this.#at];
    return character === undefined || character === this.#delimiter || isLineEnd(character);
  }
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}

function isLineEnd(character: string): boolean {
  return character === '\n' || character === '\r';
}

function countLineEnds(cell: string): number {
  let count = 0;
  for (let n = 0; n < cell.length; n++)
    if (cell[n] === '\n' || (cell[n] === '\r' && cell[n + 1] !== '\n')) count++;
  return count;
}

/**
 * The delimiter that occurs in the first record, and as often in most of the following ones; the first of several. A comma
 * where there is none.
 */
function findDelimiter(text: string, from: number, candidates: readonly string[]): string {
  const [first, ...others] = countDelimiters(text, from, candidates);
  const scores = candidates.map((_, n) => {
    const expected = first?.[n] ?? 0;
    return expected === 0 ? 0 : 1 + others.filter((counts) => counts[n] === expected).length;
  });
  const best = Math.max(...scores);
  return best > 0
    ? (candidates[scores.indexOf(best)] as string)
    : (candidates.find((one) => one === ',') ?? ';');
}

/** How often each candidate occurs outside quotes in each of the first records that are not blank. */
function countDelimiters(text: string, from: number, candidates: readonly string[]): number[][] {
  const records: number[][] = [];
  let [counts, isBlank, startsCell, isQuoted] = [candidates.map(() => 0), true, true, false];
  let limit = text.length;
  for (let n = from; n <= limit; n++) {
    const character = text[n];
    if (character === '"' && (isQuoted || startsCell)) {
      [isQuoted, isBlank, startsCell] = [!isQuoted, false, isQuoted];
      continue;
    }
    if (isQuoted && character !== undefined) continue;
    if (character === undefined || isLineEnd(character)) {
      if (!isBlank) records.push(counts);
      if (records.length === 1) limit = Math.min(text.length, n + SAMPLE.characters);
      if (records.length > SAMPLE.records) break;
      [counts, isBlank, startsCell] = [candidates.map(() => 0), true, true];
      continue;
    }
    const candidate = candidates.indexOf(character);
    if (candidate >= 0) (counts[candidate] as number)++;
    startsCell = candidate >= 0 || (startsCell && isSpace(character));
    isBlank &&= isSpace(character) && candidate < 0;
  }
  return records;
}
