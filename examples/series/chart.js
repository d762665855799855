import * as Plot from '@observablehq/plot';
import { COLOURS, drawFigure, linePanel } from '../chart.js';

const BAND = '#fbd5bf';
/** Days that there is room for. */
const MOST = 780;

/**
 * What came and what was forecast, day by day, as an SVG.
 *
 * @param {{ labels: string[], actual: number[], forecasts: number[], band?: [number, number][], unit: string, shown?: number }} chart `labels`:
 *   the days, as in 2012-01-31; `shown`: how many of the last are drawn
 */
export function drawForecasts({ labels, actual, forecasts, band, unit, shown = MOST }, title) {
  const from = Math.max(0, labels.length - shown);
  const days = labels.slice(from).map((label) => new Date(label));
  const points = (values) => values.slice(from).map((value, n) => [days[n], value]);
  const area = band && Plot.areaY(band.slice(from), { x: days, y1: '0', y2: '1', fill: BAND });
  const panel = linePanel({
    ...{ x: null, y: unit, width: 860, height: 340 },
    most: MOST,
    marks: area ? [area] : [],
    lines: [
      { name: 'what came', colour: COLOURS[5], points: points(actual) },
      { name: 'forecast', colour: COLOURS[1], points: points(forecasts) },
    ],
  });
  if (band) panel.legend.push({ name: 'interval of 80 %', colour: BAND });
  return drawFigure(title, [panel]);
}
