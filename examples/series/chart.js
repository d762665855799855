import * as Plot from '@observablehq/plot';
import { drawFigure } from '../chart.js';
import { linePanel } from '../line-panel.js';
import { COLOURS } from '../palette.js';
import { storedFigure } from '../stored-figure.js';

const [ACTUAL, FORECAST, BAND] = [COLOURS[5], COLOURS[1], COLOURS[4]];
/** Days that there is room for. */
const MOST = 780;

/** What {@link drawForecasts} draws: of `shown` days at most, the last ones. */
export function forecastData({ labels, actual, forecasts, band, unit, shown = MOST }, title) {
  const last = (values) => values?.slice(-shown);
  const series = { labels: last(labels), actual: last(actual), forecasts: last(forecasts), band: last(band) };
  return { title, unit, ...series };
}

/**
 * Actual values and forecasts, day by day, as an SVG.
 *
 * @param {{ title: string, unit: string, labels: string[], actual: number[], forecasts: number[], band?: [number, number][] }} data `labels`:
 *   the days, as in 2012-01-31
 */
export const drawForecasts = storedFigure('series', ({ title, unit, labels, actual, forecasts, band }) => {
  const days = labels.map((label) => new Date(label));
  const points = (values) => values.map((value, n) => [days[n], value]);
  const area = band && Plot.areaY(band, { x: days, y1: '0', y2: '1', fill: BAND, fillOpacity: 0.3 });
  const panel = linePanel({
    ...{ x: { label: 'day', type: 'utc' }, y: unit, width: 860, height: 340, most: MOST },
    ...extremes([...actual, ...forecasts, ...(band ?? []).flat()]),
    marks: area ? [area] : [],
    lines: [
      { name: 'actual', colour: ACTUAL, points: points(actual) },
      { name: 'forecast', colour: FORECAST, points: points(forecasts) },
    ],
  });
  if (band) panel.legend.push({ name: 'interval of 80 %', colour: BAND, mark: 'area' });
  return drawFigure(title, [panel]);
});

/** Ends of the axis that leave room for every value, the band's too. */
function extremes(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const step = 10 ** Math.floor(Math.log10(high - low)) / 4;
  return { low: Math.floor(low / step) * step, high: Math.ceil(high / step) * step };
}
