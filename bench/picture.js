// results.svg: each line of the benchmark a row, each contender a dot at the median of its times.

import { CONTENDERS } from './contenders.js';
import { median } from './statistics.js';
import { circle, line, logScale, picture, text } from './svg.js';
import { duration, ran } from './table.js';

const TITLE = 'Time of one call, one thread: further left is faster';
const WIDTH = 900;
const LEFT = 235;
const RIGHT = WIDTH - 110;
const TOP = 112;
const ROW = 25;
const GROUP_GAP = 12;

const GROUPS = { step: 'one step', sequence: 'sequence', train: 'training step' };

export function drawResults({ lines, machine }) {
  const shown = lines.filter(({ kind }) => kind in GROUPS);
  const rows = withPlaces(shown);
  if (rows.length === 0) return picture(TITLE, WIDTH, 60, [text(20, 34, 'no line was timed')]);
  const all = rows.flatMap(({ times }) => times.map(({ ms }) => ms));
  const scale = logScale([Math.min(...all) / 1.5, Math.max(...all) * 1.5], [LEFT, RIGHT]);
  const bottom = rows.at(-1).y + ROW / 2;
  return picture(TITLE, WIDTH, bottom + 40, [
    text(20, 28, TITLE, { class: 'title' }),
    text(
      20,
      48,
      `${machine.cpu}, ${machine.system}, Node ${machine.versions.relaxed ?? machine.versions.simd}; I=64`,
      { class: 'small' },
    ),
    legend(shown),
    text(RIGHT + 8, TOP - ROW + 4, 'lstm-wasm', { class: 'small' }),
    axis(scale, bottom),
    rows.map((row) => drawRow(row, scale)),
  ]);
}

function withPlaces(lines) {
  let y = TOP;
  return lines
    .map(({ title, kind, results }, n) => {
      if (n > 0) y += ROW + (kind === lines[n - 1].kind ? 0 : GROUP_GAP);
      const times = CONTENDERS.flatMap(({ name, label, color }) => {
        const samples = ran(results[name]?.samples);
        return samples.length > 0 ? [{ name, label, color, ms: median(samples) }] : [];
      });
      return { title, y, times };
    })
    .filter(({ times }) => times.length > 0);
}

function legend(lines) {
  const present = CONTENDERS.filter(({ name }) =>
    lines.some(({ results }) => ran(results[name]?.samples).length > 0),
  );
  return present.map(({ name, label, color }, n) => {
    const x = 28 + (n % 5) * 172;
    const y = 68 + Math.floor(n / 5) * 19;
    return [circle(x, y - 4, radius(name), color, label), text(x + 11, y, label, { class: 'small' })];
  });
}

const isOurs = (name) => name === 'relaxed' || name === 'simd';
const radius = (name) => (isOurs(name) ? 6.5 : 4.5);

function axis({ place, decades }, bottom) {
  return decades.map((ms) => [
    line(place(ms), TOP - ROW / 2, place(ms), bottom),
    text(place(ms), bottom + 18, duration(ms).replace(/\.0+/, ''), {
      class: 'small',
      'text-anchor': 'middle',
    }),
  ]);
}

function drawRow({ title, y, times }, { place }) {
  const places = times.map(({ ms }) => place(ms));
  const rivals = times.filter(({ name }) => !isOurs(name)).map(({ ms }) => ms);
  const best = Math.min(...times.filter(({ name }) => isOurs(name)).map(({ ms }) => ms));
  const ours = Number.isFinite(best) ? duration(best) : '';
  return [
    text(LEFT - 14, y + 4, title, { 'text-anchor': 'end' }),
    line(Math.min(...places), y, Math.max(...places), y, { 'stroke-width': 2 }),
    [...times].reverse().map(({ name, label, color, ms }) =>
      circle(place(ms), y, radius(name), color, `${label}: ${duration(ms)}`, {
        stroke: '#ffffff',
        'stroke-width': 1,
      }),
    ),
    text(RIGHT + 8, y + 4, rivals.length > 0 ? ours : '', { class: 'small' }),
  ];
}
