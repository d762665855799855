import { table as markdown, mean, percent, sparkline } from '../report.js';

/** How one network learned: its validation accuracy by epoch. */
export function networkLine(seed, n, { curve, best }) {
  const shown = sparkline(
    curve.map(({ accuracy }) => accuracy),
    { low: 0.5, high: 1 },
  );
  const part = `best after epoch ${best.epoch}: cross-entropy ${best.surprise.toFixed(3)} on what is held out, ${percent(best.accuracy)}`;
  return `split ${seed}  network ${n + 1}  ${shown.padEnd(12)}  ${part}`;
}

export function splitLine({ seed, committee, singles, bayes }) {
  const names = `test: committee ${percent(committee)}, its networks ${percent(mean(singles))}, naive Bayes ${percent(bayes)}`;
  return `split ${seed}  ${names}\n`;
}

/** As a Markdown table. */
export function table(results) {
  const head = ['split', 'five BiLSTMs', 'one BiLSTM (mean of the five)', 'naive Bayes'];
  const row = (name, { committee, singles, bayes }) => [
    name,
    ...[committee, mean(singles), bayes].map(percent),
  ];
  const rows = [...results.map((result) => row(result.seed, result)), row('mean', means(results))];
  return markdown(head, rows);
}

export function summary(results) {
  const { committee, singles, bayes } = means(results);
  const ahead = results.filter((result) => result.committee > result.bayes).length;
  return [
    `Mean accuracy over ${results.length} splits: committee ${percent(committee)}, one network ${percent(singles[0])}, `,
    `naive Bayes ${percent(bayes)}.\n`,
    `The committee is ahead of naive Bayes on ${ahead} of ${results.length} splits.`,
  ].join('');
}

export function means(results) {
  return {
    committee: mean(results.map(({ committee }) => committee)),
    singles: [mean(results.flatMap(({ singles }) => singles))],
    bayes: mean(results.map(({ bayes }) => bayes)),
  };
}
