import { drawFigure } from '../../chart.js';
import { linePanel } from '../../line-panel.js';
import { BASELINE_COLOUR } from '../../palette.js';
import { table } from '../../report.js';
import { memoryExperiment } from '../memory.js';
import { MODEL_COLOURS } from '../models.js';
import { BASELINE } from '../task.js';

export const memory = {
  asks: 'What does a trained LSTM remember as its forget gates close, and as sequences grow?',
  run(sizes) {
    const { closing, growing, trainSteps } = memoryExperiment(sizes);
    const panels = [
      errorPanel('as the forget gates close', 'added to the forget biases', closing),
      errorPanel('as sequences get longer', 'steps in the sequence', growing),
    ];
    const rows = (points) => points.map(([x, error]) => [x, error.toFixed(4)]);
    const text = [table(['added to b_f', 'error'], rows(closing)), table(['steps', 'error'], rows(growing))];
    const title = `A trained LSTM forgets (trained on ${trainSteps} steps)`;
    return { svg: drawFigure(title, panels), text: text.join('\n\n') };
  },
};

function errorPanel(title, x, points) {
  const sorted = points.toSorted(([a], [b]) => a - b);
  return linePanel({
    ...{ title, x, y: 'mean squared error', log: true, low: 1e-4, high: 10 },
    lines: [
      { name: 'LSTM, b_f = 5', colour: MODEL_COLOURS['LSTM, b_f = 5'], points: sorted },
      {
        ...{ name: `always answering 0: ${BASELINE.toFixed(3)}`, colour: BASELINE_COLOUR, dash: '5 4' },
        points: sorted.map(([at]) => [at, BASELINE]),
      },
    ],
  });
}
