import { COLOURS, drawFigure, linePanel } from '../chart.js';
import { partsOf } from './jobs.js';
import { groupsOf } from './report.js';

/** How the trials of a task went, as an SVG: a panel for each problem, a line for each trial. */
export function drawTask(results) {
  const { task } = partsOf(results[0]);
  const panels = groupsOf(results).map((forms) => {
    const { problem } = partsOf(forms[0][0]);
    const { y, ...axis } = task.picture;
    return linePanel({
      title: problem.name,
      x: `training ${task.counts}`,
      y,
      ...axis,
      lines: linesOf(forms),
    });
  });
  return drawFigure(`${task.title} (${task.source})`, panels);
}

/** The plain RNN is drawn first, and always in the second colour. */
function linesOf(forms) {
  const lstms = COLOURS.filter((_, n) => n !== 1);
  return forms
    .map((results, f) => {
      const { form } = partsOf(results[0]);
      const isRNN = form.cell === 'RNN';
      const look = { name: isRNN ? 'plain RNN' : form.name, colour: isRNN ? COLOURS[1] : lstms[f] };
      return results.map(({ curve }) => ({ ...look, points: curve }));
    })
    .reverse()
    .flat();
}
