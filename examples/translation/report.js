import { table } from '../report.js';
import { chrF } from './chrf.js';
import { nearestNeighbour } from './nearest.js';
import { tokensOf } from './tokens.js';
import { translate, WIDTH } from './translate.js';

const SHOWN = 5;

/**
 * chrF of each method on the test part, which is used only here.
 *
 * @returns {{ name: string, chrF: number, seconds: number }[]}
 */
export function measured(translator, { train, test }) {
  const english = test.map((sentence) => sentence.english);
  const references = test.map(({ french }) => french);
  const ways = {
    'nearest neighbour': () => copied(train, english),
    greedy: () => translate(translator, english).map(({ text }) => text),
    [`beam ${WIDTH}`]: () => translate(translator, english, { width: WIDTH }).map(({ text }) => text),
  };
  return Object.entries(ways).map(([name, way]) => {
    const began = process.cpuUsage();
    const texts = way();
    const seconds = process.cpuUsage(began).user / 1e6;
    return { name, chrF: chrF(texts, references), seconds };
  });
}

function copied(train, english) {
  const known = train.map((sentence) => ({
    source: tokensOf(sentence.english, 'english'),
    french: sentence.french[0],
  }));
  const nearest = nearestNeighbour(known);
  return english.map((sentence) => nearest(tokensOf(sentence, 'english')));
}

export function resultTable(results) {
  const head = ['test part', 'chrF', 's of CPU time'];
  return table(
    head,
    results.map(({ name, chrF, seconds }) => [name, chrF.toFixed(2), seconds.toFixed(0)]),
  );
}

/** The first sentences of the test part, to read. */
export function examples(translator, test) {
  const some = test.slice(0, SHOWN);
  const found = translate(
    translator,
    some.map(({ english }) => english),
    { width: WIDTH },
  );
  return some
    .map(({ english, french }, n) => `${english}\n  ${found[n].text}\n  (${french.join(' / ')})`)
    .join('\n');
}

/** Where the decoder attention: a row for each French word, a column for each English one, in hundredths. */
export function alignment({ read, written, attention }) {
  const rows = [...written, '<end>'].slice(0, attention.length);
  return table(
    ['', ...read],
    rows.map((word, n) => [word, ...Array.from(attention[n], (weight) => String(Math.round(100 * weight)))]),
  );
}
