/**
 * The baseline: the French of the training sentence whose English is nearest, copied. The distance is the cosine of their
 * TF-IDF vectors, in which rare words count most.
 *
 * @param {{ source: string[], french: string }[]} known English tokens and a translation
 * @returns {(source: string[]) => string}
 */
export function nearestNeighbour(known) {
  const documents = new Map();
  for (const { source } of known)
    for (const word of new Set(source)) documents.set(word, (documents.get(word) ?? 0) + 1);
  const weightOf = (word) => Math.log((known.length + 1) / ((documents.get(word) ?? 0) + 1));
  const index = new Map();
  for (const [n, { source }] of known.entries()) {
    for (const [word, value] of unitVector(source, weightOf)) {
      if (!index.has(word)) index.set(word, []);
      index.get(word).push([n, value]);
    }
  }
  return (source) => {
    const likeness = new Float64Array(known.length);
    for (const [word, value] of unitVector(source, weightOf))
      for (const [n, other] of index.get(word) ?? []) likeness[n] += value * other;
    return known[likeness.reduce((best, value, n) => (value > likeness[best] ? n : best), 0)].french;
  };
}

/** A sentence's TF-IDF vector, of length 1. */
function unitVector(words, weightOf) {
  const vector = new Map();
  for (const word of words) vector.set(word, (vector.get(word) ?? 0) + weightOf(word));
  const length = Math.hypot(...vector.values());
  return [...vector].map(([word, value]) => [word, length > 0 ? value / length : 0]);
}
