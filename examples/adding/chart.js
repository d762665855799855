const [WIDTH, HEIGHT] = [720, 400];
const PLOT = { left: 64, right: 616, top: 52, bottom: 348 };
const COLOURS = { LSTM: '#0b62a4', RNN: '#c2410c' };

/**
 * Learning curves as an SVG: validation error, on a logarithmic scale, over updates.
 *
 * @param {{ kind: 'LSTM' | 'RNN', curve: [update: number, mse: number][] }[]} runs
 * @param {{ title: string, baseline: number }} what the title says, and where the dashed line lies
 */
export function drawCurves(runs, { title, baseline }) {
  const points = runs.flatMap(({ curve }) => curve);
  const last = Math.max(...points.map(([step]) => step));
  const values = points.map(([, error]) => error).filter((error) => error > 0);
  const low = Math.floor(Math.log10(Math.min(baseline, ...values)));
  const high = Math.ceil(Math.log10(Math.max(baseline, ...values)));
  const x = (step) => PLOT.left + (step / last) * (PLOT.right - PLOT.left);
  const y = (error) => {
    const part = (Math.log10(Math.max(error, 10 ** low)) - low) / (high - low);
    return PLOT.bottom - part * (PLOT.bottom - PLOT.top);
  };
  const decades = Array.from({ length: high - low + 1 }, (_, n) => low + n);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13" fill="#333">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(PLOT.left, 26, title, 'font-size="15" font-weight="bold"'),
    ...decades.map((n) => decade(n, y(10 ** n))),
    ...[0, 0.25, 0.5, 0.75, 1].map((part) =>
      text(x(part * last), PLOT.bottom + 20, Math.round(part * last), 'text-anchor="middle"'),
    ),
    text((PLOT.left + PLOT.right) / 2, PLOT.bottom + 40, 'updates', 'text-anchor="middle"'),
    ...runs.map(({ kind, curve }) =>
      line(
        curve.map(([step, error]) => [x(step), y(error)]),
        COLOURS[kind],
      ),
    ),
    `<path d="M${PLOT.left} ${y(baseline).toFixed(1)}H${PLOT.right}" stroke="#333" stroke-dasharray="5 4"/>`,
    ...labels(runs, y, baseline),
    '</svg>\n',
  ].join('\n');
}

function decade(n, y) {
  const grid = `<path d="M${PLOT.left} ${y.toFixed(1)}H${PLOT.right}" stroke="#ddd"/>`;
  return grid + text(PLOT.left - 8, y + 4, n < 0 ? (10 ** n).toFixed(-n) : 10 ** n, 'text-anchor="end"');
}

function line(points, colour) {
  const path = points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L');
  return `<path d="M${path}" fill="none" stroke="${colour}" stroke-width="1.5" stroke-linejoin="round"/>`;
}

/** Each kind is named where its curves end; the baseline above its line. */
function labels(runs, y, baseline) {
  const ends = Object.keys(COLOURS).flatMap((kind) => {
    const errors = runs.filter((run) => run.kind === kind).map(({ curve }) => curve.at(-1)[1]);
    if (errors.length === 0) return [];
    const name = kind === 'RNN' ? 'plain RNN' : kind;
    const middle = errors.reduce((sum, error) => sum + y(error), 0) / errors.length;
    return text(PLOT.right + 8, middle + 4, name, `fill="${COLOURS[kind]}" font-weight="bold"`);
  });
  const mean = `predicting the mean: ${baseline.toFixed(3)}`;
  return [...ends, text(PLOT.left + 8, y(baseline) - 12, mean, 'text-anchor="start"')];
}

function text(x, y, content, attributes) {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${content}</text>`;
}
