import * as Plot from '@observablehq/plot';
import { drawFigure } from '../chart.js';
import { linePanel, shortNumber } from '../line-panel.js';
import { COLOURS, INK, MODEL_COLOURS } from '../palette.js';
import { storedFigure } from '../stored-figure.js';
import { partsOf } from './jobs.js';
import { groupsOf } from './report.js';

/** More trials of a form than these cannot be distinguished. */
const MOST = 5;
const SOLVED = [{ name: 'criterion met, training ends', colour: INK, mark: 'dot' }];
/** Of a panel, by how many stand in a row. */
const WIDTHS = { 1: 660, 2: 400, 3: 276 };

/** What {@link drawTask} draws of a task's results: the first trials of each form. */
export function taskData(results) {
  const [{ name, quick }] = results;
  const trials = groupsOf(results).flatMap((forms) =>
    forms.flatMap((all) =>
      all.slice(0, MOST).map(({ p, f, seed, solved, curve }) => ({ p, f, seed, solved, curve })),
    ),
  );
  const isCut = groupsOf(results).some((forms) => forms.some((all) => all.length > MOST));
  return { task: name, quick, isCut, trials };
}

/** How the trials of a task went, as an SVG: a panel for each problem or, of a single one, for each of its models; a line for each trial. */
export const drawTask = storedFigure('classics', ({ task: name, quick, isCut, trials }) => {
  const groups = groupsOf(trials.map((trial) => ({ name, quick, ...trial })));
  const { task, problem } = partsOf(groups[0][0][0]);
  const panels =
    groups.length > 1
      ? groups.map((forms) => trialPanel(partsOf(forms[0][0]).problem.name, forms, [forms, groups.flat()]))
      : groups[0].map((form) => trialPanel(nameOf(form), [form], [groups[0], groups[0]]));
  const columns = panels.length > 3 ? 2 : panels.length;
  const subtitle = [
    task.source,
    ...(groups.length > 1 || problem.name === task.title.toLowerCase() ? [] : [problem.name]),
    ...(isCut ? [`the first ${MOST} trials of each model`] : []),
  ].join('; ');
  const isSolved = !task.hasNoCriterion && trials.some(({ solved }) => solved);
  const sized = panels.map(({ legend, ...panel }) => ({
    ...panel,
    width: WIDTHS[columns],
    legend: [...(groups.length > 1 ? legend : legend.filter(isArrow)), ...(isSolved ? SOLVED : [])],
  }));
  return drawFigure(task.title, sized, { columns, subtitle });
});

/** The title of a panel that one model has to itself names it already. */
function isArrow({ mark }) {
  return mark === 'up' || mark === 'down';
}

/** @param {Result[][]} forms drawn here. @param {[Result[][], Result[][]]} sharing those that share its x axis, and its y axis */
function trialPanel(title, forms, sharing) {
  const { task } = partsOf(forms[0][0]);
  const { y, ...axis } = task.picture;
  const [xs, ys] = sharing.map((all, n) => all.flat().flatMap(({ curve }) => curve.map((point) => point[n])));
  const panel = linePanel({
    ...{ title, y, height: 280, marginRight: 28 },
    ...{ low: Math.min(...ys), high: Math.max(...ys), ...axis },
    x: { label: `training ${task.counts}`, domain: [0, Math.max(...xs)], tickFormat: shortNumber, ticks: 4 },
    lines: forms.flatMap(linesOf).reverse(),
  });
  const solved = task.hasNoCriterion ? [] : forms.flat().filter((trial) => trial.solved);
  const ends = solved.map(({ f, curve }) => [...curve.at(-1), colourOf(forms, f)]);
  panel.marks.push(Plot.dot(ends, { x: '0', y: '1', fill: '2', r: 3.5 }));
  return panel;
}

function linesOf(results) {
  const look = { name: nameOf(results), colour: colourOf([results], results[0].f) };
  return results.map(({ curve }) => ({ ...look, points: curve }));
}

function nameOf([first]) {
  const { form } = partsOf(first);
  return form.cell === 'RNN' ? 'plain RNN' : form.name;
}

/** The plain RNN always has its own colour. */
function colourOf(forms, f) {
  const { form } = partsOf(forms.find(([first]) => first.f === f)[0]);
  return form.cell === 'RNN'
    ? MODEL_COLOURS.RNN
    : COLOURS.filter((colour) => colour !== MODEL_COLOURS.RNN)[f];
}
