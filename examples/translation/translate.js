import { beam, greedy } from './search.js';
import { sentenceOf, tokensOf } from './tokens.js';

/** Width of the beam. */
export const WIDTH = 5;

/**
 * @param {{ model: Translator, vocabularies: Vocabularies }} translator
 * @param {string[]} sentences in English
 * @param {{ width?: number }} [options] that of the beam; greedy without it
 * @returns {{ text: string, score: number, read: string[], written: string[], attention: Float32Array[] }[]} the French sentence; its mean
 *   log-probability of a word; both as tokens, and for each French one, including the end, its attention weights over the English ones
 */
export function translate({ model, vocabularies: { source, target } }, sentences, { width } = {}) {
  const read = sentences.map((sentence) => tokensOf(sentence, 'english'));
  const sources = read.map((tokens) => source.encode(tokens));
  const found = width ? beam(model, sources, target, width) : greedy(model, sources, target);
  return found.map(({ words, score, attention }, n) => {
    const written = words.map((word) => target.symbols[word]);
    return { text: sentenceOf(written), score, read: read[n], written, attention };
  });
}
