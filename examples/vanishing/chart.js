const PANEL = { width: 300, height: 260, gap: 66, top: 72, left: 62 };
const LINE = 16;
/** A path has no more points than this: more can not be seen. */
const MOST_POINTS = 120;

/**
 * Panels side by side as an SVG, with one legend below.
 *
 * @param {string} title
 * @param {{ title: string, x: string, log?: boolean, low: number, high: number, lines: Line[] }[]} panels `low` and `high`: the ends of the vertical
 *   axis, on a logarithmic scale if `log`; what is beyond lies on the edge
 * @typedef {{ name: string, colour: string, dash?: string, points: [x: number, y: number][] }} Line
 */
export function drawPanels(title, panels) {
  const names = new Map(panels.flatMap(({ lines }) => lines.map((line) => [line.name, line])));
  const width = PANEL.left + panels.length * PANEL.width + (panels.length - 1) * PANEL.gap + 24;
  const below = PANEL.top + PANEL.height + 54;
  const height = below + names.size * LINE + 8;
  return [
    ...frame(title, width, height),
    ...panels.flatMap((panel, n) => drawPanel(panel, PANEL.left + n * (PANEL.width + PANEL.gap))),
    ...[...names.values()].flatMap((line, n) => legend(line, below + n * LINE)),
    '</svg>\n',
  ].join('\n');
}

function frame(title, width, height) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#333">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(24, 26, title, 'font-size="15" font-weight="bold"'),
  ];
}

function drawPanel({ title, x: label, log, low, high, lines }, left) {
  const { width, height, top } = PANEL;
  const scale = log ? Math.log10 : (value) => value;
  const xs = lines.flatMap(({ points }) => points.map(([x]) => x));
  const [first, last] = [Math.min(...xs), Math.max(...xs)];
  const x = (value) => left + ((value - first) / (last - first)) * width;
  const y = (value) => {
    const part =
      (scale(Math.max(value, log ? Number.MIN_VALUE : value)) - scale(low)) / (scale(high) - scale(low));
    return top + height * (1 - Math.min(1, Math.max(0, part)));
  };
  return [
    text(left, top - 14, title, 'font-weight="bold"'),
    ...ticks(low, high, log).map(
      (value) =>
        `<path d="M${left} ${y(value).toFixed(1)}h${width}" stroke="#ddd"/>` +
        text(left - 6, y(value) + 4, show(value), 'text-anchor="end"'),
    ),
    ...[0, 0.25, 0.5, 0.75, 1].map((part) => {
      const value = first + part * (last - first);
      return text(left + part * width, top + height + 18, round(value), 'text-anchor="middle"');
    }),
    text(left + width / 2, top + height + 36, label, 'text-anchor="middle"'),
    ...lines.map((line) => path(line, x, y)),
  ];
}

function ticks(low, high, log) {
  if (!log) return Array.from({ length: 5 }, (_, n) => low + (n / 4) * (high - low));
  const [from, to] = [Math.round(Math.log10(low)), Math.round(Math.log10(high))];
  const every = Math.ceil((to - from) / 6);
  return Array.from({ length: Math.floor((to - from) / every) + 1 }, (_, n) => 10 ** (from + n * every));
}

function show(value) {
  if (value === 0) return '0';
  const power = Math.round(Math.log10(Math.abs(value)));
  return Math.abs(power) > 3 ? `1e${power}` : String(Number(value.toPrecision(3)));
}

function round(value) {
  return Number.isInteger(value) ? value : value.toFixed(Math.abs(value) < 10 ? 1 : 0);
}

function path({ points, colour, dash }, x, y) {
  const every = Math.ceil(points.length / MOST_POINTS);
  const shown = points.filter(
    ([, value], n) => !Number.isNaN(value) && (n % every === 0 || n === points.length - 1),
  );
  const steps = shown.map(([at, value]) => `${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join('L');
  const dashes = dash ? ` stroke-dasharray="${dash}"` : '';
  return `<path d="M${steps}" fill="none" stroke="${colour}" stroke-width="1.6" stroke-linejoin="round"${dashes}/>`;
}

function legend({ name, colour, dash }, y) {
  const dashes = dash ? ` stroke-dasharray="${dash}"` : '';
  return [
    `<path d="M${PANEL.left} ${y}h28" stroke="${colour}" stroke-width="2"${dashes}/>`,
    text(PANEL.left + 36, y + 4, name, ''),
  ];
}

/**
 * A grid of parts of a gradient: blue where it vanished, white where it is whole, red where it grew.
 *
 * @param {{ title: string, x: string, y: string, columns: number[], rows: number[], values: number[][] }} grid
 */
export function drawGrid({ title, x, y, columns, rows, values }) {
  const [cell, left, top] = [{ width: 76, height: 34 }, 110, 74];
  const [width, height] = [left + columns.length * cell.width + 24, top + rows.length * cell.height + 54];
  const cells = values.flatMap((row, r) =>
    row.map((value, c) => {
      const [atX, atY] = [left + c * cell.width, top + r * cell.height];
      const box = `<rect x="${atX}" y="${atY}" width="${cell.width - 2}" height="${cell.height - 2}" fill="${shade(value)}"/>`;
      return box + text(atX + cell.width / 2, atY + 21, exponent(value), 'text-anchor="middle"');
    }),
  );
  return [
    ...frame(title, width, height),
    ...cells,
    ...rows.map((value, r) => text(left - 10, top + r * cell.height + 21, value, 'text-anchor="end"')),
    ...columns.map((value, c) =>
      text(left + (c + 0.5) * cell.width, height - 36, value, 'text-anchor="middle"'),
    ),
    text(left - 84, top - 12, y, ''),
    text(left + (columns.length * cell.width) / 2, height - 14, x, 'text-anchor="middle"'),
    '</svg>\n',
  ].join('\n');
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

function text(x, y, content, attributes) {
  return `<text x="${Math.round(x)}" y="${Math.round(y)}" ${attributes}>${content}</text>`;
}
