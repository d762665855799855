const [WIDTH, HEIGHT] = [880, 400];
const PLOT = { left: 70, right: 860, top: 70, bottom: 350 };
const COLOURS = { truth: '#444', forecast: '#c2410c', band: '#fbd5bf' };
/** What there is room for. */
const MOST = 780;
const TICKS = 5;

/**
 * What came and what was forecast, day by day, as an SVG.
 *
 * @param {{ labels: string[], actual: number[], forecasts: number[], band?: [number, number][], unit: string }} chart
 */
export function drawForecasts(chart, title) {
  const { labels, actual, forecasts, band, unit } = lastOf(chart, chart.shown ?? MOST);
  const all = [...actual, ...forecasts, ...(band ?? []).flat()];
  const ticks = ticksOver(Math.min(...all), Math.max(...all));
  const [low, high] = [ticks[0], ticks.at(-1)];
  const x = (n) => PLOT.left + (n / Math.max(1, labels.length - 1)) * (PLOT.right - PLOT.left);
  const y = (value) => PLOT.bottom - ((value - low) / (high - low)) * (PLOT.bottom - PLOT.top);
  const line = (values, colour) =>
    path(
      values.map((value, n) => [x(n), y(value)]),
      `fill="none" stroke="${colour}"`,
    );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13" fill="#333">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(PLOT.left, 26, title, 'font-size="15" font-weight="bold"'),
    ...legend(band !== undefined),
    ...ticks.map((value) => grid(y(value), value)),
    text(PLOT.left - 8, PLOT.top - 14, unit, 'text-anchor="end"'),
    ...dates(labels, x),
    ...(band ? [area(band, x, y)] : []),
    line(actual, COLOURS.truth),
    line(forecasts, COLOURS.forecast),
    '</svg>\n',
  ].join('\n');
}

function lastOf({ labels, actual, forecasts, band, unit }, count) {
  const cut = (values) => values?.slice(-count);
  return { labels: cut(labels), actual: cut(actual), forecasts: cut(forecasts), band: cut(band), unit };
}

/** Round numbers that enclose a range. */
function ticksOver(low, high) {
  const raw = (high - low || 1) / TICKS;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((times) => times * power >= raw) * power;
  const first = Math.floor(low / step);
  return Array.from({ length: Math.ceil(high / step) - first + 1 }, (_, n) => (first + n) * step);
}

function grid(y, value) {
  const rule = `<path d="M${PLOT.left} ${y.toFixed(1)}H${PLOT.right}" stroke="#ddd"/>`;
  return rule + text(PLOT.left - 8, y + 4, Number(value.toPrecision(12)), 'text-anchor="end"');
}

function dates(labels, x) {
  const count = Math.min(TICKS, labels.length);
  return Array.from({ length: count }, (_, tick) => {
    const n = Math.round((tick / Math.max(1, count - 1)) * (labels.length - 1));
    const anchor = tick === 0 ? 'start' : tick === count - 1 ? 'end' : 'middle';
    return text(x(n), PLOT.bottom + 22, labels[n], `text-anchor="${anchor}"`);
  });
}

function legend(hasBand) {
  const entries = [
    ['what came', COLOURS.truth],
    ['forecast', COLOURS.forecast],
    ...(hasBand ? [['interval of 80 %', COLOURS.band]] : []),
  ];
  return entries.map(([name, colour], n) => {
    const left = PLOT.left + n * 130;
    const sample = `<path d="M${left} 46h22" stroke="${colour}" stroke-width="4"/>`;
    return sample + text(left + 28, 50, name, '');
  });
}

function area(band, x, y) {
  const above = band.map(([, high], n) => [x(n), y(high)]);
  const below = band.map(([low], n) => [x(n), y(low)]).reverse();
  return path([...above, ...below], `fill="${COLOURS.band}" stroke="none"`);
}

function path(points, attributes) {
  const places = points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L');
  return `<path d="M${places}" ${attributes} stroke-width="1.2" stroke-linejoin="round"/>`;
}

function text(x, y, content, attributes) {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escaped(`${content}`)}</text>`;
}

function escaped(content) {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
