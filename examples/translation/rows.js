// A pair of sentences as one row, as bucketBatches, which sorts by length, and Trainer expect it.

/** Both vocabularies have the start symbol at this id; it occurs nowhere else. */
const START = 2;

/** The class of positions without logits: English words and padding. */
const NO_WORD = -100;
/** The class of a French word that has no id: it has logits, but does not count. */
export const UNKNOWN = -1;

/**
 * The input and target of a pair:
 *
 *   input    i'm hungry .     <start>  j'  ai  faim  .
 *   target   −100 −100 −100   j'       ai  faim  .   <end>
 *
 * A French word without an id does not count as a target, so the model never learns to write "unknown".
 *
 * @param {{ source: string[], target: string[] }} pair
 * @param {{ source: WordVocabulary, target: WordVocabulary }} vocabularies
 */
export function rowOf({ source, target }, vocabularies) {
  const read = vocabularies.source.encode(source);
  const written = vocabularies.target.encode(target, { start: true, end: true });
  const goal = written.subarray(1).map((id) => (id === vocabularies.target.unknown ? UNKNOWN : id));
  return {
    input: Int32Array.from([...read, ...written.subarray(0, -1)]),
    target: Int32Array.from([...new Array(read.length).fill(NO_WORD), ...goal]),
  };
}

/** The targets that have logits, in their order. */
export function classesOf({ data }) {
  return data.filter((id) => id !== NO_WORD);
}

/** English and French of a batch of rows, each padded separately. */
export function separate({ data, shape: [batch, longest] }, lengths = new Array(batch).fill(longest)) {
  const rows = Array.from({ length: batch }, (_, b) => data.subarray(b * longest, b * longest + lengths[b]));
  const starts = rows.map((row) => row.indexOf(START));
  return {
    source: padded(rows.map((row, b) => row.subarray(0, starts[b]))),
    prefix: padded(rows.map((row, b) => row.subarray(starts[b]))),
  };
}

/** Sequences of ids as [rows, longest], with their lengths. */
export function padded(rows) {
  const lengths = rows.map(({ length }) => length);
  const longest = Math.max(...lengths);
  const data = new Int32Array(rows.length * longest);
  for (const [n, row] of rows.entries()) data.set(row, n * longest);
  return { data, shape: [rows.length, longest], lengths };
}
