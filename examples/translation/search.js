import { softmax } from 'lstm-wasm';
import { padded } from './rows.js';
import { take } from './tensors.js';

/** Maximum number of words of a translation, including the end. */
export const LONGEST = 20;
/** A finished translation of n words, including the end, scores log p / n^LENGTH_EXPONENT (similar to Wu et al. 2016). */
export const LENGTH_EXPONENT = 1;
/** Sentences that are translated together. */
const TOGETHER = 64;

/**
 * @typedef {{ words: number[], score: number, attention: Float32Array[] }} Translation its words without the end; the mean log-probability of its
 *   words including the end; for each word, its attention weights over the English words
 */

/**
 * The likeliest word at each place, given those before it.
 *
 * @param {Translator} model
 * @param {Int32Array[]} sources sentences of English words
 * @param {WordVocabulary} vocabulary of the French words
 * @returns {Translation[]}
 */
export function greedy(model, sources, vocabulary) {
  return inParts(sources, (part) => {
    const finished = new Array(part.length);
    let live = part.map((_, sentence) => begin(sentence, vocabulary));
    let memory = model.encode(padded(part));
    for (let n = 0; n < LONGEST && live.length > 0; n++) {
      const { chances, weights, state } = stepOf(model, live, memory, vocabulary);
      const next = live.map((one, row) => {
        const [best] = likeliest(chances[row], 1);
        return extend(one, row, best, chances[row][best], weights[row]);
      });
      for (const one of next) if (isOver(one, vocabulary, n)) finished[one.sentence] = one;
      live = next.filter((one) => !isOver(one, vocabulary, n));
      memory = continued(memory, state, live);
    }
    return finished.map((one) => translationOf(one, vocabulary));
  });
}

/**
 * Beam search: extends the `width` likeliest prefixes until as many translations have ended, and returns the best of these by its
 * length-normalized score.
 *
 * @param {Translator} model
 * @param {Int32Array[]} sources sentences of English words
 * @param {WordVocabulary} vocabulary of the French words
 * @returns {Translation[]}
 */
export function beam(model, sources, vocabulary, width) {
  return inParts(sources, (part) => {
    const finished = part.map(() => []);
    let live = part.map((_, sentence) => begin(sentence, vocabulary));
    let memory = model.encode(padded(part));
    for (let n = 0; n < LONGEST && live.length > 0; n++) {
      const { chances, weights, state } = stepOf(model, live, memory, vocabulary);
      const next = live.flatMap((one, row) =>
        likeliest(chances[row], width).map((word) =>
          extend(one, row, word, chances[row][word], weights[row]),
        ),
      );
      live = [];
      for (const [sentence, all] of bySentence(next)) {
        const best = all.sort((a, b) => b.sum - a.sum).slice(0, width);
        finished[sentence].push(...best.filter((one) => isOver(one, vocabulary, n)));
        if (finished[sentence].length < width)
          live.push(...best.filter((one) => !isOver(one, vocabulary, n)));
      }
      memory = continued(memory, state, live);
    }
    return finished.map((all) => {
      const translations = all.map((one) => translationOf(one, vocabulary));
      return translations.reduce((best, one) => (one.score > best.score ? one : best));
    });
  });
}

/** Batches sentences of similar length. */
function inParts(sources, translate) {
  const order = sources.map((_, n) => n).sort((a, b) => sources[a].length - sources[b].length);
  const result = new Array(sources.length);
  for (let n = 0; n < order.length; n += TOGETHER) {
    const part = order.slice(n, n + TOGETHER);
    for (const [k, translation] of translate(part.map((place) => sources[place])).entries())
      result[part[k]] = translation;
  }
  return result;
}

function begin(sentence, { start }) {
  return { sentence, row: sentence, words: [start], sum: 0, attention: [] };
}

/** `row`: the row of its states. */
function extend({ sentence, words, sum, attention }, row, word, chance, weights) {
  return {
    sentence,
    row,
    words: [...words, word],
    sum: sum + Math.log(chance),
    attention: [...attention, weights],
  };
}

function isOver({ words }, { end }, n) {
  return words.at(-1) === end || n === LONGEST - 1;
}

/** The probabilities of all words at the next position, and the attention of each row. Special symbols except the end are excluded. */
function stepOf(model, live, memory, { padding, unknown, start }) {
  const { logits, weights, state } = model.step(
    Int32Array.from(live, ({ words }) => words.at(-1)),
    memory,
  );
  const [rows, count] = logits.shape;
  for (let row = 0; row < rows; row++)
    for (const id of [padding, unknown, start]) logits.data[row * count + id] = -Infinity;
  const { data } = softmax(logits, { runtime: model.runtime });
  const places = weights.shape[2];
  return {
    chances: live.map((_, row) => data.subarray(row * count, (row + 1) * count)),
    weights: live.map((_, row) => weights.data.slice(row * places, row * places + memory.lengths[row])),
    state,
  };
}

/** The decoder's inputs for the rows that continue. */
function continued({ keys, lengths }, { h, c }, live) {
  const rows = live.map(({ row }) => row);
  return {
    keys: take(keys, 0, rows),
    lengths: rows.map((row) => lengths[row]),
    state: { h: take(h, 1, rows), c: take(c, 1, rows) },
  };
}

/** The `count` likeliest words, best first. */
function likeliest(chances, count) {
  const best = [];
  for (let word = 0; word < chances.length; word++) {
    if (best.length === count && chances[word] <= chances[best.at(-1)]) continue;
    let place = best.length;
    while (place > 0 && chances[word] > chances[best[place - 1]]) place--;
    best.splice(place, 0, word);
    best.length = Math.min(best.length, count);
  }
  return best;
}

function bySentence(all) {
  const groups = new Map();
  for (const one of all) {
    if (!groups.has(one.sentence)) groups.set(one.sentence, []);
    groups.get(one.sentence).push(one);
  }
  return groups;
}

function translationOf({ words, sum, attention }, { end }) {
  const written = words.slice(1);
  const score = sum / written.length ** LENGTH_EXPONENT;
  return { words: written.at(-1) === end ? written.slice(0, -1) : written, score, attention };
}
