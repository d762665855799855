import { consecutiveDays, dateOf, season, weekday } from '../calendar.js';
import { birthsCsv } from '../data/packages.js';
import { measureOneStep } from '../one-step.js';
import { readColumns } from '../table.js';

const WEEK = 7;
/** 52 weeks: the same day of the week a year before. */
const YEAR = 364;
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/**
 * Births in a country, a day ahead. The target is the change from the same day of the week before, since the level drifts
 * over the years out of the range of the training part.
 */
export const births = {
  name: 'births',
  does: 'Forecasts the number of births in the United States, one day ahead.',
  title: 'Births in the United States, a day ahead',
  csv: birthsCsv,
  columns: ['date', 'births'],
  inputs: ['change', 'level', 'yearAgo', 'winter', 'spring', ...DAYS],
  // The first days, before which there is no day a year and a week ago.
  lead: YEAR + WEEK,
  steps: 28,
  horizon: 1,
  held: { validation: 0.15, test: 0.15 },
  model: { hidden: 32, outputs: 1 },
  training: { lr: 0.003, batchSize: 64, patience: 12 },
  prepare,
  measure: (results) => measureOneStep({ ...results, unit: 'births', shown: 120, baselines }),
  show: ({ next, forecast }) => `${next[0]}: ${forecast[0].toFixed(0)} births`,
};

/** Each row has what is known at the end of its day; of the day to come, the calendar. */
function prepare(table) {
  const days = consecutiveDays(table.text('date'));
  const { data: y } = readColumns(table, ['births']);
  const changeOf = (day) => y[day] - y[day - WEEK];
  const first = births.lead;
  const columns = [...births.inputs, 'target'];
  const rows = [];
  for (let day = first; day < y.length; day++) {
    const tomorrow = days[day] + 1;
    const names = DAYS.map((_, n) => Number(n === weekday(tomorrow)));
    rows.push([
      changeOf(day),
      y[day],
      changeOf(day + 1 - YEAR),
      ...season(tomorrow),
      ...names,
      changeOf(day),
    ]);
  }
  return {
    series: { data: Float32Array.from(rows.flat()), shape: [rows.length, columns.length], columns },
    count: y.length,
    labels: days.slice(first).map(dateOf),
    next: [dateOf(days.at(-1) + 1)],
    values: y.slice(first),
    history: y,
    first,
    restore: (row, [change]) => [y[first + row - WEEK] + change],
  };
}

function baselines({ history, first }) {
  const lagged = (lag) => (row) => history[first + row - lag];
  return {
    'the day before': lagged(1),
    'the same day of the week before (seasonal naive)': lagged(WEEK),
    'the same day 52 weeks before': lagged(YEAR),
  };
}
