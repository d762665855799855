import { COLOURS, drawFigure, linePanel } from '../chart.js';

const KINDS = { LSTM: { name: 'LSTM', colour: COLOURS[0] }, RNN: { name: 'plain RNN', colour: COLOURS[1] } };

/**
 * Learning curves as an SVG: validation error, on a logarithmic scale, over updates.
 *
 * @param {{ kind: 'LSTM' | 'RNN', curve: [update: number, mse: number][] }[]} runs
 * @param {{ title: string, baseline: number }} what the title says, and where the dashed line lies
 */
export function drawCurves(runs, { title, baseline }) {
  const last = Math.max(...runs.map(({ curve }) => curve.at(-1)[0]));
  const lines = [
    ...runs.map(({ kind, curve }) => ({ ...KINDS[kind], points: curve })),
    {
      name: `predicting the mean: ${baseline.toFixed(3)}`,
      colour: '#333333',
      dash: '5 4',
      points: [0, last].map((update) => [update, baseline]),
    },
  ];
  return drawFigure(title, [linePanel({ x: 'updates', log: true, width: 700, height: 340, lines })]);
}
