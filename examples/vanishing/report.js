import { sparkline, table } from '../report.js';
import { exponent } from './chart.js';

const SPARKS = 32;

/** Each curve with its values at some places, and what else is said of it. */
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
