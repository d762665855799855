import { drawFigure } from '../../chart.js';
import { linePanel } from '../../line-panel.js';
import { table } from '../../report.js';
import { exponent } from '../chart.js';
import { MODEL_COLOURS } from '../models.js';
import { FLOOR, placesOf } from '../report.js';
import { seriesExperiment } from '../series.js';

/** The figure of a series of the reader's own. @param {{ name: string, values: Float32Array }} series */
export function seriesFigure({ name: column, values }) {
  return {
    asks: `How far back does the gradient reach in windows of "${column}"?`,
    run(sizes) {
      const { lag, updates } = sizes;
      const { cells, persistence } = seriesExperiment(values, sizes);
      const panel = (title, when) =>
        linePanel({
          ...{ title, x: 'steps back', y: 'gradient left, 1 = all', log: true, low: FLOOR, high: 100 },
          lines: cells.map((cell) => ({
            name: labelOf(cell),
            colour: MODEL_COLOURS[cell.name],
            points: cell[when],
          })),
        });
      const panels = [
        panel('before training', 'before'),
        panel(`after ${updates} updates on the first 80 %`, 'after'),
      ];
      const places = placesOf(lag).filter((place) => place < lag);
      const rows = cells.flatMap((cell) =>
        ['before', 'after'].map((when) => [
          `${cell.name}, ${when} training`,
          ...places.map((place) => exponent(cell[when][place][1])),
          when === 'after' ? cell.error.toFixed(3) : '',
        ]),
      );
      return {
        svg: drawFigure(`Gradient flow in windows of ${lag} steps of ${column}`, panels),
        text: `${table(['steps back', ...places, 'error'], rows)}\n\n${errorLine(persistence)}`,
      };
    },
  };
}

function labelOf({ name }) {
  return `${name}: ∂loss/∂${name.startsWith('LSTM') ? 'c' : 'h'}`;
}

function errorLine(persistence) {
  return `The error is the root mean square on the last fifth, in standard deviations; repeating the last value has ${persistence.toFixed(3)}.`;
}
