import { exponent } from './chart.js';

const BARS = '▁▂▃▄▅▆▇█';
const SPARKS = 32;

/** A curve in one line of the terminal, on a logarithmic scale from `low` to `high`; a dot is below. */
export function spark(points, low, high) {
  return Array.from({ length: SPARKS }, (_, n) => {
    const [, value] = points[Math.round((n / (SPARKS - 1)) * (points.length - 1))] ?? [0, 0];
    const part = Math.log(value / low) / Math.log(high / low);
    if (!(part >= 0)) return value > 0 || value === 0 ? '·' : '?';
    return BARS[Math.min(BARS.length - 1, Math.floor(part * BARS.length))];
  }).join('');
}

/** Rows as Markdown, so that they may be copied into a README. */
export function table(head, rows) {
  const all = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, n) => Math.max(...all.map((row) => row[n].length)));
  const [first, ...others] = all.map(
    (cells) => `| ${cells.map((cell, n) => cell.padStart(widths[n])).join(' | ')} |`,
  );
  return [first, `|${widths.map((width) => `${'-'.repeat(width + 1)}:`).join('|')}|`, ...others].join('\n');
}

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
      spark(curve.points, low, high),
    ]),
  );
}
