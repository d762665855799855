// Figures for the READMEs: panels drawn by Observable Plot, laid out in one SVG that stands alone.

import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { legendLines } from './legend.js';
import { INK, PAPER, STYLE } from './palette.js';
import { textLines } from './text.js';

const { document } = parseHTML('<html><body></body></html>');

const [WIDTH, HEIGHT] = [380, 300];
const MARGIN = 16;
const TITLE = { size: 15, bold: true };
const SUBTITLE = { size: 12 };
const PANEL_TITLE = { size: 12, bold: true };
const GAP = 8;

/**
 * A figure as the text of an SVG.
 *
 * ```js
 * const svg = drawFigure('Two models', [
 *   linePanel({ title: 'training', x: 'epoch', y: 'loss', lines: [{ name: 'LSTM', colour: COLOURS[0], points: [[1, 0.5], [2, 0.1]] }] }),
 * ]);
 * ```
 *
 * @param {string} title
 * @param {({ title?: string, legend?: LegendEntry[] } & Plot.PlotOptions)[]} panels options of Observable Plot for each; 380 × 300 by default.
 *   A legend that all panels share is drawn once below them, any other below its panel
 * @param {{ columns?: number, subtitle?: string }} [options] `columns`: panels in a row, by default all
 */
export function drawFigure(title, panels, { columns = panels.length, subtitle } = {}) {
  const shared = sharedLegend(panels);
  const blocks = panels.map((panel) => drawBlock(panel, shared === undefined));
  const rows = Array.from({ length: Math.ceil(blocks.length / columns) }, (_, n) =>
    blocks.slice(n * columns, (n + 1) * columns),
  );
  const inner = Math.max(...rows.map((row) => row.reduce((sum, { width }) => sum + width + MARGIN, -MARGIN)));
  const head = [...textLines(title, inner, TITLE), ...(subtitle ? textLines(subtitle, inner, SUBTITLE) : [])];
  const [parts, top] = stacked(head, MARGIN - 4);
  let y = top + GAP;
  for (const row of rows) {
    let x = MARGIN;
    for (const { width, content } of row) {
      parts.push(at(x, y, content));
      x += width + MARGIN;
    }
    y += Math.max(...row.map(({ height }) => height)) + GAP;
  }
  const [legend, bottom] = stacked(legendLines(shared ?? [], inner), y);
  parts.push(...legend);
  const [width, height] = [inner + 2 * MARGIN, Math.ceil(bottom + GAP)];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" font-family="system-ui, sans-serif" font-size="12" fill="${INK}" color="${INK}">`,
    `<title>${title.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</title>`,
    STYLE,
    `<rect width="${width}" height="${height}" rx="6" fill="${PAPER}"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

/**
 * The legend of all panels where they have the same series; what only some of them need, the arrows at an edge, comes last.
 *
 * @returns {LegendEntry[] | undefined} undefined where panels have different series
 */
function sharedLegend(panels) {
  const legends = panels.map(({ legend = [] }) => legend);
  const isArrow = ({ mark }) => mark === 'up' || mark === 'down';
  const [first, ...others] = legends.map((legend) =>
    legend
      .filter((entry) => !isArrow(entry))
      .map(({ name }) => name)
      .join('\n'),
  );
  if (others.some((names) => names !== first)) return undefined;
  return [...legends[0].filter((entry) => !isArrow(entry)), ...legends.flat().filter(isArrow)];
}

/** A panel with its title above and, where it is its own, its legend below. */
function drawBlock({ title, legend = [], ...options }, hasLegend) {
  const { width = WIDTH, height = HEIGHT } = options;
  const [parts, top] = stacked(title ? textLines(title, width, PANEL_TITLE) : [], 0, 0);
  const plotTop = title ? top + GAP : 0;
  parts.push(at(0, plotTop, drawPlot({ ...options, width, height })));
  const [entries, bottom] = stacked(hasLegend ? legendLines(legend, width) : [], plotTop + height, 0);
  return { width, height: bottom, content: [...parts, ...entries].join('\n') };
}

/** Lines below one another. @returns their SVG and where the last one ends */
function stacked(lines, top, left = MARGIN) {
  let y = top;
  const parts = lines.map(({ height, content }) => {
    y += height;
    return at(left, y - height, content);
  });
  return [parts, y];
}

function at(x, y, content) {
  return `<g transform="translate(${x},${y})">${content}</g>`;
}

function drawPlot(options) {
  const plot = Plot.plot({ document, marginLeft: 56, marginBottom: 44, marginTop: 28, ...options });
  // Its style is about the page around it; here there is none.
  plot.querySelector('style').remove();
  return `<g text-anchor="middle" fill="currentColor">${rounded(plot.innerHTML)}</g>`;
}

/** Coordinates to a hundredth of a pixel; texts keep their digits. */
function rounded(svg) {
  return svg.replaceAll(/ (?:d|transform|x|y|x1|x2|y1|y2|cx|cy|width|height|points)="[^"]*"/g, (attribute) =>
    attribute.replaceAll(/(\.\d\d)\d+/g, '$1'),
  );
}
