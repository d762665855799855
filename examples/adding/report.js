import { table as markdown, percent, sparkline } from '../report.js';

/** The sparklines'. */
const SCALE = { low: 1e-4, high: 0.2, log: true };

/** One line about one run. */
export function progressLine({ seed, kind, lr, curve, validation, seconds }) {
  const parts = [
    `seed ${seed}`,
    kind.padEnd(4),
    `lr ${String(lr).padEnd(5)}`,
    sparkline(
      curve.map(([, error]) => error),
      SCALE,
    ),
    validation.toFixed(5),
    `${seconds.toFixed(1).padStart(5)} s`,
  ];
  return parts.join('  ');
}

/** The chosen runs in Markdown, so that it may be copied into a README. */
export function table(runs) {
  const head = ['seed', 'model', 'test MSE', 'right (error < .04)', 'learning rate', 'updates', 'seconds'];
  const rows = runs.map(({ seed, kind, mse, right, lr, steps, seconds }) => [
    seed,
    kind,
    mse.toFixed(5),
    percent(right),
    lr,
    steps,
    seconds.toFixed(1),
  ]);
  return markdown(head, rows);
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
