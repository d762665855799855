import { describe } from '../validation/errors.js';
import { checkBoolean, checkOptions, checkSize, checkSizeOrInfinity } from '../validation/options.js';
import { parseState } from './scaler.js';
import { tokenize } from './tokenize.js';

export interface WordVocabularyOptions {
  /** Whether to convert words to lower case. Default false. */
  lowerCase?: boolean;
  /** The number of occurrences that a word needs to get an id. Default 1. */
  minCount?: number;
  /** The largest number of ids, including the four special ones; the most frequent words get them. Default: no limit. */
  maxSize?: number;
  /** Splits a text into tokens, instead of `tokenize`. */
  tokenize?: (text: string) => readonly string[];
}

/** A vocabulary as plain data. */
export interface WordVocabularyState {
  readonly type: 'WordVocabulary';
  readonly lowerCase: boolean;
  /** Whether tokens come from a custom function, which is not stored. */
  readonly ownTokens: boolean;
  readonly words: readonly string[];
  readonly counts: readonly number[];
}

export interface EncodeOptions {
  /** Whether to put `start` before the words. Default false. */
  start?: boolean;
  /** Whether to put `end` after the words. Default false. */
  end?: boolean;
}

/** The special symbols, in the order of their ids. */
const SPECIAL = ['<pad>', '<unk>', '<start>', '<end>'];

/**
 * The words of texts and their ids. Ids 0 to 3 are special: `padding`, `unknown`, `start`, `end`; words follow, the most frequent first,
 * equally frequent ones in the order of their code units. Make it from the training texts alone.
 *
 * @example
 * ```ts
 * import { WordVocabulary } from 'lstm-wasm/data';
 * const vocabulary = WordVocabulary.of(['The cat sat.', 'The dog sat.', 'A cat!'], { lowerCase: true, minCount: 2 });
 * console.log(vocabulary.symbols.slice(4).join(' '), vocabulary.size); // . cat sat the 8
 * const ids = vocabulary.encode('The bird sat.', { end: true });
 * console.log([...ids], vocabulary.decode(ids)); // [ 7, 1, 6, 4, 3 ] the <unk> sat .
 *
 * const again = WordVocabulary.fromJSON(JSON.stringify(vocabulary)); // store the text in saveModel's metadata
 * console.log(again.count('cat')); // 2
 * ```
 */
export class WordVocabulary {
  /** The id that pads shorter sequences. */
  readonly padding = 0;
  /** The id of every unknown word. */
  readonly unknown = 1;
  /** The id that may precede a text. */
  readonly start = 2;
  /** The id that may follow a text. */
  readonly end = 3;
  /** All symbols, `<pad> <unk> <start> <end>` first; a symbol's id is its index. */
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
   * Makes the vocabulary of texts.
   *
   * @param texts - strings, or lists of tokens
   * @throws TypeError for the wrong kind or an unknown option, RangeError for a wrong value or if no word is left
   */
  static of(
    texts: Iterable<string | readonly string[]>,
    options: WordVocabularyOptions = {},
  ): WordVocabulary {
    checkOptions(options, ['lowerCase', 'minCount', 'maxSize', 'tokenize'], 'WordVocabulary.of');
    const lowerCase = checkBoolean('lowerCase', options.lowerCase ?? false);
    const minCount = checkSize('minCount', options.minCount ?? 1);
    const { maxSize = Number.POSITIVE_INFINITY } = options;
    checkSizeOrInfinity('maxSize', maxSize, SPECIAL.length + 1);
    const tokens = checkTokenize(options.tokenize);
    const counts = countsOf(texts, lowerCase, tokens);
    const words = [...counts]
      .filter(([word, count]) => count >= minCount && !SPECIAL.includes(word))
      .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
      .slice(0, maxSize - SPECIAL.length);
    if (words.length === 0)
      throw new RangeError(
        `texts expected a word that occurs at least minCount = ${minCount} times, got none`,
      );
    return new WordVocabulary(words, lowerCase, tokens);
  }

  /**
   * The vocabulary from the text that `JSON.stringify` returned for it.
   *
   * @param options - `tokenize`: the custom function that the vocabulary was made with, if there was one
   * @throws TypeError for anything but text or if that function is missing, RangeError for damaged text
   */
  static fromJSON(text: string, options: Pick<WordVocabularyOptions, 'tokenize'> = {}): WordVocabulary {
    checkOptions(options, ['tokenize'], 'WordVocabulary.fromJSON');
    const { words, counts, lowerCase, ownTokens } = checkState(parseState(text));
    if (ownTokens !== (options.tokenize !== undefined)) {
      const expected = ownTokens ? 'the custom function' : 'no function';
      throw new TypeError(
        `tokenize expected ${expected}, as when the vocabulary was made, got ${describe(options.tokenize)}`,
      );
    }
    const pairs = words.map((word, n) => [word, counts[n] as number] as const);
    return new WordVocabulary(pairs, lowerCase, checkTokenize(options.tokenize));
  }

  /** The number of ids. */
  get size(): number {
    return this.symbols.length;
  }

  /** Whether a word has an id. */
  has(word: string): boolean {
    return this.#ids.has(word);
  }

  /** The number of times that a word occurred in the texts; 0 for a word without an id. */
  count(word: string): number {
    return this.#counts[(this.#ids.get(word) ?? 0) - SPECIAL.length] ?? 0;
  }

  /**
   * The ids of a text's words, `unknown` for words without one. Text that looks like a special symbol is an ordinary word.
   *
   * @param text - a string, or its tokens
   * @throws TypeError for the wrong kind or an unknown option
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
   * The words of ids, separated by spaces, up to the first `end`; `padding` and `start` are left out.
   *
   * @throws TypeError for anything but ids, RangeError for an unknown id
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

  /** For `JSON.stringify`, whose text `fromJSON` reads. */
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

/** The tokens of a text, or the given tokens. */
function wordsOf(
  name: string,
  text: unknown,
  lowerCase: boolean,
  tokens: (text: string) => readonly string[],
): readonly string[] {
  const words: unknown = typeof text === 'string' ? tokens(text) : text;
  if (!Array.isArray(words) || ![...words].every((word) => typeof word === 'string')) {
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
    throw new RangeError(`text expected a WordVocabulary, got the type ${describe(type)}`);
  const known = new Set(SPECIAL);
  const ownWord = (word: unknown) => typeof word === 'string' && known.size < known.add(word).size;
  if (!Array.isArray(words) || words.length === 0 || ![...words].every(ownWord))
    throw new RangeError(`text expected different words, got ${describe(words)}`);
  const isCount = (count: unknown) => Number.isSafeInteger(count) && (count as number) > 0;
  if (!Array.isArray(counts) || counts.length !== words.length || ![...counts].every(isCount))
    throw new RangeError(`text expected a count for each of ${words.length} words, got ${describe(counts)}`);
  if (typeof lowerCase !== 'boolean' || typeof ownTokens !== 'boolean')
    throw new RangeError('text expected true or false for lowerCase and ownTokens');
  return { type, words, counts, lowerCase, ownTokens };
}
