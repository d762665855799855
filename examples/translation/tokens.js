import { tokenize } from 'lstm-wasm/data';

/**
 * The tokens of a sentence. Apostrophes and hyphens split words: "l'" before "eau" in French, "'s" after "Tom" in
 * English, "-vous" after "avez". The first letter is lowercased, so that "The" and "the" are one word.
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
