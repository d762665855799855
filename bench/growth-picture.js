// growth.svg: a column for each of H, T and B; GFLOP/s above, time and memory below, by logarithms.

import { circle, element, line, logScale, picture, text } from './svg.js';
import { duration } from './table.js';

const TITLE = 'How time and memory grow (relaxed, one thread)';
const WIDTH = 900;
const COLUMN = 285;
const PLOT = 215;
const HEIGHT = 150;
const TOPS = [90, 290, 490];
const MODES = { forward: '#c2410c', train: '#1d4ed8' };
const PANELS = [
  { title: 'GFLOP/s', of: ({ gflops }) => gflops, show: (value) => String(value), linear: true },
  { title: 'time of a call', of: ({ ms }) => ms, show: (value) => duration(value).replace(/\.0+/, '') },
  { title: 'memory of the runtime', of: ({ bytes }) => bytes / 1e6, show: (value) => `${value} MB` },
];

export function drawGrowth(points, titles) {
  const done = points.filter(({ missing }) => !missing);
  const columns = Object.keys(titles).map((axis, n) =>
    PANELS.map((panel, row) => {
      const own = done.filter((point) => point.axis === axis);
      return drawPanel(own, panel, {
        all: done,
        left: 62 + n * COLUMN,
        top: TOPS[row],
        title: row === 2 ? titles[axis] : '',
      });
    }),
  );
  return picture(TITLE, WIDTH, TOPS[2] + HEIGHT + 60, [
    text(20, 28, TITLE, { class: 'title' }),
    Object.entries(MODES).map(([mode, color], n) => [
      circle(28 + n * 120, 48, 5, color, mode),
      text(40 + n * 120, 52, mode),
    ]),
    columns,
  ]);
}

function drawPanel(points, { title, of, show, linear }, { all, left, top, title: below }) {
  const values = points.map(({ value }) => value);
  const x = logScale([Math.min(...values), Math.max(...values)], [left, left + PLOT]);
  const y = (linear ? linearScale : decadeScale)(all.map(of), [top + HEIGHT, top]);
  const curves = Object.entries(MODES).map(([mode, color]) => {
    const own = points.filter((point) => point.mode === mode);
    const places = own.map((point) => [x.place(point.value), y.place(of(point))]);
    const path = element('polyline', {
      points: places.map((at) => at.map((v) => v.toFixed(1)).join(',')).join(' '),
      fill: 'none',
      stroke: color,
      'stroke-width': 2,
    });
    return [
      path,
      own.map((point, n) =>
        circle(...places[n], 3, color, `${mode} ${point.value}: ${show(Number(of(point).toPrecision(3)))}`),
      ),
    ];
  });
  return [
    y.decades.map((v) => [
      line(left, y.place(v), left + PLOT, y.place(v)),
      text(left - 6, y.place(v) + 4, show(v), { class: 'small', 'text-anchor': 'end' }),
    ]),
    text(left, top - 10, title, { class: 'small' }),
    ticks(values, x, top + HEIGHT + 16),
    text(left, top + HEIGHT + 38, below),
    curves,
  ];
}

/** The ends and the middle. */
function ticks(values, { place }, y) {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  const shown = [...new Set([sorted[0], sorted[sorted.length >> 1], sorted.at(-1)])];
  return shown.map((value) =>
    text(place(value), y, value.toLocaleString('en'), { class: 'small', 'text-anchor': 'middle' }),
  );
}

function linearScale(values, [bottom, top]) {
  const high = Math.ceil(Math.max(...values) / 10) * 10;
  const place = (value) => bottom + ((top - bottom) * value) / high;
  return { place, decades: Array.from({ length: high / 10 + 1 }, (_, n) => n * 10) };
}

/** Whole decades, and of many only every second one is named. */
function decadeScale(values, range) {
  const low = 10 ** Math.floor(Math.log10(Math.min(...values)));
  const high = 10 ** Math.ceil(Math.log10(Math.max(...values)));
  const scale = logScale([low, high], range);
  const apart = Math.ceil(scale.decades.length / 6);
  return { ...scale, decades: scale.decades.filter((_, n) => n % apart === 0) };
}
