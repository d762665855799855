import * as Plot from '@observablehq/plot';
import { drawFigure } from '../chart.js';

const CELL = { width: 76, height: 34 };

/**
 * A grid of parts of a gradient as an SVG: blue where it vanished, white where it is whole, red where it grew.
 *
 * @param {{ title: string, x: string, y: string, columns: number[], rows: number[], values: number[][] }} grid
 */
export function drawGrid({ title, x, y, columns, rows, values }) {
  const cells = values.flatMap((row, r) => row.map((value, c) => ({ value, x: columns[c], y: rows[r] })));
  const marks = [
    Plot.cell(cells, { x: 'x', y: 'y', inset: 1, fill: ({ value }) => shade(value) }),
    Plot.text(cells, { x: 'x', y: 'y', text: ({ value }) => exponent(value) }),
  ];
  const size = { width: 80 + columns.length * CELL.width, height: 90 + rows.length * CELL.height };
  const axes = {
    x: { label: x, domain: columns },
    y: { label: y, domain: rows },
    color: { type: 'identity' },
  };
  return drawFigure(title, [{ ...size, ...axes, marks }]);
}

export function exponent(value) {
  return value === 0 ? '0' : value >= 0.01 && value < 100 ? value.toPrecision(2) : value.toExponential(0);
}

/** From white at 1 to full colour ten decades away. */
function shade(value) {
  if (!Number.isFinite(value)) return '#b91c1c';
  const decades = value === 0 ? -10 : Math.max(-10, Math.min(10, Math.log10(value)));
  const faded = Math.round(255 - Math.abs(decades) * 13);
  return decades < 0 ? `rgb(${faded},${Math.round((faded + 255) / 2)},255)` : `rgb(255,${faded},${faded})`;
}
