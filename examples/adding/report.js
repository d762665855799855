const BARS = '▁▂▃▄▅▆▇█';
const SPARKS = 24;
/** The sparklines' scale is logarithmic from here to there. */
const [LOW, HIGH] = [1e-4, 0.2];

/** One line about one run. */
export function progressLine({ seed, kind, lr, curve, validation, seconds }) {
  const parts = [
    `seed ${seed}`,
    kind.padEnd(4),
    `lr ${String(lr).padEnd(5)}`,
    sparkline(curve),
    validation.toFixed(5),
    `${seconds.toFixed(1).padStart(5)} s`,
  ];
  return parts.join('  ');
}

function sparkline(curve) {
  const count = Math.min(SPARKS, curve.length);
  const picked = Array.from(
    { length: count },
    (_, n) => curve[Math.ceil(((n + 1) / count) * curve.length) - 1],
  );
  return picked.map(([, error]) => BARS[level(error)]).join('');
}

function level(error) {
  const part = Math.log(error / LOW) / Math.log(HIGH / LOW);
  return Math.max(0, Math.min(BARS.length - 1, Math.floor(part * BARS.length)));
}

/** The chosen runs in Markdown, so that it may be copied into a README. */
export function table(runs) {
  const head = ['seed', 'model', 'test MSE', 'right (error < .04)', 'learning rate', 'updates', 'seconds'];
  const rows = runs.map(({ seed, kind, mse, right, lr, steps, seconds }) => [
    seed,
    kind,
    mse.toFixed(5),
    `${(right * 100).toFixed(1)} %`,
    lr,
    steps,
    seconds.toFixed(1),
  ]);
  const line = (cells) => `| ${cells.map((cell, n) => String(cell).padStart(head[n].length)).join(' | ')} |`;
  return [
    line(head),
    `|${head.map((name) => `${'-'.repeat(name.length + 1)}:`).join('|')}|`,
    ...rows.map(line),
  ].join('\n');
}

/** For the RNN every run counts, not only those that validation chose. */
export function summary(all, chosen, mean) {
  const worst = Math.max(...chosen.filter(({ kind }) => kind === 'LSTM').map((run) => run.mse));
  const lowest = Math.min(...all.filter(({ kind }) => kind === 'RNN').map((run) => run.mse));
  return [
    `LSTM: the highest test MSE of any seed is ${worst.toFixed(5)}.`,
    `RNN:  the lowest test MSE of any seed at any learning rate is ${lowest.toFixed(5)}; predicting the mean: ${mean.toFixed(5)}.`,
  ].join('\n');
}
