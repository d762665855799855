import { table } from '../../report.js';
import { errors } from '../one-step.js';
import { costOf, inThrees, QUANTILES, quantile } from './quantiles.js';

/** Past trading days whose spread gives the baseline interval. */
const RECENT = 20;
/** The 90 % quantile of the standard normal distribution. */
const NORMAL = 1.2816;
/** Days of the horizon that the tables show. */
const SHOWN = [1, 5, 10];

/**
 * Forecasts of the next days compared with baselines: medians with persistence, which is hard to beat, and
 * intervals by the share of closes inside and by the pinball loss, which counts their width as well.
 */
export function measureStocks({ prepared, parts, forecaster }) {
  const { rows, target } = parts.test;
  const truths = inRows(target);
  const learned = inRows(parts.train.target);
  const said = forecaster.forecast(parts.test.input).map(inThrees);
  const intervals = {
    LSTM: said,
    'always the quantiles of the training part': rows.map(() => quantilesOf(learned)),
    [`normal, as wide as the last ${RECENT} days say`]: rows.map((row) => asOfLate(prepared, row, truths[0])),
  };
  const drift = quantilesOf(learned, meanOf);
  const points = {
    'the last close (persistence)': rows.map(() => truths[0].map(() => 0)),
    'the last close and the mean rise of the training part': rows.map(() => drift),
    'LSTM, median': said.map((days) => days.map(([, median]) => median)),
  };
  const scores = {
    points: mapValues(points, (changes) => rmseByDay(changes, truths, rows, prepared)),
    intervals: mapValues(intervals, (threes) => scoreOf(threes, truths)),
    right: directions(points['LSTM, median'], truths),
    years: mapValues(intervals, (threes) => insideByYear(threes, truths, rows, prepared)),
  };
  return { scores, lines: tell(prepared, rows, scores), chart: chartOf(prepared, rows, said) };
}

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}

function inRows({ data, shape: [count, width] }) {
  return Array.from({ length: count }, (_, n) => [...data.subarray(n * width, (n + 1) * width)]);
}

function meanOf(numbers) {
  return numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
}

/** For each day ahead what `of` says of all changes to it. */
function quantilesOf(changes, of = (numbers) => QUANTILES.map((q) => quantile(numbers, q))) {
  return changes[0].map((_, day) => of(changes.map((days) => days[day])));
}

function asOfLate({ values }, row, days) {
  let squares = 0;
  for (let n = row - RECENT; n < row; n++) squares += (values[n] / values[n - 1] - 1) ** 2;
  const spread = Math.sqrt(squares / RECENT);
  return days.map((_, day) => [-NORMAL, 0, NORMAL].map((z) => z * spread * Math.sqrt(day + 1)));
}

/** For each day ahead, in points of the index. */
function rmseByDay(changes, truths, rows, { values }) {
  return truths[0].map((_, day) => {
    const closes = (of) => rows.map((row, n) => values[row - 1] * (1 + of[n][day]));
    return errors(closes(changes), closes(truths)).rmse;
  });
}

/** How often the first day went where the forecast said, and how often it rose. */
function directions(changes, truths) {
  const share = (is) => truths.filter((truth, n) => is(truth[0], changes[n][0])).length / truths.length;
  return { right: share((truth, said) => truth > 0 === said > 0), rose: share((truth) => truth > 0) };
}

function holds([low, , high], change) {
  return change >= low && change <= high;
}

/** The share of closes inside, over all days ahead, by the year that they are forecast in. */
function insideByYear(threes, truths, rows, { labels }) {
  const years = {};
  for (const [n, truth] of truths.entries()) {
    const held = truth.filter((change, day) => holds(threes[n][day], change)).length / truth.length;
    const year = labels[rows[n] - 1].slice(0, 4);
    years[year] ??= [];
    years[year].push(held);
  }
  return mapValues(years, meanOf);
}

/** For each day ahead the share of closes inside; over all days the mean width, and the pinball loss, both of the last close. */
function scoreOf(threes, truths) {
  const inside = truths[0].map(() => 0);
  let [width, loss] = [0, 0];
  for (const [n, truth] of truths.entries()) {
    for (const [day, change] of truth.entries()) {
      const three = threes[n][day];
      if (holds(three, change)) inside[day] += 1 / truths.length;
      width += three[2] - three[0];
      for (const [m, q] of QUANTILES.entries()) loss += costOf(change, three[m], q) / QUANTILES.length;
    }
  }
  const count = truths.length * inside.length;
  return { inside, mean: meanOf(inside), width: width / count, loss: loss / count };
}

function tell({ labels }, rows, { points, intervals, right, years }) {
  const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)} %`;
  const [from, to] = [rows[0], rows.at(-1)].map((row) => labels[row]);
  const days = SHOWN.map((day) => `day ${day}`);
  const shown = (values, show) => SHOWN.map((day) => show(values[day - 1]));
  const pointRows = Object.entries(points).map(([name, rmse]) => [name, ...shown(rmse, (x) => x.toFixed(2))]);
  const intervalRows = Object.entries(intervals).map(([name, { inside, mean, width, loss }]) => [
    name,
    ...shown(inside, percent),
    percent(mean),
    percent(width, 2),
    percent(loss, 4),
  ]);
  const yearRows = Object.entries(years).map(([name, shares]) => [
    name,
    ...Object.values(shares).map((share) => percent(share)),
  ]);
  return [
    `Forecasts from each of ${rows.length} days on, the first for ${from}, the last for ${to} and after;`,
    'none was used for training or model selection. RMSE of the close, in points:\n',
    table(['forecast', ...days], pointRows),
    `\nThe median has the direction of the next day right ${percent(right.right)} of the time; the index rose ${percent(right.rose)}.`,
    'Intervals that are to hold 80 %: how many they held, their width, their pinball loss (less is better):\n',
    table(['interval', ...days, 'all ten', 'width', 'loss'], intervalRows),
    '\nThe same over all ten days, by the year that they were forecast in:\n',
    table(['interval', ...Object.keys(years.LSTM)], yearRows),
  ];
}

/** Intervals for the tenth day ahead, and the actual closes. */
function chartOf({ labels, values }, rows, said) {
  const ahead = said[0].length - 1;
  const close = (n, quantileNumber) => values[rows[n] - 1] * (1 + said[n][ahead][quantileNumber]);
  return {
    labels: rows.map((row) => labels[row + ahead]),
    actual: rows.map((row) => values[row + ahead]),
    forecasts: rows.map((_, n) => close(n, 1)),
    band: rows.map((_, n) => [close(n, 0), close(n, 2)]),
    unit: 'points',
  };
}
