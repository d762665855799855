import { UsageError } from '../../command.js';
import { dateOf, dayNumber } from '../calendar.js';
import { vegaCsv } from '../data/packages.js';
import { readColumns } from '../table.js';
import { measureStocks } from './measure.js';
import { inThrees, pinball, QUANTILES } from './quantiles.js';

const PRICES = ['open', 'high', 'low', 'close', 'volume'];
export const HORIZON = 10;
/** Days over which the usual volume is taken. */
const MONTH = 20;

/** An index over its next ten trading days: the median and an interval of 80 % for the close of each. */
export const stocks = {
  name: 'stocks',
  does: `Forecasts the S&P 500 over its next ${HORIZON} trading days, with intervals.`,
  title: `Close of the S&P 500, ${HORIZON} trading days ahead`,
  csv: () => vegaCsv('sp500-2000.csv'),
  columns: ['date', ...PRICES],
  inputs: ['change', 'size', 'range', 'gap', 'volume'],
  lead: MONTH,
  steps: 40,
  horizon: HORIZON,
  held: { validation: 0.15, test: 0.15 },
  model: { hidden: 16, dropout: 0.2, outputs: HORIZON * QUANTILES.length },
  training: { lr: 0.002, batchSize: 64, patience: 12 },
  loss: pinball,
  toTarget: compounded,
  prepare,
  measure: measureStocks,
  show: ({ forecast, last }) =>
    [
      `Closed at ${last.toFixed(2)}. With a chance of 8 in 10 between, each day by itself:`,
      ...forecast.map(
        ([low, , high], n) => `  day ${String(n + 1).padStart(2)}: ${low.toFixed(2)} and ${high.toFixed(2)}`,
      ),
    ].join('\n'),
};

/** Shares of the close before, never prices: what an index stands at in the test part training has not seen. */
function prepare(table) {
  const days = table.text('date').map(dayNumber);
  const late = days.findIndex((day, n) => n > 0 && day <= days[n - 1]);
  if (late > 0) throw new UsageError(`--data expected rising dates, got ${dateOf(days[late])} too late`);
  const { data } = readColumns(table, PRICES);
  const prices = (n) => data.subarray(n * PRICES.length, (n + 1) * PRICES.length);
  const columns = [...stocks.inputs, 'target'];
  const rows = [];
  for (let n = MONTH; n < days.length; n++) {
    const [open, high, low, close, volume] = prices(n);
    const before = prices(n - 1)[3];
    const change = close / before - 1;
    let usual = 0;
    for (let back = 1; back <= MONTH; back++) usual += prices(n - back)[4] / MONTH;
    const range = (high - low) / before;
    rows.push([change, Math.abs(change), range, open / before - 1, volume / usual - 1, change]);
  }
  if (!rows.flat().every(Number.isFinite)) throw new UsageError('--data expected prices and volumes above 0');
  const values = Float32Array.from(rows, (_, n) => prices(n + MONTH)[3]);
  return {
    series: { data: Float32Array.from(rows.flat()), shape: [rows.length, columns.length], columns },
    count: days.length,
    labels: days.slice(MONTH).map(dateOf),
    values,
    last: values.at(-1),
    restore: (row, outputs) =>
      inThrees(outputs).map((three) => three.map((change) => values[row - 1] * (1 + change))),
  };
}

/** Changes from day to day as changes against the day before the first. */
function compounded({ data, shape }) {
  const out = new Float32Array(data.length);
  let all = 1;
  for (let n = 0; n < data.length; n++) {
    all = (n % HORIZON === 0 ? 1 : all) * (1 + data[n]);
    out[n] = all - 1;
  }
  return { data: out, shape };
}
