import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
// @ts-expect-error: plain JavaScript, without declarations
import { drawFigure } from '../../examples/chart.js';
// @ts-expect-error: plain JavaScript, without declarations
import { cutLine } from '../../examples/cut-line.js';
// @ts-expect-error: plain JavaScript, without declarations
import { linePanel } from '../../examples/line-panel.js';
// @ts-expect-error: plain JavaScript, without declarations
import { COLOURS } from '../../examples/palette.js';
// @ts-expect-error: plain JavaScript, without declarations
import { redrawn, STORED } from '../../examples/redraw.js';
// @ts-expect-error: plain JavaScript, without declarations
import { storedData, storedFigure } from '../../examples/stored-figure.js';

/* What all figures have in common, on the sources: the names of the package stand for them. */
vi.mock('lstm-wasm', () => import('../../src/index.js'));
vi.mock('lstm-wasm/data', () => import('../../src/data/index.js'));
vi.mock('lstm-wasm/files', () => import('../../src/files/index.js'));

const line = (points: [number, number][], more = {}) => ({
  ...{ name: 'LSTM', colour: COLOURS[0], points },
  ...more,
});

/** Splits a picture into its numbers and what is between them. */
const NUMBERS = /(-?\d+\.?\d*(?:e-?\d+)?)/;
const isText = (part: string) => !new RegExp(`^${NUMBERS.source}$`).test(part);

describe('a line that leaves the axis', () => {
  const log = { domain: [0.01, 100], log: true };

  it('is cut at the edge, where an arrow says so', () => {
    const { runs, exits } = cutLine(
      [
        [0, 1],
        [1, 0.0001],
        [2, 0.0001],
        [3, 1],
        [4, 1e6],
      ],
      log,
    );
    expect(runs).toHaveLength(2);
    expect(runs[0][1]).toEqual([expect.closeTo(0.5), 0.01]);
    expect(exits.map(({ x, side }: { x: number; side: string }) => [x, side])).toEqual([
      [expect.closeTo(0.5), 'below'],
      [expect.closeTo(2.5), 'below'],
      [expect.closeTo(3 + 1 / 3), 'above'],
    ]);
  });

  it('falls to the floor where it becomes 0, and has a gap at NaN', () => {
    const { runs, exits } = cutLine(
      [
        [0, 1],
        [1, 0],
        [2, Number.NaN],
        [3, 1],
      ],
      log,
    );
    expect(runs).toEqual([
      [
        [0, 1],
        [1, 0.01],
      ],
      [[3, 1]],
    ]);
    expect(exits).toEqual([{ x: 1, y: 0.01, side: 'below' }]);
  });

  it('is explained in the legend, and only then', () => {
    const draw = (low: number) =>
      drawFigure('x', [
        linePanel({
          ...{ x: 'step', y: 'loss', log: true, low, high: 10 },
          lines: [
            line([
              [0, 1],
              [1, 1e-6],
            ]),
          ],
        }),
      ]);
    expect(draw(1e-4)).toContain('>goes on below 1e-4<');
    expect(draw(1e-8)).not.toContain('goes on');
  });
});

describe('a figure', () => {
  const panel = (more = {}) =>
    linePanel({
      ...{ x: 'step', y: 'loss' },
      lines: [
        line([
          [0, 1],
          [9, 2],
        ]),
      ],
      ...more,
    });

  it('has other colours on dark paper', () => {
    const svg = drawFigure('x', [panel()]);
    expect(svg).toContain('@media (prefers-color-scheme: dark)');
    for (const colour of COLOURS)
      expect(svg).toMatch(new RegExp(`\\[stroke="${colour}"\\]\\{stroke:#\\w{6}\\}`));
  });

  it('breaks a title that is wider than its panels, and grows with rows and legends', () => {
    const size = (svg: string) => /viewBox="0 0 (\d+) (\d+)"/.exec(svg)?.slice(1).map(Number) as number[];
    const [one, two, long] = [
      drawFigure('x', [panel()]),
      drawFigure('x', [panel(), panel()], { columns: 1 }),
      drawFigure('a title of many words '.repeat(5).trim(), [panel()]),
    ].map(size) as [number[], number[], number[]];
    expect(two[0]).toBe(one[0]);
    expect(two[1]).toBeGreaterThan((one[1] as number) + 290);
    expect(long[0]).toBe(one[0]);
    expect(long[1]).toBeGreaterThan(one[1] as number);
  });

  it('draws a legend once where panels share it, else below each', () => {
    const entries = (svg: string) => svg.match(/>(LSTM|GRU)</g);
    expect(entries(drawFigure('x', [panel(), panel()]))).toEqual(['>LSTM<']);
    const other = panel({ lines: [line([[0, 1]], { name: 'GRU' })] });
    expect(entries(drawFigure('x', [panel(), other]))).toEqual(['>LSTM<', '>GRU<']);
  });

  it('holds its data, from which it is drawn again', () => {
    const draw = storedFigure(
      'x',
      ({ text }: { text: string }) => `<svg><title>${text.length}</title></svg>`,
    );
    const data = { text: 'a < b & c </metadata>', values: [1 / 3, 2000000] };
    const svg = draw(data);
    expect(storedData(svg)).toEqual({ name: 'x', data: { ...data, values: [0.33333, 2000000] } });
    expect(draw((storedData(svg) as { data: unknown }).data)).toBe(svg);
    expect(storedData('<svg></svg>')).toBe(undefined);
  });

  it.each(STORED as string[])('of the READMEs is what its data draw: %s', (path) => {
    const svg = readFileSync(path, 'utf8');
    // Engines differ in the last digits of logarithms.
    const [now, stored] = [redrawn(svg), svg].map((text) => text.split(NUMBERS));
    expect(now.filter(isText)).toEqual(stored.filter(isText));
    for (const [n, x] of stored.entries()) if (!isText(x)) expect(Number(now[n])).toBeCloseTo(Number(x), 1);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });
});
