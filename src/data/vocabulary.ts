import { describe } from '../validation/errors.js';

/**
 * The characters of a text and their ids, in the order of their code points.
 *
 * @example
 * ```ts
 * import { Vocabulary } from 'lstm-wasm/data';
 * const vocabulary = Vocabulary.ofCharacters('banana');
 * console.log(vocabulary.size, [...vocabulary.encode('nab')], vocabulary.decode([1, 0])); // 3 [ 2, 0, 1 ] ba
 * ```
 */
export class Vocabulary {
  /** The symbols; a symbol's id is its index. */
  readonly symbols: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;

  /** @throws TypeError for anything but an array of strings, RangeError if it is empty or contains a symbol twice */
  constructor(symbols: readonly string[]) {
    if (!Array.isArray(symbols) || [...symbols].some((symbol) => typeof symbol !== 'string')) {
      throw new TypeError(`symbols expected an array of strings, got ${describe(symbols)}`);
    }
    this.symbols = [...symbols];
    this.#ids = new Map(symbols.map((symbol, id) => [symbol, id]));
    if (symbols.length === 0) throw new RangeError('symbols expected at least one, got none');
    if (this.#ids.size < symbols.length)
      throw new RangeError('symbols expected each symbol once, got a symbol twice');
  }

  /** The vocabulary of the characters (code points) in a text. */
  static ofCharacters(text: string): Vocabulary {
    if (typeof text !== 'string') throw new TypeError(`text expected a string, got ${describe(text)}`);
    return new Vocabulary(
      [...new Set(text)].sort((a, b) => (a.codePointAt(0) as number) - (b.codePointAt(0) as number)),
    );
  }

  get size(): number {
    return this.symbols.length;
  }

  /** The ids of a text's characters. @throws RangeError for an unknown character */
  encode(text: string): Int32Array {
    if (typeof text !== 'string') throw new TypeError(`text expected a string, got ${describe(text)}`);
    const ids: number[] = [];
    for (const character of text) {
      const id = this.#ids.get(character);
      if (id === undefined)
        throw new RangeError(`text expected characters of the vocabulary, got ${describe(character)}`);
      ids.push(id);
    }
    return Int32Array.from(ids);
  }

  /** Whether a character has an id. */
  has(character: string): boolean {
    return this.#ids.has(character);
  }

  /** The text of ids. @throws RangeError for an unknown id */
  decode(ids: ArrayLike<number>): string {
    if (!Array.isArray(ids) && !ArrayBuffer.isView(ids))
      throw new TypeError(`ids expected an array of whole numbers, got ${describe(ids)}`);
    return Array.from(ids as ArrayLike<number>, (id) => {
      const symbol = typeof id === 'number' ? this.symbols[id] : undefined;
      if (symbol === undefined)
        throw new RangeError(`ids expected whole numbers from 0 to ${this.size - 1}, got ${describe(id)}`);
      return symbol;
    }).join('');
  }
}
