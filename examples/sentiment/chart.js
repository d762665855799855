import { means, percent } from './report.js';

const [WIDTH, HEIGHT] = [720, 360];
const PLOT = { left: 64, right: 560, top: 52, bottom: 300 };
const COLOURS = { committee: '#0b62a4', single: '#8fbbdd', bayes: '#c2410c' };

/**
 * The accuracy on each split's test part as an SVG: the committee, each of its networks, and naive Bayes.
 *
 * @param {{ seed: number, committee: number, singles: number[], bayes: number }[]} results
 */
export function drawSplits(results) {
  const title = 'Sentences told positive from negative: accuracy on the test part';
  const values = results.flatMap(({ committee, singles, bayes }) => [committee, ...singles, bayes]);
  const low = Math.floor(Math.min(...values) * 50) / 50;
  const high = Math.max(low + 0.02, Math.ceil(Math.max(...values) * 50) / 50);
  const x = (n) => PLOT.left + ((n + 0.5) / results.length) * (PLOT.right - PLOT.left);
  const y = (share) => PLOT.bottom - ((share - low) / (high - low)) * (PLOT.bottom - PLOT.top);
  const ticks = Array.from({ length: Math.round((high - low) * 50) + 1 }, (_, n) => low + n / 50);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13" fill="#333">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(PLOT.left, 26, title, 'font-size="15" font-weight="bold"'),
    ...ticks.map((share) => tick(share, y(share))),
    ...results.map(({ seed }, n) => text(x(n), PLOT.bottom + 22, `split ${seed}`, 'text-anchor="middle"')),
    ...results.map((result, n) => marks(result, x(n), y)),
    ...averages(results, y),
    ...legend(),
    '</svg>\n',
  ].join('\n');
}

function tick(share, y) {
  const grid = `<path d="M${PLOT.left} ${y.toFixed(1)}H${PLOT.right}" stroke="#ddd"/>`;
  return grid + text(PLOT.left - 8, y + 4, `${Math.round(share * 100)} %`, 'text-anchor="end"');
}

function marks({ committee, singles, bayes }, x, y) {
  return [
    ...singles.map((share) => dot(x - 14, y(share), 4, COLOURS.single)),
    dot(x - 14, y(committee), 6, COLOURS.committee),
    dot(x + 14, y(bayes), 6, COLOURS.bayes),
  ].join('');
}

/** Dashed over the whole width, with their figure behind them. */
function averages(results, y) {
  const { committee, bayes } = means(results);
  // Two labels that are closer than a line of text move apart.
  const apart = Math.max(0, 16 - Math.abs(y(committee) - y(bayes))) / 2;
  const up = committee >= bayes ? -apart : apart;
  return [average('committee', committee, y(committee), up), average('bayes', bayes, y(bayes), -up)];
}

function average(kind, share, y, shift) {
  const line = `<path d="M${PLOT.left} ${y.toFixed(1)}H${PLOT.right}" stroke="${COLOURS[kind]}" stroke-dasharray="5 4"/>`;
  return (
    line +
    text(
      PLOT.right + 8,
      y + 4 + shift,
      `mean ${percent(share)}`,
      `fill="${COLOURS[kind]}" font-weight="bold"`,
    )
  );
}

function legend() {
  const entries = [
    ['committee', 'five BiLSTMs together'],
    ['single', 'each of them alone'],
    ['bayes', 'naive Bayes'],
  ];
  return entries.map(([kind, name], n) => {
    const x = PLOT.left + 6 + n * 180;
    return dot(x, HEIGHT - 20, 5, COLOURS[kind]) + text(x + 12, HEIGHT - 16, name, '');
  });
}

function dot(x, y, radius, colour) {
  return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius}" fill="${colour}"/>`;
}

function text(x, y, content, attributes) {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${content}</text>`;
}
