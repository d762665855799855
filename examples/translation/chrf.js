/** Character n-grams up to this length. */
const ORDER = 6;
/** Recall weighs β² times as much as precision. */
const BETA = 2;

/**
 * chrF2 (Popović 2015) of a corpus, 0 to 100, as sacreBLEU computes it: white space does not count; precision and recall of the
 * n-grams of each length from 1 to 6, whose means give one F score. Of several references the one nearest to the
 * translation counts.
 *
 * @param {string[]} translations
 * @param {string[][]} references of each translation
 */
export function chrF(translations, references) {
  const sums = Array.from({ length: ORDER }, () => [0, 0, 0]);
  for (const [n, translation] of translations.entries()) {
    const grams = gramsOf(translation);
    const counts = references[n].map((reference) => matches(grams, gramsOf(reference)));
    const best = counts.reduce((best, one) => (fScore(one) > fScore(best) ? one : best));
    for (const [order, triple] of best.entries()) for (const k of [0, 1, 2]) sums[order][k] += triple[k];
  }
  return fScore(sums);
}

/** For each length from 1 to 6, how often each n-gram comes. */
function gramsOf(text) {
  const characters = [...text.replace(/\s+/gu, '')];
  return Array.from({ length: ORDER }, (_, n) => {
    const grams = new Map();
    for (let at = 0; at + n < characters.length; at++) {
      const gram = characters.slice(at, at + n + 1).join('');
      grams.set(gram, (grams.get(gram) ?? 0) + 1);
    }
    return grams;
  });
}

/** For each length, how many n-grams the translation has, the reference has, and both have. */
function matches(translation, reference) {
  return translation.map((grams, n) => {
    const total = (counts) => [...counts.values()].reduce((sum, count) => sum + count, 0);
    let both = 0;
    for (const [gram, count] of grams) both += Math.min(count, reference[n].get(gram) ?? 0);
    // Where a reference is too short for an n-gram, a translation is not blamed for having one.
    return [reference[n].size > 0 ? total(grams) : 0, total(reference[n]), both];
  });
}

/** Lengths for which one side has no n-gram are left out of the means. */
function fScore(counts) {
  const scored = counts.filter(([translation, reference]) => translation > 0 && reference > 0);
  const mean = (of) => scored.reduce((sum, triple) => sum + triple[2] / triple[of], 0) / scored.length;
  const [precision, recall] = [mean(0), mean(1)];
  if (!(precision + recall > 0)) return 0;
  return (100 * (1 + BETA ** 2) * precision * recall) / (BETA ** 2 * precision + recall);
}
