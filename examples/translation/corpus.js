import { strFromU8, unzipSync } from 'fflate';
import { batches, tokenize } from 'lstm-wasm/data';
import { MissingData, readData } from '../data.js';
import { plain, tokensOf } from './tokens.js';

const FILE = 'datasets/tatoeba-fra/fra-eng.zip';
const SOURCE = 'the English-French pairs of Tatoeba, fra-eng.zip, from https://www.manythings.org/anki/';

/** Maximum number of words of an English sentence. */
const LONGEST = 6;

/**
 * @typedef {{ english: string, french: string[] }} Sentence an English sentence with all its translations
 */

/**
 * The short sentences of the corpus.
 *
 * @returns {Promise<Sentence[]>}
 * @throws MissingData
 */
export async function readSentences() {
  const bytes = await readData(FILE, SOURCE);
  return parseSentences(textIn(bytes));
}

function textIn(bytes) {
  try {
    const { 'fra.txt': text } = unzipSync(bytes, { filter: ({ name }) => name === 'fra.txt' });
    if (text) return strFromU8(text);
  } catch {
    // Reported below, as is a file without that member.
  }
  throw new MissingData(`${FILE} expected a zip with fra.txt in it: get ${SOURCE}`);
}

/** Lines of `English \t French`, what follows left out; pairs of one English sentence come together. @throws MissingData */
export function parseSentences(text) {
  const sentences = new Map();
  for (const [n, line] of text.trimEnd().split('\n').entries()) {
    const [english, french] = line.split('\t').map(plain);
    if (!english || !french)
      throw new MissingData(`fra.txt expected "English, tab, French" in line ${n + 1}, got "${line}"`);
    if (english.split(' ').length > LONGEST) continue;
    if (!sentences.has(english)) sentences.set(english, new Set());
    sentences.get(english).add(french);
  }
  return [...sentences].map(([english, french]) => ({ english, french: [...french] }));
}

/**
 * Three parts. English sentences that differ in case or punctuation alone ("Run!", "Run.") count as one and come into the same
 * part: a random split of pairs would show most test sentences in training, with another of their translations.
 *
 * @param {Sentence[]} sentences
 * @param {{ validation: number, test: number, seed: number }} options how many English sentences, about
 * @returns {{ train: Sentence[], validation: Sentence[], test: Sentence[] }}
 */
export function split(sentences, { validation, test, seed }) {
  const groups = groupBy(sentences, wordsOf);
  const shuffled = inRandomOrder([...groups.values()], seed);
  const take = (count) => {
    const part = [];
    while (part.length < count && shuffled.length > 0) part.push(...shuffled.pop());
    return part;
  };
  return { test: take(test), validation: take(validation), train: shuffled.flat() };
}

function wordsOf({ english }) {
  return tokenize(english.toLowerCase())
    .filter((token) => /[\p{L}\p{N}]/u.test(token))
    .join(' ');
}

function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (groups.has(key)) groups.get(key).push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** Shuffled by the package's generator. */
function inRandomOrder(items, seed) {
  const order = Int32Array.from(items, (_, n) => n);
  const all = { input: { data: order, shape: [order.length, 1] }, target: order };
  const [{ input }] = batches(all, { batchSize: order.length, seed });
  return Array.from(input.data, (n) => items[n]);
}

/** A pair of token lists for each translation. */
export function pairsOf(sentences) {
  return sentences.flatMap(({ english, french }) => {
    const source = tokensOf(english, 'english');
    return french.map((translation) => ({ source, target: tokensOf(translation, 'french') }));
  });
}
