const BARS = '▁▂▃▄▅▆▇█';

/** How one network learned: the accuracy on what it was held against, epoch by epoch. */
export function networkLine(seed, n, { curve, best }) {
  const shown = curve.map(({ accuracy }) => BARS[level(accuracy)]).join('');
  const part = `best after epoch ${best.epoch}: cross-entropy ${best.surprise.toFixed(3)} on what is held out, ${percent(best.accuracy)}`;
  return `split ${seed}  network ${n + 1}  ${shown.padEnd(12)}  ${part}`;
}

/** From guessing to all right. */
function level(accuracy) {
  return Math.max(0, Math.min(BARS.length - 1, Math.floor((accuracy - 0.5) * 2 * BARS.length)));
}

export function splitLine({ seed, committee, singles, bayes }) {
  const names = `test: committee ${percent(committee)}, its networks ${percent(mean(singles))}, naive Bayes ${percent(bayes)}`;
  return `split ${seed}  ${names}\n`;
}

/** In Markdown, so that it may be copied into a README. */
export function table(results) {
  const head = ['split', 'five BiLSTMs', 'one BiLSTM (mean of the five)', 'naive Bayes'];
  const row = (name, { committee, singles, bayes }) => [
    name,
    ...[committee, mean(singles), bayes].map(percent),
  ];
  const rows = [...results.map((result) => row(result.seed, result)), row('mean', means(results))];
  const line = (cells) => `| ${cells.map((cell, n) => String(cell).padStart(head[n].length)).join(' | ')} |`;
  return [
    line(head),
    `|${head.map((name) => `${'-'.repeat(name.length + 1)}:`).join('|')}|`,
    ...rows.map(line),
  ].join('\n');
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

export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function percent(share) {
  return `${(share * 100).toFixed(1)} %`;
}
