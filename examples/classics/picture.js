import { COLOURS, drawFigure, linePanel } from '../chart.js';
import { partsOf } from './jobs.js';
import { groupsOf } from './report.js';

/** More trials of a form than these can not be told apart. */
const MOST = 5;
/** Of a panel that stands alone. */
const WIDTH = 660;

/** How the trials of a task went, as an SVG: a panel for each problem, a line for each trial. */
export function drawTask(results) {
  const { task } = partsOf(results[0]);
  const groups = groupsOf(results);
  const panels = groups.map((forms) => {
    const { problem } = partsOf(forms[0][0]);
    const { y, ...axis } = task.picture;
    const isCut = forms.some((trials) => trials.length > MOST);
    return linePanel({
      title: problem.name + (isCut ? `, the first ${MOST} trials of each kind` : ''),
      ...(groups.length === 1 && { width: WIDTH }),
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
      return results.slice(0, MOST).map(({ curve }) => ({ ...look, points: curve }));
    })
    .reverse()
    .flat();
}
