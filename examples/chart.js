// Figures for the READMEs: panels by Observable Plot, put together to one SVG that stands alone.

import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

const { document } = parseHTML('<html><body></body></html>');

/** Told apart by eyes of every kind, on white; the first two are the pair for a comparison. */
export const COLOURS = ['#0b62a4', '#c2410c', '#15803d', '#7c3aed', '#a16207', '#444444'];

const [WIDTH, HEIGHT] = [380, 300];
const MARGIN = 16;
const TITLE = 40;
const LINE = 18;
/** A line has no more points than this: more can not be seen. */
const MOST_POINTS = 150;
const MOST_DECADES = 8;

/**
 * A figure as the text of an SVG.
 *
 * ```js
 * const svg = drawFigure('Two models', [
 *   linePanel({ title: 'loss', x: 'epoch', lines: [{ name: 'LSTM', colour: COLOURS[0], points: [[1, 0.5], [2, 0.1]] }] }),
 * ]);
 * ```
 *
 * @param {string} title
 * @param {({ title?: string, legend?: Legend[] } & Plot.PlotOptions)[]} panels what Observable Plot is told of each, side by side; 380 × 300
 *   where it says nothing else. Entries of a legend that several panels have stand once
 * @typedef {{ name: string, colour: string, dash?: string }} Legend
 */
export function drawFigure(title, panels) {
  const drawn = panels.map(({ title: _, legend: __, ...options }) => drawPanel(options));
  const lefts = drawn.map(
    (_, n) => MARGIN + drawn.slice(0, n).reduce((sum, { width }) => sum + width + MARGIN, 0),
  );
  const top = TITLE + (panels.some((panel) => panel.title) ? LINE : 0);
  const below = top + Math.max(...drawn.map(({ height }) => height)) + LINE;
  const entries = new Map(panels.flatMap(({ legend = [] }) => legend.map((entry) => [entry.name, entry])));
  const width = lefts.at(-1) + drawn.at(-1).width + MARGIN;
  const height = below + entries.size * LINE;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#333" color="#333">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(MARGIN, 26, title, 'font-size="15" font-weight="bold"'),
    ...panels.flatMap((panel, n) =>
      panel.title ? text(lefts[n], top - 4, panel.title, 'font-weight="bold"') : [],
    ),
    ...drawn.map(
      ({ content }, n) =>
        `<g transform="translate(${lefts[n]},${top})" text-anchor="middle" fill="currentColor">${content}</g>`,
    ),
    ...[...entries.values()].map((entry, n) => legendEntry(entry, below + n * LINE)),
    '</svg>\n',
  ].join('\n');
}

/**
 * Lines over one horizontal axis, for {@link drawFigure}.
 *
 * @param {{ title?: string, x: string, y?: string, log?: boolean, low?: number, high?: number, lines: Line[], marks?: Plot.Markish[] }} panel
 *   `x` and `y`: what the axes are called; `log`: a logarithmic vertical axis, from `low` to `high` where these are given: what is beyond
 *   lies on the edge. Further marks come first, and the rest is handed to Observable Plot
 * @typedef {Legend & { points: [x: number, y: number][] }} Line
 */
export function linePanel({
  x,
  y,
  log = false,
  low,
  high,
  most = MOST_POINTS,
  lines,
  marks = [],
  ...options
}) {
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value));
  return {
    legend: lines,
    x: { label: x },
    y: { label: y ?? null, ...(log ? logAxis(values, low, high) : linearAxis(low, high)) },
    marks: [
      ...marks,
      ...lines.map(({ points, colour, dash }) =>
        Plot.line(thinned(points, most), { stroke: colour, strokeWidth: 1.6, strokeDasharray: dash }),
      ),
    ],
    ...options,
  };
}

function linearAxis(low, high) {
  return {
    grid: true,
    clamp: true,
    domain: low === undefined || high === undefined ? undefined : [low, high],
  };
}

/** From one power of ten to another, with some of those between. */
function logAxis(values, low, high) {
  const positive = values.filter((value) => value > 0 && value < Number.POSITIVE_INFINITY);
  const from = Math.floor(Math.log10(low ?? Math.min(...positive)));
  const to = Math.max(from + 1, Math.ceil(Math.log10(high ?? Math.max(...positive))));
  const every = Math.ceil((to - from) / MOST_DECADES);
  const ticks = Array.from(
    { length: Math.floor((to - from) / every) + 1 },
    (_, n) => 10 ** (from + n * every),
  );
  return { type: 'log', clamp: true, domain: [10 ** from, 10 ** to], ticks, tickFormat: plain, grid: true };
}

/** 0.001, but 1e-4. */
function plain(value) {
  const power = Math.round(Math.log10(value));
  return Math.abs(power) > 3 ? `1e${power}` : String(Number(value.toPrecision(3)));
}

function thinned(points, most) {
  const every = Math.ceil(points.length / most);
  return points.filter((_, n) => n % every === 0 || n === points.length - 1);
}

function drawPanel({ width = WIDTH, height = HEIGHT, ...options }) {
  const plot = Plot.plot({ document, width, height, marginLeft: 56, marginBottom: 44, ...options });
  // Its style is about a page around it; here there is none.
  plot.querySelector('style').remove();
  return { width, height, content: rounded(plot.innerHTML) };
}

/** Places to a hundredth of a pixel; the texts keep their digits. */
function rounded(svg) {
  return svg.replaceAll(/ (?:d|transform|x|y|x1|x2|y1|y2|cx|cy|width|height|points)="[^"]*"/g, (attribute) =>
    attribute.replaceAll(/(\.\d\d)\d+/g, '$1'),
  );
}

function legendEntry({ name, colour, dash }, y) {
  const dashes = dash ? ` stroke-dasharray="${dash}"` : '';
  const sample = `<path d="M${MARGIN} ${y}h28" stroke="${colour}" stroke-width="2"${dashes}/>`;
  return sample + text(MARGIN + 36, y + 4, name, '');
}

function text(x, y, content, attributes) {
  return `<text x="${x}" y="${y}" ${attributes}>${escaped(content)}</text>`;
}

function escaped(content) {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
