import { table } from '../../report.js';
import { drawGrid, exponent } from '../chart.js';
import { gridExperiment } from '../grid.js';

const BIASES = [-2, -1, 0, 1, 2, 3, 5];
const SCALES = [0.25, 0.5, 1, 2, 4, 8];

export const grid = {
  asks: 'How do forget bias and the scale of the weights work together?',
  run({ hidden, lag, seed }) {
    const values = gridExperiment({ hidden, lag, biases: BIASES, scales: SCALES, seed });
    const title = `∂loss/∂c that is left ${lag} steps back, untrained LSTM`;
    const names = { x: 'initial weights times', y: 'forget bias b_f' };
    const text = table(
      ['b_f \\ weights times', ...SCALES],
      BIASES.map((bias, n) => [bias, ...values[n].map(exponent)]),
    );
    return { svg: drawGrid({ title, ...names, columns: SCALES, rows: BIASES, values }), text };
  },
};
