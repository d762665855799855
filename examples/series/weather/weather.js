import { consecutiveDays, dateOf, dayNumber, season } from '../calendar.js';
import { vegaCsv } from '../data/packages.js';
import { measureOneStep } from '../one-step.js';
import { readColumns } from '../table.js';

const MEASURED = ['temp_max', 'temp_min', 'precipitation', 'wind'];
const KINDS = ['sun', 'rain', 'drizzle', 'fog', 'snow'];
/** How many days on either side of a day of the year its mean is taken over, where it is smoothed. */
const NEIGHBOURS = 7;
const YEAR = 366;

/** The highest temperature of the next day, as its change against that of the day. */
export const weather = {
  name: 'weather',
  does: "Forecasts the next day's highest temperature in Seattle.",
  title: 'Highest temperature in Seattle, a day ahead',
  csv: () => vegaCsv('seattle-weather.csv'),
  columns: ['date', ...MEASURED, 'weather'],
  inputs: [...MEASURED, ...KINDS, 'winter', 'spring'],
  steps: 14,
  horizon: 1,
  // The test part is a whole year, so that each season counts.
  held: { validation: 0.15, test: 0.25 },
  model: { hidden: 32, dropout: 0.3, outputs: 1 },
  training: { lr: 0.003, batchSize: 32, patience: 15 },
  prepare,
  measure: (results) => measureOneStep({ ...results, unit: '°C', baselines }),
  show: ({ next, forecast }) => `${next[0]}: up to ${forecast[0].toFixed(1)} °C`,
};

/** Each row has what is known at the end of its day; of the day to come, its place in the year. */
function prepare(table) {
  const days = consecutiveDays(table.text('date'));
  const { data } = readColumns(table, MEASURED);
  const kinds = table.text('weather');
  const measured = (day) => data.subarray(day * MEASURED.length, (day + 1) * MEASURED.length);
  const values = Float32Array.from(days, (_, day) => measured(day)[0]);
  const columns = [...weather.inputs, 'target'];
  const rows = days.map((day, n) => [
    ...measured(n),
    ...KINDS.map((kind) => Number(kinds[n] === kind)),
    ...season(day + 1),
    n === 0 ? 0 : values[n] - values[n - 1],
  ]);
  return {
    series: { data: Float32Array.from(rows.flat()), shape: [rows.length, columns.length], columns },
    count: days.length,
    labels: days.map(dateOf),
    next: [dateOf(days.at(-1) + 1)],
    values,
    restore: (row, [change]) => [values[row - 1] + change],
  };
}

/** Fitted to all days before the test part: more than the model was trained on. */
function baselines({ values, labels }, { test }) {
  const before = test.rows[0];
  const places = labels.map(placeInYear);
  const smooth = meansAround(NEIGHBOURS, values.subarray(0, before), places);
  const exact = meansAround(0, values.subarray(0, before), places);
  const apart = (row) => values[row] - smooth[places[row]];
  let [products, squares] = [0, 0];
  for (let row = 1; row < before; row++) {
    products += apart(row) * apart(row - 1);
    squares += apart(row - 1) ** 2;
  }
  return {
    'the day before (persistence)': (row) => values[row - 1],
    'mean of that day of the year': (row) => exact[places[row]],
    [`the same, over ${2 * NEIGHBOURS + 1} days around it`]: (row) => smooth[places[row]],
    'that, and a share of how far the day before was from its own': (row) =>
      smooth[places[row]] + (products / squares) * apart(row - 1),
  };
}

function meansAround(width, values, places) {
  const [sums, counts] = [new Float64Array(YEAR), new Uint32Array(YEAR)];
  for (const [row, value] of values.entries()) {
    for (let away = -width; away <= width; away++) {
      const place = (places[row] + away + YEAR) % YEAR;
      sums[place] += value;
      counts[place]++;
    }
  }
  return sums.map((sum, place) => sum / counts[place]);
}

/** Counted in a leap year, so that a date has the same place in each. */
function placeInYear(date) {
  return dayNumber(`2000${date.slice(4)}`) - dayNumber('2000-01-01');
}
