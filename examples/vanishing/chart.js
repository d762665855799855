import * as Plot from '@observablehq/plot';
import { drawFigure } from '../chart.js';
import { COLOURS } from '../palette.js';

const CELL = { width: 76, height: 34 };
const [VANISHED, GROWN] = [COLOURS[0], COLOURS[1]];
/** Decades from 1 to the full colour, and how opaque that is: the figures on it stay legible. */
const DECADES = 10;
const OPAQUE = 0.55;

/**
 * A grid of parts of a gradient as an SVG: blue where it vanished, empty where it is whole, orange where it grew.
 *
 * @param {{ title: string, x: string, y: string, columns: number[], rows: number[], values: number[][] }} grid
 */
export function drawGrid({ title, x, y, columns, rows, values }) {
  const cells = values.flatMap((row, r) => row.map((value, c) => ({ value, x: columns[c], y: rows[r] })));
  const marks = [
    Plot.cell(cells, {
      ...{ x: 'x', y: 'y', inset: 1, stroke: COLOURS[5], strokeOpacity: 0.3 },
      ...{ fill: ({ value }) => (value < 1 ? VANISHED : GROWN), fillOpacity: ({ value }) => opacity(value) },
    }),
    Plot.text(cells, { x: 'x', y: 'y', text: ({ value }) => exponent(value), fill: 'currentColor' }),
  ];
  const legend = [
    { name: `vanished, fully coloured at 1e-${DECADES} and below`, colour: VANISHED, mark: 'area' },
    { name: `grown, fully coloured at 1e${DECADES} and above`, colour: GROWN, mark: 'area' },
  ];
  const size = { width: 80 + columns.length * CELL.width, height: 90 + rows.length * CELL.height };
  const axes = {
    x: { label: x, domain: columns },
    y: { label: y, domain: rows },
    color: { type: 'identity' },
    opacity: { type: 'identity' },
  };
  return drawFigure(title, [{ ...size, ...axes, legend, marks }]);
}

export function exponent(value) {
  return value === 0 ? '0' : value >= 0.01 && value < 100 ? value.toPrecision(2) : value.toExponential(0);
}

function opacity(value) {
  const decades = Math.abs(value > 0 ? Math.log10(value) : DECADES);
  const share = Math.min(1, (Number.isNaN(decades) ? DECADES : decades) / DECADES);
  return Number((OPAQUE * share).toFixed(3));
}
