import { tmpdir } from 'node:os';
import { describe, expect, it, vi } from 'vitest';
// @ts-expect-error: plain JavaScript, without declarations
import { depthExperiment } from '../../examples/vanishing/depth.js';
// @ts-expect-error: plain JavaScript, without declarations
import { growth } from '../../examples/vanishing/explosion.js';
// @ts-expect-error: plain JavaScript, without declarations
import { seriesFigure } from '../../examples/vanishing/figures/series.js';
// @ts-expect-error: plain JavaScript, without declarations
import { FIGURES } from '../../examples/vanishing/figures.js';
// @ts-expect-error: plain JavaScript, without declarations
import { flowExperiment } from '../../examples/vanishing/flow.js';
// @ts-expect-error: plain JavaScript, without declarations
import { closingGate, heldGates } from '../../examples/vanishing/gate.js';
// @ts-expect-error: plain JavaScript, without declarations
import { partsLeft } from '../../examples/vanishing/lags.js';
// @ts-expect-error: plain JavaScript, without declarations
import { makeModel, score, train } from '../../examples/vanishing/models.js';
// @ts-expect-error: plain JavaScript, without declarations
import { readOptions, sizesOf } from '../../examples/vanishing/options.js';

/* The small form of examples/vanishing, on the sources: the names of the package stand for them. */
vi.mock('lstm-wasm', () => import('../../src/index.js'));
vi.mock('lstm-wasm/inspect', () => import('../../src/inspect/index.js'));
vi.mock('lstm-wasm/data', () => import('../../src/data/index.js'));

const TINY = {
  ...sizesOf({ quick: true, lag: 20, units: 4 }),
  updates: 5,
  explodingLengths: [10],
  deepest: 2,
};

const left = (name: string, lag: number) => {
  const model = makeModel(name, { hidden: 8, longest: lag });
  const [, part] = partsLeft(model, lag + 1).at(-1);
  model.dispose();
  return part;
};

describe('the vanishing gradient [simd]', () => {
  it('vanishes in the RNN and, with the forget gate half open, in the LSTM', () => {
    expect(left('RNN', 60)).toBeLessThan(1e-10);
    expect(left('LSTM, b_f = 0', 60)).toBeLessThan(1e-10);
  });

  it('is still there where the forget gate starts open', () => {
    expect(left('LSTM, b_f = 5', 60)).toBeGreaterThan(0.05);
    expect(left('LSTM, chrono', 60)).toBeGreaterThan(0.05);
  });

  it('is the product of the forget gates where nothing else is there', () => {
    for (const { points, power } of heldGates({ lags: 30 }))
      expect(Math.abs(points.at(-1)[1] / power - 1)).toBeLessThan(1e-4);
    const { left, product } = closingGate();
    for (const [n, [, part]] of left.entries()) expect(Math.abs(part / product[n][1] - 1)).toBeLessThan(1e-4);
    expect(left[0][1]).toBeLessThan(1e-3);
  });

  it('explodes where the recurrent weights are large', () => {
    const [small, large] = growth({ hidden: 8, lags: 40, gains: [0.9, 1.2], seed: 1 });
    expect(small.points.at(-1)[1]).toBeLessThan(0.1);
    expect(large.points.at(-1)[1]).toBeGreaterThan(100);
  });

  it('gets thin in deep stacks', () => {
    for (const { stacks } of depthExperiment({ hidden: 16, deepest: 6, steps: 10, seed: 1 }))
      expect(stacks.at(-1).at(-1)).toBeLessThan(stacks[1].at(-1));
  });

  it('decides what is learned', () => {
    const errors = ['RNN', 'LSTM, b_f = 5'].map((name) => {
      const model = makeModel(name, { hidden: 8 });
      train(model, { steps: 60, updates: 250, clipNorm: 1 });
      return score(model, 60);
    });
    expect(errors[0]).toBeGreaterThan(0.2);
    expect(errors[1]).toBeLessThan(0.05);
  });

  it('comes along the cell where the forget gate starts open, and the two paths sum to the whole', () => {
    const found = flowExperiment({ hidden: 8, lag: 60, lags: 300, seed: 1 });
    const at = (name: string, path: string) =>
      found.find((one: { name: string }) => one.name === name).paths[path].at(-1);
    expect(at('LSTM, chrono', 'along')[1]).toBeGreaterThan(3 * at('LSTM, chrono', 'through')[1]);
    expect(at('LSTM, b_f = 0', 'along')[1]).toBeLessThan(at('LSTM, b_f = 0', 'through')[1]);
    for (const { paths } of found) {
      const [whole, along, through] = ['whole', 'along', 'through'].map((path) => paths[path].at(-1));
      expect([whole[0], along[0], through[0]]).toEqual([60, 60, 60]);
      // Norms of two vectors and of their sum.
      expect(whole[1]).toBeLessThanOrEqual((along[1] + through[1]) * 1.0001);
      expect(whole[1]).toBeGreaterThanOrEqual(Math.abs(along[1] - through[1]) * 0.9999);
    }
  });

  it('lets chrono learn in the quick form, where a half-open forget gate does not', () => {
    const { lag, lags, hidden, updates, seed } = sizesOf({ quick: true });
    const [closed, chrono] = ['LSTM, b_f = 0', 'LSTM, chrono'].map((name) => {
      const model = makeModel(name, { hidden, longest: lags, seed });
      train(model, { steps: lag, updates, clipNorm: 1, seed });
      return score(model, lag);
    });
    expect(closed).toBeGreaterThan(0.25);
    expect(chrono).toBeLessThan(0.02);
  });

  it('is followed in the user’s own series', () => {
    const values = Float32Array.from({ length: 200 }, (_, n) => Math.sin(n / 5) + (n % 7) / 10);
    const figure = seriesFigure({ name: 'price', values });
    const { svg, text } = figure.run(TINY);
    expect(text).toMatch(/^\| GRU, after training .* \d\.\d{3} \|$/m);
    expect(svg).toContain('windows of 20 steps of price');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(figure.run(TINY).svg).toBe(svg);
  });

  it('reads the lag, the units, the seed and the data from its flags', () => {
    const { sizes, figures } = readOptions(['--lag', '30', '--units', '5', '--seed', '9', '--out', tmpdir()]);
    expect(sizes).toMatchObject({ lag: 30, lags: 150, hidden: 5, seed: 9, updates: 1500 });
    expect(figures).toEqual(Object.keys(FIGURES));
    expect(readOptions(['--data', 'x.csv', '--out', tmpdir()]).figures).toEqual([]);
    expect(() => readOptions(['--column', 'x'])).toThrow('--column expected --data');
    expect(() => readOptions(['--lag', '1'])).toThrow(/--lag .* 2 to/);
    const flows = [1, 2].map((seed) => FIGURES.flow.run({ ...TINY, seed }).svg);
    expect(flows[0]).not.toBe(flows[1]);
  });

  it.each(Object.keys(FIGURES))('draws the same of %s each time', (name) => {
    const { svg, text } = FIGURES[name].run(TINY);
    expect(text).toMatch(/^\| .* \|$/m);
    if (name === 'cost') return;
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(svg.length).toBeLessThan(60_000);
    expect(FIGURES[name].run(TINY).svg).toBe(svg);
  });
});
