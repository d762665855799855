import { tokenize } from 'lstm-wasm/data';

/**
 * The baseline: naive Bayes on the words that a sentence has, in lower case, without their order or number (Wang & Manning 2012 call
 * it a hard one to beat on short texts). Add-one smoothing; words that training never saw do not count.
 *
 * @returns {(text: string) => number} the log-odds that a text is positive
 */
export function naiveBayes(train) {
  const counts = new Map();
  const words = [0, 0];
  const sentences = [0, 0];
  for (const { text, label } of train) {
    sentences[label]++;
    for (const word of wordsOf(text)) {
      if (!counts.has(word)) counts.set(word, [0, 0]);
      counts.get(word)[label]++;
      words[label]++;
    }
  }
  const prior = Math.log((sentences[1] + 1) / (sentences[0] + 1));
  const share = (count, label) => (count[label] + 1) / (words[label] + counts.size);
  const weight = (count) => Math.log(share(count, 1) / share(count, 0));
  return (text) =>
    [...wordsOf(text)]
      .filter((word) => counts.has(word))
      .reduce((sum, word) => sum + weight(counts.get(word)), prior);
}

function wordsOf(text) {
  return new Set(tokenize(text.toLowerCase()));
}
