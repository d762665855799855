import { sparkline, table } from '../report.js';
import { exponent } from './chart.js';

const SPARKS = 32;
/** The lowest value that lines are drawn to. */
export const FLOOR = 1e-20;

/** Where tables read a curve: up to five lags. */
export const placesOf = (lag) => [
  ...new Set([lag / 10, lag / 2, lag, 2 * lag, 5 * lag].map((place) => Math.max(1, Math.round(place)))),
];

/** Each curve with its values at some places, and further columns. */
export function curveTable(head, curves, places, [low, high], more = {}) {
  return table(
    [head, ...places, ...Object.keys(more), 'from the first to the last'],
    curves.map((curve) => [
      curve.name,
      ...places.map((place) => {
        const point = curve.points.find(([x]) => x === place);
        return point ? exponent(point[1]) : '';
      }),
      ...Object.values(more).map((say) => say(curve)),
      sparkline(
        curve.points.map(([, value]) => value),
        { low, high, log: true, most: SPARKS },
      ),
    ]),
  );
}
