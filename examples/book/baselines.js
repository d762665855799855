import { gzipSync } from 'node:zlib';

/** Deflate looks back 32 kB, so earlier text would not help it. */
const GZIP_TAIL = 65_536;

/**
 * Bits per character that simpler models need for the held-out text. Each is fitted on `train` alone, and predicts every
 * held-out character from those before it, the first ones from the end of `train`.
 */
export function baselines({ vocabulary, train, heldOut }) {
  return {
    unigram: unigramBits(train, heldOut, vocabulary.size),
    trigram: trigramBits(train, heldOut, vocabulary.size),
    gzip: gzipBits(vocabulary.decode(train.subarray(-GZIP_TAIL)), vocabulary.decode(heldOut), heldOut.length),
  };
}

function unigramBits(train, heldOut, classes) {
  const probability = unigram(train, classes);
  return meanBits(heldOut, (n) => probability(heldOut[n]));
}

/** Frequencies, each count one higher, so that a character that training lacks is possible. */
function unigram(train, classes) {
  const counts = new Uint32Array(classes).fill(1);
  for (const id of train) counts[id]++;
  return (id) => counts[id] / (train.length + classes);
}

/**
 * A trigram mixed with the bigram, and that with the unigram, by Witten & Bell 1991: the weight of the shorter context is
 * the number of different characters seen after the longer one. There is nothing to tune.
 */
function trigramBits(train, heldOut, classes) {
  const first = unigram(train, classes);
  const second = interpolated(train, 1, classes, (_, id) => first(id));
  const third = interpolated(train, 2, classes, (context, id) => second(context % classes, id));
  const at = (n) => (n < 0 ? train[train.length + n] : heldOut[n]);
  return meanBits(heldOut, (n) => third(at(n - 2) * classes + at(n - 1), heldOut[n]));
}

/** p(id | context) from counts, a context being its `order` last ids as one number. */
function interpolated(train, order, classes, shorter) {
  const span = classes ** order;
  const counts = new Map();
  const totals = new Map();
  const kinds = new Map();
  for (let n = order; n < train.length; n++) {
    const context = order === 1 ? train[n - 1] : train[n - 2] * classes + train[n - 1];
    const key = train[n] * span + context;
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    totals.set(context, (totals.get(context) ?? 0) + 1);
    if (count === 0) kinds.set(context, (kinds.get(context) ?? 0) + 1);
  }
  return (context, id) => {
    const total = totals.get(context);
    if (total === undefined) return shorter(context, id);
    const different = kinds.get(context);
    const count = counts.get(id * span + context) ?? 0;
    return (count + different * shorter(context, id)) / (total + different);
  };
}

function meanBits(ids, probability) {
  let bits = 0;
  for (let n = 0; n < ids.length; n++) bits -= Math.log2(probability(n));
  return bits / ids.length;
}

/** The bytes by which the held-out text makes the compressed end of the training text longer. */
function gzipBits(tail, heldOut, characters) {
  const size = (text) => gzipSync(text, { level: 9 }).length;
  return ((size(tail + heldOut) - size(tail)) * 8) / characters;
}
