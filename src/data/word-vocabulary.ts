import { describe } from '../validation/errors.js';
import { checkBoolean, checkNumber, checkOptions, checkSize } from '../validation/options.js';
import { parseState } from './scaler.js';
import { tokenize } from './words.js';

export interface WordVocabularyOptions {
  /** Whether words are taken in lower case. Default false. */
  lowerCase?: boolean;
  /** How often a word has to come to get an id of its own. Default 1. */
  minCount?: number;
  /** How many ids there are at most, the four special ones among them; the commonest words get them. Default: no limit. */
  maxSize?: number;
  /** What makes tokens of a text, in place of `tokenize`. */
  tokenize?: (text: string) => readonly string[];
}

/** What a vocabulary needs to be made again, as plain data. */
export interface WordVocabularyState {
  readonly type: 'WordVocabulary';
  readonly lowerCase: boolean;
  /** Whether tokens are made by a function of the user's, which is not stored. */
  readonly ownTokens: boolean;
  readonly words: readonly string[];
  readonly counts: readonly number[];
}

export interface EncodeOptions {
  /** Whether `start` stands before the words. Default false. */
  start?: boolean;
  /** Whether `end` stands behind the words. Default false. */
  end?: boolean;
}

/** The special symbols, in the order of their ids. */
const SPECIAL = ['<pad>', '<unk>', '<start>', '<end>'];

/**
 * The words of texts and their ids. Ids 0 to 3 are special: `padding`, `unknown`, `start`, `end`; words follow, the commonest first,
 * equally common ones in the order of their code units. Make it of the training texts alone.
 *
 * @example
 * ```ts
 * import { WordVocabulary } from 'lstm-wasm/data';
 * const vocabulary = WordVocabulary.of(['The cat sat.', 'The dog sat.', 'A cat!'], { lowerCase: true, minCount: 2 });
 * console.log(vocabulary.symbols.slice(4).join(' '), vocabulary.size); // . cat sat the 8
 * const ids = vocabulary.encode('The bird sat.', { end: true });
 * console.log([...ids], vocabulary.decode(ids)); // [ 7, 1, 6, 4, 3 ] the <unk> sat .
 *
 * const again = WordVocabulary.fromJSON(JSON.stringify(vocabulary)); // the text is for saveModel's metadata
 * console.log(again.count('cat')); // 2
 * ```
 */
export class WordVocabulary {
  /** The id of what fills up shorter sequences. */
  readonly padding = 0;
  /** The id of every word that has none of its own. */
  readonly unknown = 1;
  /** The id that may stand before a text. */
  readonly start = 2;
  /** The id that may stand behind a text. */
  readonly end = 3;
  /** All symbols, `<pad> <unk> <start> <end>` first; a symbol's id is its place. */
  readonly symbols: readonly string[];
  readonly lowerCase: boolean;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #counts: readonly number[];
  readonly #tokenize: (text: string) => readonly string[];

  private constructor(
    words: readonly (readonly [word: string, count: number])[],
    lowerCase: boolean,
    tokens: (text: string) => readonly string[],
  ) {
    this.symbols = [...SPECIAL, ...words.map(([word]) => word)];
    this.lowerCase = lowerCase;
    this.#ids = new Map(words.map(([word], n) => [word, n + SPECIAL.length]));
    this.#counts = words.map(([, count]) => count);
    this.#tokenize = tokens;
  }

  /**
   * The vocabulary of texts.
   *
   * @param texts - strings, or lists of tokens
   * @throws TypeError for another kind or an unknown option, RangeError for another value or where no word is left
   */
  static of(
    texts: Iterable<string | readonly string[]>,
    options: WordVocabularyOptions = {},
  ): WordVocabulary {
    checkOptions(options, ['lowerCase', 'minCount', 'maxSize', 'tokenize'], 'WordVocabulary.of');
    const lowerCase = checkBoolean('lowerCase', options.lowerCase ?? false);
    const minCount = checkSize('minCount', options.minCount ?? 1);
    const { maxSize = Number.POSITIVE_INFINITY } = options;
    if (maxSize !== Number.POSITIVE_INFINITY) {
      const above = (n: number) => Number.isInteger(n) && n > SPECIAL.length;
      checkNumber('maxSize', maxSize, 'a whole number from 5, or Infinity', above);
    }
    const tokens = checkTokenize(options.tokenize);
    const counts = countsOf(texts, lowerCase, tokens);
    const words = [...counts]
      .filter(([word, count]) => count >= minCount && !SPECIAL.includes(word))
      .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
      .slice(0, maxSize - SPECIAL.length);
    if (words.length === 0)
      throw new RangeError(
        `texts expected a word that comes at least minCount = ${minCount} times, got none`,
      );
    return new WordVocabulary(words, lowerCase, tokens);
  }

  /**
   * The vocabulary of the text that `JSON.stringify` gave.
   *
   * @param options - `tokenize`: the function that it was made with, where it was
   * @throws TypeError for no text, or where that function is missing; RangeError for another text
   */
  static fromJSON(text: string, options: Pick<WordVocabularyOptions, 'tokenize'> = {}): WordVocabulary {
    checkOptions(options, ['tokenize'], 'WordVocabulary.fromJSON');
    const { words, counts, lowerCase, ownTokens } = checkState(parseState(text));
    if (ownTokens !== (options.tokenize !== undefined)) {
      const expected = ownTokens ? 'the function' : 'none';
      throw new TypeError(
        `tokenize expected ${expected}, as the vocabulary was made with, got ${describe(options.tokenize)}`,
      );
    }
    const pairs = words.map((word, n) => [word, counts[n] as number] as const);
    return new WordVocabulary(pairs, lowerCase, checkTokenize(options.tokenize));
  }

