// growth.svg: a column for each of H, T and B; GFLOP/s above, time and memory below, by logarithms.

import * as Plot from '@observablehq/plot';
import { drawFigure } from '../examples/chart.js';
import { linePanel, powerOfTen, shortNumber } from '../examples/line-panel.js';
import { COLOURS } from '../examples/palette.js';
import { duration } from './table.js';

const TITLE = 'How time and memory grow (relaxed, one thread)';
const MODES = { forward: COLOURS[1], train: COLOURS[0] };
const PANELS = [
  { y: 'GFLOP/s', of: ({ gflops }) => gflops, low: 0 },
  { y: 'time of a call', of: ({ ms }) => ms, log: true, show: (ms) => duration(ms).replace(/\.0+/, '') },
  { y: 'memory of the runtime (MB)', of: ({ bytes }) => bytes / 1e6, log: true, show: powerOfTen },
];

/** @param {object[]} points of growth.json. @param {Record<string, string>} titles of the axes H, T and B */
export function drawGrowth(points, titles) {
  const done = points.filter(({ missing }) => !missing);
  const panels = PANELS.flatMap((panel) =>
    Object.entries(titles).map(([axis, title]) => growthPanel(done, { ...panel, axis, title })),
  );
  return drawFigure(TITLE, panels, { columns: Object.keys(titles).length });
}

function growthPanel(all, { axis, title, y, of, low, log, show }) {
  const points = all.filter((point) => point.axis === axis);
  const values = [...new Set(points.map(({ value }) => value))].sort((a, b) => a - b);
  const lines = Object.entries(MODES).map(([mode, colour]) => ({
    ...{ name: mode, colour },
    points: points.filter((point) => point.mode === mode).map((point) => [point.value, of(point)]),
  }));
  const panel = linePanel({
    ...{ y, log, low, lines, width: 280, height: 190, marginRight: 24, marginLeft: 60 },
    high: log ? undefined : Math.ceil(Math.max(...all.map(of)) / 10) * 10,
    x: {
      ...{ label: title, type: 'log', tickFormat: shortNumber },
      ticks: [values[0], values[values.length >> 1], values.at(-1)],
    },
  });
  if (show) panel.y.tickFormat = show;
  panel.marks.push(
    ...lines.map(({ points, colour }) => Plot.dot(points, { x: '0', y: '1', fill: colour, r: 3 })),
  );
  return panel;
}
