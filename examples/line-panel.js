import * as Plot from '@observablehq/plot';
import { cutLine } from './cut-line.js';

/** A line has at most this many points: more cannot be seen. */
const MOST_POINTS = 150;
const MOST_DECADES = 8;
/** Between the labels at the ends of lines, as a part of the axis. */
const LABEL_GAP = 0.065;
/** Beyond this part of the horizontal axis labels share a column. */
const NEAR_END = 0.7;

/**
 * Lines over one horizontal axis, for `drawFigure`.
 *
 * @param {object} panel what is not named here is passed to Observable Plot
 * @param {string | Plot.ScaleOptions} panel.x the label of the horizontal axis, or its options
 * @param {string} panel.y the label of the vertical axis
 * @param {boolean} [panel.log] a logarithmic vertical axis
 * @param {number} [panel.low] lower end of the vertical axis; a line that leaves the axis ends there in an arrow, which the legend explains
 * @param {number} [panel.high] its upper end
 * @param {number} [panel.most] points that a line has at most
 * @param {Line[]} panel.lines
 * @param {Plot.Markish[]} [panel.marks] drawn below the lines
 * @typedef {{ name: string, colour: string, dash?: string, label?: string, points: [x: number, y: number][] }} Line `label`: drawn at
 *   the line's end instead of an entry in the legend
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
  const axis = log ? logAxis(values, low, high) : linearAxis(values, low, high);
  const cut = lines.map((line) => ({
    ...line,
    ...cutLine(thinned(line.points, most), { domain: axis.domain, log }),
  }));
  return {
    legend: [...lines.filter(({ label }) => label === undefined), ...exitEntries(cut, axis)],
    x: { domain: extentOf(lines), ...(typeof x === 'string' ? { label: x, tickFormat: shortNumber } : x) },
    y: { label: y, ...axis },
    ...(cut.some(({ label }) => label) && { marginRight: 64 }),
    marks: [...marks, ...cut.flatMap(lineMarks), ...endLabels(cut, { domain: axis.domain, log })],
    ...options,
  };
}

/** Of the horizontal axis: all points, also those that are cut off. */
function extentOf(lines) {
  const places = lines.flatMap(({ points }) => points.map(([x]) => x)).sort((a, b) => a - b);
  return [places[0], places.at(-1)];
}

/** 0.25, 3,000, 20k, 1.5M */
export function shortNumber(value) {
  const size = Math.abs(value);
  const digits = (scaled) => String(Number(scaled.toPrecision(4)));
  if (size >= 1e6) return `${digits(value / 1e6)}M`;
  if (size >= 1e4) return `${digits(value / 1e3)}k`;
  return value.toLocaleString('en', { maximumSignificantDigits: 6 });
}

function linearAxis(values, low, high) {
  const finite = values.filter(Number.isFinite);
  const domain = [low ?? Math.min(...finite), high ?? Math.max(...finite)];
  return { grid: true, domain, nice: low === undefined || high === undefined, tickFormat: shortNumber };
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
  return { type: 'log', domain: [10 ** from, 10 ** to], ticks, tickFormat: powerOfTen, grid: true };
}

/** 0.001, but 1e-4. */
export function powerOfTen(value) {
  const power = Math.round(Math.log10(value));
  return Math.abs(power) > 3 ? `1e${power}` : String(Number(value.toPrecision(3)));
}

function thinned(points, most) {
  const every = Math.ceil(points.length / most);
  return points.filter((_, n) => n % every === 0 || n === points.length - 1);
}

function lineMarks({ runs, exits, colour, dash }) {
  const arrows = (side, rotate, dy) =>
    Plot.dot(
      exits.filter((exit) => exit.side === side),
      { x: 'x', y: 'y', symbol: 'triangle', rotate, dy, r: 4.5, fill: colour },
    );
  return [
    ...runs.map((run) => Plot.line(run, { stroke: colour, strokeWidth: 1.6, strokeDasharray: dash })),
    arrows('below', 180, -4),
    arrows('above', 0, 4),
  ];
}

/** What the arrows at the edges say. */
function exitEntries(cut, { domain, tickFormat }) {
  const sides = new Set(cut.flatMap(({ exits }) => exits.map(({ side }) => side)));
  return [
    ...(sides.has('above') ? [{ name: `goes on above ${tickFormat(domain[1])}`, mark: 'up' }] : []),
    ...(sides.has('below') ? [{ name: `goes on below ${tickFormat(domain[0])}`, mark: 'down' }] : []),
  ];
}

/** The labels of the lines beside their ends, moved apart where they would overlap; of a line that left the axis, beside its arrow. */
function endLabels(cut, { domain: [low, high], log }) {
  const scale = log ? Math.log : (value) => value;
  const back = log ? Math.exp : (value) => value;
  const span = scale(high) - scale(low);
  const labelled = cut
    .filter(({ label }) => label)
    .map(({ label, colour, runs, points }) => {
      const [x, y] = runs.at(-1).at(-1);
      const last = points.at(-1)[0];
      return { label, colour, x, last, place: (scale(y) - scale(low)) / span, isCut: x < last };
    });
  // Below a line that falls, where other lines may pass on its right.
  const isLeft = ({ x, last, isCut, place }) => isCut && place < 0.5 && x > last / 3 && x < NEAR_END * last;
  const [left, others] = [labelled.filter(isLeft), labelled.filter((one) => !isLeft(one))];
  for (const end of left) end.place += LABEL_GAP / 2;
  for (const end of others) {
    if (end.isCut) end.place += end.place > 0.5 ? -LABEL_GAP : LABEL_GAP;
  }
  const right = labelled
    .filter(({ x, last, isCut }) => !isCut && x > NEAR_END * last)
    .sort((a, b) => a.place - b.place);
  for (const [n, end] of right.entries()) {
    if (n > 0) end.place = Math.max(end.place, right[n - 1].place + LABEL_GAP);
  }
  const text = (labels, options) =>
    Plot.text(labels, {
      ...{ x: 'x', y: ({ place }) => back(scale(low) + place * span), text: 'label' },
      ...{ fill: 'colour', fontWeight: 'bold', ...options },
    });
  return [text(left, { textAnchor: 'end', dx: -14 }), text(others, { textAnchor: 'start', dx: 7 })];
}
