import { batches } from 'lstm-wasm/data';
import { MissingData, readData } from '../data.js';

const FOLDER = 'datasets/sentiment-uci';
const FILES = ['amazon_cells_labelled.txt', 'imdb_labelled.txt', 'yelp_labelled.txt'];
const SOURCE =
  '"Sentiment Labelled Sentences" from https://archive.ics.uci.edu/dataset/331 (the three .txt files)';

/** One in this many sentences is in the test part. */
const TEST = 5;

/**
 * The sentences of Kotzias et al. 2015: each with the label 1 where it is positive, 0 where it is negative.
 *
 * @returns {Promise<{ text: string, label: 0 | 1 }[]>}
 * @throws MissingData
 */
export async function readSentences() {
  const texts = await Promise.all(FILES.map((file) => readData(`${FOLDER}/${file}`, SOURCE)));
  return texts.flatMap((bytes, n) => parseSentences(bytes.toString('utf8'), FILES[n]));
}

/** Lines of `sentence \t label`. They end at \n alone: a film review has U+0085 in its middle. @throws MissingData */
export function parseSentences(text, name) {
  const lines = text.split('\n').map((line) => line.trimEnd());
  return lines.flatMap((line, n) => {
    if (line === '') return [];
    const parts = /^(.*\S)\s*\t\s*([01])$/.exec(line);
    if (!parts)
      throw new MissingData(`${name} expected "sentence, tab, 0 or 1" in line ${n + 1}, got "${line}"`);
    return [{ text: parts[1].trim(), label: Number(parts[2]) }];
  });
}

/** Four fifths to train on, one fifth to test on, drawn by the seed alone: the same ones on every machine. */
export function split(sentences, seed) {
  const all = shuffled(sentences, seed);
  const cut = Math.ceil(all.length / TEST);
  return { train: all.slice(0, all.length - cut), test: all.slice(all.length - cut) };
}

/** Shuffled by the package's generator. */
export function shuffled(items, seed) {
  const order = Int32Array.from(items, (_, n) => n);
  const all = { input: { data: order, shape: [order.length, 1] }, target: order };
  const [{ input }] = batches(all, { batchSize: order.length, seed });
  return Array.from(input.data, (n) => items[n]);
}

/** Each of `count` equal parts once as `held`, the others as `rest`. */
export function folds(items, count) {
  return Array.from({ length: count }, (_, fold) => ({
    held: items.filter((_, n) => n % count === fold),
    rest: items.filter((_, n) => n % count !== fold),
  }));
}
