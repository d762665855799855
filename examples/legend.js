import { INK } from './palette.js';
import { svgText, widthOf } from './text.js';

const LINE = 18;
const SAMPLE = 34;
const BETWEEN = 22;

/**
 * @typedef {{ name: string, colour?: string, mark?: 'line' | 'dot' | 'ring' | 'area' | 'up' | 'down', dash?: string }} LegendEntry
 *   `mark`: how the series is drawn, a line by default
 */

/**
 * The entries, as many in a line as fit; entries of one name are drawn once.
 *
 * @param {LegendEntry[]} entries
 * @param {number} width in pixels
 * @returns {{ height: number, content: string }[]}
 */
export function legendLines(entries, width) {
  const unique = [...new Map(entries.map((entry) => [entry.name, entry])).values()];
  const lines = [];
  let x = Number.POSITIVE_INFINITY;
  for (const entry of unique) {
    const own = SAMPLE + widthOf(entry.name);
    if (x + own > width) {
      lines.push({ height: LINE, content: '' });
      x = 0;
    }
    lines.at(-1).content += sample(entry, x) + svgText(entry.name, x + SAMPLE, LINE - 5);
    x += own + BETWEEN;
  }
  return lines;
}

function sample({ mark = 'line', colour = INK, dash }, left) {
  const [x, y] = [Math.round(left * 10) / 10, LINE / 2];
  switch (mark) {
    case 'dot':
      return `<circle cx="${x + 13}" cy="${y}" r="5" fill="${colour}"/>`;
    case 'ring':
      return `<circle cx="${x + 13}" cy="${y}" r="4" fill="none" stroke="${colour}" stroke-width="1.6"/>`;
    case 'area':
      return `<rect x="${x}" y="${y - 6}" width="26" height="12" fill="${colour}" fill-opacity="0.3"/>`;
    case 'up':
      return `<path d="M${x + 13} ${y - 5}l5 9h-10z" fill="${colour}"/>`;
    case 'down':
      return `<path d="M${x + 13} ${y + 5}l5 -9h-10z" fill="${colour}"/>`;
    default: {
      const dashes = dash ? ` stroke-dasharray="${dash}"` : '';
      return `<path d="M${x} ${y}h26" stroke="${colour}" stroke-width="2"${dashes}/>`;
    }
  }
}
