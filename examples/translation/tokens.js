import { tokenize } from 'lstm-wasm/data';

/**
 * The tokens of a sentence. What an apostrophe or a hyphen joins is parted: "l'" before "eau" in French, "'s" behind "Tom" in
 * English, "-vous" behind "avez". The first letter is taken in lower case, so that "The" and "the" are one word.
 *
 * @param {string} text
 * @param {'french' | 'english'} language
 */
export function tokensOf(text, language) {
  const joint = language === 'french' ? /(?<=.')|(?=-.)/u : /(?=['-].)/u;
  return tokenize(uncapitalised(plain(text))).flatMap((word) => word.split(joint));
}

/** A French sentence of its tokens: a capital first, and spaces where French has them. */
export function sentenceOf(tokens) {
  const text = tokens
    .join(' ')
    .replace(/(?<=\p{L}') /gu, '')
    .replace(/ (?=-\p{L}|[.,)…])/gu, '');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** One kind of apostrophe, one kind of space. */
export function plain(text) {
  return text
    .normalize('NFC')
    .replace(/[’‘]/g, "'")
    .replace(/[\s\u200b]+/gu, ' ')
    .trim();
}

function uncapitalised(text) {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
