import { mean, sparkline, table } from '../report.js';
import { partsOf } from './jobs.js';

const HEAD = ['task', 'published', 'ours', 'trained on (median)', 'seconds', 'plain RNN, same budget'];

/** One line about one trial. */
export function trialLine(result) {
  const { task, problem, form } = partsOf(result);
  const values = result.curve.map(([, value]) => value);
  const { log, low = Math.min(...values), high = Math.max(...values) } = task.picture;
  return [
    `${problem.name}: ${form.name}, seed ${result.seed}`,
    sparkline(values, { low, high, log }),
    `${verdictOn(result, task)} ${thousands(result.sequences)} ${task.counts}`,
    `${result.seconds.toFixed(1)} s`,
  ].join('  ');
}

function verdictOn({ solved }, { hasNoCriterion }) {
  if (hasNoCriterion) return 'trained on';
  return solved ? 'solved after' : 'not solved in';
}

/** The results of each problem, and of each of its forms: the order is that of the jobs. */
export function groupsOf(results) {
  const groups = new Map();
  for (const result of results) {
    const key = `${result.name} ${result.p}`;
    const forms = groups.get(key) ?? [];
    forms[result.f] = [...(forms[result.f] ?? []), result];
    groups.set(key, forms);
  }
  return [...groups.values()];
}

/** A Markdown table with a row for each LSTM and the plain RNN of the same problem in its last column. */
export function resultsTable(results) {
  const rows = groupsOf(results).flatMap((forms) => {
    const isRNN = ([first]) => partsOf(first).form.cell === 'RNN';
    const [rnn] = forms.filter(isRNN);
    return forms.filter((form) => !isRNN(form)).map((form) => rowOf(form, rnn));
  });
  return table(HEAD, rows);
}

function rowOf(results, rnn) {
  const { task, problem, form } = partsOf(results[0]);
  const name = form.name === 'LSTM' ? problem.name : `${problem.name}: ${form.name}`;
  const sequences = median(results.map((result) => result.sequences));
  return [
    name,
    form.published ?? problem.published,
    said(task, results),
    `${thousands(sequences)} ${task.counts}`,
    mean(results.map(({ seconds }) => seconds)).toFixed(1),
    said(task, rnn),
  ];
}

function said(task, results) {
  const solved = results.filter((result) => result.solved).length;
  const judged = task.hasNoCriterion ? '' : `${solved} of ${results.length} solved; `;
  return judged + task.said(results);
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

function thousands(count) {
  return count.toLocaleString('en');
}
