import { mean, percent, sparkline, table } from '../report.js';

/** How training went: the validation measure by epoch. */
export function curveLine(curve, measure, scale) {
  const values = curve.map(({ validation }) => validation.metrics[measure]);
  return `${sparkline(values, scale)}  ${curve.length} epochs`;
}

/** A Markdown table, as the others below. @param {Record<string, number>} accuracies */
export function digitsTable(accuracies) {
  return table(
    ['digits of known speakers', 'right'],
    Object.entries(accuracies).map(([name, share]) => [name, percent(share)]),
  );
}

/** @param {{ speaker, lstm, templates }[]} results */
export function speakersTable(results) {
  const rows = results.map(({ speaker, lstm, templates }) => [speaker, percent(lstm), percent(templates)]);
  const means = ['lstm', 'templates'].map((kind) => percent(mean(results.map((one) => one[kind]))));
  return table(
    ['speaker, not in training', 'LSTM', 'nearest recording, time warped'],
    [...rows, ['mean', ...means]],
  );
}

/** @param {Record<string, { digits: number, strings: number }>} errors */
export function stringsTable(errors) {
  return table(
    ['strings of 3 to 7 digits', 'digit error rate', 'strings without an error'],
    Object.entries(errors).map(([name, { digits, strings }]) => [name, percent(digits), percent(strings)]),
  );
}
