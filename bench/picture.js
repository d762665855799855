// results.svg: each line of the benchmark a row, each contender a dot at the median of its times.

import * as Plot from '@observablehq/plot';
import { drawFigure } from '../examples/chart.js';
import { INK, PAPER } from '../examples/palette.js';
import { CONTENDERS } from './contenders.js';
import { median } from './statistics.js';
import { duration, ran } from './table.js';

const TITLE = 'Time of one call, one thread: further left is faster';
const WIDTH = 860;
const LEFT = 225;
const RIGHT = 90;
const ROW = 25;

const KINDS = ['step', 'sequence', 'train'];

export function drawResults({ lines, machine }) {
  const shown = lines.filter(({ kind }) => KINDS.includes(kind));
  const rows = shown.map(rowOf).filter(({ times }) => times.length > 0);
  const node = machine.versions.relaxed ?? machine.versions.simd;
  const subtitle = `${machine.cpu}, ${machine.system}, Node ${node}; I = 64 unless named; beside each row the faster lstm-wasm`;
  if (rows.length === 0) return drawFigure(`${TITLE} (no line was timed)`, [{ width: WIDTH, height: 60 }]);
  return drawFigure(TITLE, [resultsPanel(rows)], { subtitle });
}

function rowOf({ title, kind, results }) {
  const times = CONTENDERS.flatMap(({ name, label, colour }) => {
    const samples = ran(results[name]?.samples);
    return samples.length > 0 ? [{ title, name, label, colour, ms: median(samples) }] : [];
  });
  return { title, kind, times };
}

function resultsPanel(rows) {
  const times = rows.flatMap((row) => row.times);
  const present = CONTENDERS.filter(({ name }) => times.some((time) => time.name === name));
  const values = times.map(({ ms }) => ms);
  const domain = [Math.min(...values) / 1.5, Math.max(...values) * 1.5];
  const best = rows.map(({ title, times }) => ({
    ...{ title, ms: Math.min(...times.filter(isOurs).map(({ ms }) => ms)) },
  }));
  return {
    ...{ width: WIDTH, height: 90 + ROW * titlesOf(rows).length, marginLeft: LEFT, marginRight: RIGHT },
    legend: present.map(({ label, colour }) => ({ name: label, colour, mark: 'dot' })),
    x: {
      type: 'log',
      domain,
      label: 'time of one call',
      ticks: decades(domain),
      tickFormat: shortDuration,
      grid: true,
    },
    y: {
      type: 'point',
      domain: titlesOf(rows),
      label: 'work',
      tickSize: 0,
      tickFormat: (title) => title.trim(),
    },
    marks: [
      Plot.ruleY(rows, {
        ...{ y: 'title', x1: extreme(Math.min), x2: extreme(Math.max) },
        ...{ stroke: INK, strokeOpacity: 0.25, strokeWidth: 2 },
      }),
      dots(times.filter(isOurs).reverse(), 6.5),
      dots(times.filter((time) => !isOurs(time)).reverse(), 4),
      Plot.text(
        best.filter(({ ms }) => Number.isFinite(ms)),
        {
          ...{
            y: 'title',
            frameAnchor: 'right',
            textAnchor: 'start',
            dx: 12,
            text: ({ ms }) => duration(ms),
          },
        },
      ),
    ],
  };
}

/** One row for each line, with an empty one between kinds of work. */
function titlesOf(rows) {
  return rows.flatMap(({ title, kind }, n) =>
    n > 0 && kind !== rows[n - 1].kind ? [' '.repeat(n), title] : [title],
  );
}

function dots(times, r) {
  return Plot.dot(times, {
    ...{ x: 'ms', y: 'title', r, fill: 'colour', stroke: PAPER },
    title: ({ label, ms }) => `${label}: ${duration(ms)}`,
  });
}

const extreme =
  (of) =>
  ({ times }) =>
    of(...times.map(({ ms }) => ms));

const isOurs = ({ name }) => name === 'relaxed' || name === 'simd';

/** The powers of ten in a range of milliseconds. */
function decades([low, high]) {
  const first = Math.ceil(Math.log10(low));
  return Array.from({ length: Math.floor(Math.log10(high)) - first + 1 }, (_, n) => 10 ** (first + n));
}

function shortDuration(ms) {
  return duration(ms).replace(/\.0+/, '');
}
