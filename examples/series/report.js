/** A table in Markdown, so that it may be copied into a README. */
export function table(head, rows) {
  const widths = head.map((name, n) => Math.max(name.length, ...rows.map((row) => String(row[n]).length)));
  const pad = (cell, n) => (n === 0 ? String(cell).padEnd(widths[n]) : String(cell).padStart(widths[n]));
  const line = (cells) => `| ${cells.map(pad).join(' | ')} |`;
  const rule = widths.map((width, n) => (n === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`));
  return [line(head), `|${rule.join('|')}|`, ...rows.map(line)].join('\n');
}
