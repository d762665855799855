import { describe } from '../validation/errors.js';

/**
 * The characters between words: white space, which is dropped, and punctuation, each of which is a token. Listed here, since the Unicode
 * tables of engines have different versions.
 */
const SPACE = '\\s\\u0085\\u200b';
const PUNCTUATION =
  '!-\\/:-@\\[-`{-~\\u00a1-\\u00a9\\u00ab-\\u00ac\\u00ae-\\u00b1\\u00b4\\u00b6-\\u00b8\\u00bb\\u00bf\\u00d7\\u00f7\\u2010-\\u2027\\u2030-\\u205e\\u20a0-\\u20cf\\u2190-\\u2bff\\u3001-\\u3003\\u3008-\\u3011\\u3014-\\u301f\\uff01-\\uff0f\\uff1a-\\uff20\\uff3b-\\uff40\\uff5b-\\uff65';
const WORD = `[^${SPACE}${PUNCTUATION}]`;

/**
 * A word may contain ' ’ or - between letters; a number . and , between digits. At most 1000 of them: engines keep a place to go back
 * to for each, and run out of memory for millions.
 */
const TOKEN = new RegExp(
  `\\d+(?:[.,]\\d+){1,1000}(?!${WORD})|${WORD}+(?:['\\u2019-]${WORD}+){0,1000}|[${PUNCTUATION}]`,
  'gu',
);

/**
 * Splits a text into words and punctuation, without white space. A word keeps apostrophes and hyphens between letters, a number keeps
 * points and commas between digits; every other punctuation mark is a token of its own.
 *
 * @throws TypeError for anything but a string
 * @example
 * ```ts
 * import { tokenize } from 'lstm-wasm/data';
 * console.log(tokenize("Don't pay $3.50!").join(' | ')); // Don't | pay | $ | 3.50 | !
 * ```
 */
export function tokenize(text: string): string[] {
  if (typeof text !== 'string') throw new TypeError(`text expected a string, got ${describe(text)}`);
  return text.match(TOKEN) ?? [];
}
