/** The mark between whole and decimal digits. */
export type Decimal = '.' | ',';

/*
 * Numbers as programs write them: a sign, digits, in groups of three or not, decimals, an exponent. No two parts of these patterns
 * match the same characters, so they take linear time.
 */
const SIGN = '[+\\-\\u2212]?';
const SPACES = " '\\u2019\\u00a0\\u2009\\u202f";

function patternsFor(decimal: string, otherMark: string): { plain: RegExp; grouped: RegExp } {
  return {
    plain: new RegExp(`^${SIGN}(?:\\d+(?:${decimal}\\d*)?|${decimal}\\d+)(?:[eE][+\\-]?\\d+)?$`),
    grouped: new RegExp(
      `^${SIGN}[1-9]\\d{0,2}(?:([${SPACES}${otherMark}])\\d{3}(?:\\1\\d{3})*)(?:${decimal}\\d*)?$`,
    ),
  };
}

const PATTERNS = { '.': patternsFor('\\.', ','), ',': patternsFor(',', '.') };

/** A cell as a number with the given decimal mark; undefined for anything else. */
export function parseNumber(cell: string, decimal: Decimal): number | undefined {
  const text = cell.trim();
  const { plain, grouped } = PATTERNS[decimal];
  const isGrouped = !plain.test(text);
  if (isGrouped && !grouped.test(text)) return undefined;
  const digits = isGrouped
    ? text.replace(decimal === '.' ? /[^\d.+\-\u2212]/g : /[^\d,+\-\u2212]/g, '')
    : text;
  return Number(digits.replace(',', '.').replace('\u2212', '-'));
}

/** Whether a cell is a number with one decimal mark only, or the same number with both, or two different ones. */
export function decimalOf(cell: string): Decimal | 'same' | 'ambiguous' | undefined {
  const [point, comma] = [parseNumber(cell, '.'), parseNumber(cell, ',')];
  if (point === undefined) return comma === undefined ? undefined : ',';
  if (comma === undefined) return '.';
  return point === comma ? 'same' : 'ambiguous';
}

/** What the cells of a column say about its decimal mark. */
interface Evidence {
  /** The mark that its numbers need; undefined if some need one, some the other, or all are numbers with both. */
  readonly decimal: Decimal | undefined;
  /** Whether numbers need both marks. */
  readonly isMixed: boolean;
  /** The first cell that is another number with the other mark. */
  readonly ambiguous: string | undefined;
}

/**
 * The decimal marks of a table. A column with a number such as 1.5 or 1.234,5 decides for itself, another follows the rest of the
 * table. Where nothing decides, a comma-separated file has points: with a comma for a mark, programs write semicolons between cells.
 */
export class DecimalMarks {
  readonly #records: readonly (readonly string[])[];
  readonly #given: Decimal | undefined;
  readonly #fallback: Decimal | undefined;
  readonly #evidence: (Evidence | undefined)[] = [];
  #table: { readonly decimal: Decimal | undefined } | undefined;

  constructor(records: readonly (readonly string[])[], delimiter: string, given: Decimal | undefined) {
    this.#records = records;
    this.#given = given;
    this.#fallback = delimiter === ',' ? '.' : undefined;
  }

  /** The mark of a column, and a cell that would be another number with the other mark if nothing decides. */
  of(column: number): { decimal: Decimal; undecided?: string } {
    if (this.#given) return { decimal: this.#given };
    const { decimal, ambiguous, isMixed } = this.#of(column);
    if (decimal) return { decimal };
    if (isMixed || ambiguous === undefined) return { decimal: '.' };
    this.#table ??= { decimal: this.#ofTable() };
    const chosen = this.#table.decimal ?? this.#fallback;
    return chosen ? { decimal: chosen } : { decimal: '.', undecided: ambiguous };
  }

  #of(column: number): Evidence {
    const known = this.#evidence[column];
    if (known) return known;
    const seen = new Set<Decimal>();
    let ambiguous: string | undefined;
    for (const record of this.#records) {
      const mark = decimalOf(record[column] as string);
      if (mark === '.' || mark === ',') seen.add(mark);
      if (mark === 'ambiguous') ambiguous ??= record[column];
    }
    const isMixed = seen.size > 1;
    const evidence = { decimal: isMixed ? undefined : [...seen][0], isMixed, ambiguous };
    this.#evidence[column] = evidence;
    return evidence;
  }

  #ofTable(): Decimal | undefined {
    const columns = this.#records[0]?.map((_, column) => this.#of(column)) ?? [];
    const needed = new Set(
      columns.flatMap(({ decimal, isMixed }) => (isMixed ? ['.', ','] : (decimal ?? []))),
    );
    return needed.size === 1 ? ([...needed][0] as Decimal) : undefined;
  }
}
