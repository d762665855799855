const BARS = '▁▂▃▄▅▆▇█';

/** Rows as a Markdown table: the first column aligned left, the others right. */
export function table(head, rows) {
  const all = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, n) => Math.max(...all.map((row) => row[n].length)));
  const pad = (cell, n) => (n === 0 ? cell.padEnd(widths[n]) : cell.padStart(widths[n]));
  const [first, ...others] = all.map((cells) => `| ${cells.map(pad).join(' | ')} |`);
  const rule = widths.map((width, n) => (n === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`));
  return [first, `|${rule.join('|')}|`, ...others].join('\n');
}

/**
 * A curve in one line of the terminal, from `low` to `high`; a dot is a value below `low`, a question mark NaN.
 *
 * @param {number[]} values
 * @param {{ low: number, high: number, log?: boolean, most?: number }} scale `most`: maximum number of characters, 24 by default
 */
export function sparkline(values, { low, high, log = false, most = 24 }) {
  const scale = log ? Math.log : (value) => value;
  const count = Math.min(most, values.length);
  return Array.from({ length: count }, (_, n) => {
    const value = values[Math.ceil(((n + 1) / count) * values.length) - 1];
    const part = (scale(value) - scale(low)) / (scale(high) - scale(low));
    if (Number.isNaN(part)) return '?';
    return part < 0 ? '·' : BARS[Math.min(BARS.length - 1, Math.floor(part * BARS.length))];
  }).join('');
}

/** 0.8283 → 82.8 % */
export function percent(share) {
  return `${(share * 100).toFixed(1)} %`;
}

export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
