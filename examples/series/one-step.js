import { table } from '../report.js';

/**
 * Forecasts of the next day compared with baselines, on the same days of the test part.
 *
 * @returns {{ lines: string[], scores: Record<string, { rmse, mae }>, chart }}
 */
export function measureOneStep({ prepared, parts, forecaster, baselines, unit, shown }) {
  const { rows } = parts.test;
  const outputs = forecaster.forecast(parts.test.input);
  const forecasts = rows.map((row, n) => prepared.restore(row, outputs[n])[0]);
  const actual = rows.map((row) => prepared.values[row]);
  const simple = Object.entries(baselines(prepared, parts)).map(([name, at]) => [name, rows.map(at)]);
  const scores = Object.fromEntries(
    [...simple, ['LSTM', forecasts]].map(([name, said]) => [name, errors(said, actual)]),
  );
  const [from, to] = [rows[0], rows.at(-1)].map((row) => prepared.labels[row]);
  return {
    scores,
    lines: [
      `One day ahead, ${rows.length} days from ${from} to ${to} that were not used for training or model selection:\n`,
      table(
        ['forecast', 'RMSE', 'MAE'],
        Object.entries(scores).map(([name, { rmse, mae }]) => [name, digits(rmse), digits(mae)]),
      ),
    ],
    chart: { labels: rows.map((row) => prepared.labels[row]), actual, forecasts, unit, shown },
  };
}

export function errors(said, actual) {
  const differences = said.map((value, n) => value - actual[n]);
  const mean = (of) => differences.reduce((sum, x) => sum + of(x), 0) / differences.length;
  return { rmse: Math.sqrt(mean((x) => x * x)), mae: mean(Math.abs) };
}

function digits(value) {
  return value.toFixed(value < 100 ? 3 : 1);
}
