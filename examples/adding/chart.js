import { drawFigure } from '../chart.js';
import { linePanel } from '../line-panel.js';
import { BASELINE_COLOUR, MODEL_COLOURS } from '../palette.js';
import { storedFigure } from '../stored-figure.js';

const NAMES = { LSTM: 'LSTM', RNN: 'plain RNN' };

/**
 * Learning curves as an SVG: validation error, on a logarithmic scale, over updates.
 *
 * @param {{ runs: { kind: 'LSTM' | 'RNN', curve: [update: number, mse: number][] }[], title: string, baseline: number }} data `baseline`: the
 *   error of a model that predicts the mean, drawn as a dashed line
 */
export const drawCurves = storedFigure('adding', ({ runs, title, baseline }) => {
  const last = Math.max(...runs.map(({ curve }) => curve.at(-1)[0]));
  const lines = [
    ...runs.map(({ kind, curve }) => ({ name: NAMES[kind], colour: MODEL_COLOURS[kind], points: curve })),
    {
      name: `predicting the mean: ${baseline.toFixed(3)}`,
      colour: BASELINE_COLOUR,
      dash: '5 4',
      points: [0, last].map((update) => [update, baseline]),
    },
  ];
  const size = { width: 700, height: 340 };
  return drawFigure(title, [linePanel({ x: 'updates', y: 'mean squared error', log: true, ...size, lines })]);
});