  /** How many ids there are. */
  get size(): number {
    return this.symbols.length;
  }

  /** Whether a word has an id of its own. */
  has(word: string): boolean {
    return this.#ids.has(word);
  }

  /** How often a word came in the texts; 0 for one that has no id of its own. */
  count(word: string): number {
    return this.#counts[(this.#ids.get(word) ?? 0) - SPECIAL.length] ?? 0;
  }

  /**
   * The ids of a text's words, `unknown` for those without. Text that looks like a special symbol is a word like others.
   *
   * @param text - a string, or its tokens
   * @throws TypeError for another kind or an unknown option
   */
  encode(text: string | readonly string[], options: EncodeOptions = {}): Int32Array {
    checkOptions(options, ['start', 'end'], 'WordVocabulary.encode');
    const { start = false, end = false } = options;
    checkBoolean('start', start);
    checkBoolean('end', end);
    const words = wordsOf('text', text, this.lowerCase, this.#tokenize);
    const ids = words.map((word) => this.#ids.get(word) ?? this.unknown);
    return Int32Array.from([...(start ? [this.start] : []), ...ids, ...(end ? [this.end] : [])]);
  }

  /**
   * The words of ids with a space between them: `padding` and `start` are left out, and all from the first `end` on.
   *
   * @throws TypeError for what are no ids, RangeError for one that is not known
   */
  decode(ids: ArrayLike<number>): string {
    if (!Array.isArray(ids) && !ArrayBuffer.isView(ids))
      throw new TypeError(`ids expected an array of whole numbers, got ${describe(ids)}`);
    const words: string[] = [];
    for (const id of Array.from(ids as ArrayLike<number>)) {
      const symbol = typeof id === 'number' ? this.symbols[id] : undefined;
      if (symbol === undefined)
        throw new RangeError(`ids expected whole numbers from 0 to ${this.size - 1}, got ${describe(id)}`);
      if (id === this.end) break;
      if (id !== this.padding && id !== this.start) words.push(symbol);
    }
    return words.join(' ');
  }

  /** What `JSON.stringify` takes: the text of it is for `fromJSON`. */
  toJSON(): WordVocabularyState {
    return {
      type: 'WordVocabulary',
      lowerCase: this.lowerCase,
      ownTokens: this.#tokenize !== tokenize,
      words: this.symbols.slice(SPECIAL.length),
      counts: [...this.#counts],
    };
  }
}

function checkTokenize(given: unknown): (text: string) => readonly string[] {
  if (given === undefined) return tokenize;
  if (typeof given !== 'function')
    throw new TypeError(`tokenize expected a function from text to tokens, got ${describe(given)}`);
  return given as (text: string) => readonly string[];
}

/** The tokens of a text, or those that are given. */
function wordsOf(
  name: string,
  text: unknown,
  lowerCase: boolean,
  tokens: (text: string) => readonly string[],
): readonly string[] {
  const words: unknown = typeof text === 'string' ? tokens(text) : text;
  if (!Array.isArray(words) || !words.every((word) => typeof word === 'string')) {
    const expected = typeof text === 'string' ? 'tokens from tokenize' : 'a string or its tokens';
    throw new TypeError(`${name} expected ${expected}, got ${describe(words)}`);
  }
  return lowerCase ? words.map((word: string) => word.toLowerCase()) : words;
}

function countsOf(
  texts: unknown,
  lowerCase: boolean,
  tokens: (text: string) => readonly string[],
): Map<string, number> {
  const iterable = texts as Partial<Iterable<unknown>> | null | undefined;
  if (typeof texts === 'string' || typeof iterable?.[Symbol.iterator] !== 'function')
    throw new TypeError(`texts expected an iterable of strings, got ${describe(texts)}`);
  const counts = new Map<string, number>();
  let n = 0;
  for (const text of iterable as Iterable<unknown>) {
    for (const word of wordsOf(`texts[${n}]`, text, lowerCase, tokens))
      counts.set(word, (counts.get(word) ?? 0) + 1);
    n++;
  }
  return counts;
}

function checkState(state: unknown): WordVocabularyState {
  const { type, words, counts, lowerCase, ownTokens } = (state ?? {}) as Partial<WordVocabularyState>;
  if (type !== 'WordVocabulary')
    throw new RangeError(`text expected that of a WordVocabulary, got one of ${describe(type)}`);
  const known = new Set(SPECIAL);
  const ownWord = (word: unknown) => typeof word === 'string' && known.size < known.add(word).size;
  if (!Array.isArray(words) || words.length === 0 || !words.every(ownWord))
    throw new RangeError(`text expected different words, got ${describe(words)}`);
  const isCount = (count: unknown) => Number.isSafeInteger(count) && (count as number) > 0;
  if (!Array.isArray(counts) || counts.length !== words.length || !counts.every(isCount))
    throw new RangeError(`text expected a count for each of ${words.length} words, got ${describe(counts)}`);
  if (typeof lowerCase !== 'boolean' || typeof ownTokens !== 'boolean')
    throw new RangeError('text expected lowerCase and ownTokens, got damaged ones');
  return { type, words, counts, lowerCase, ownTokens };
}
