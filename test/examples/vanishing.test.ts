import { describe, expect, it, vi } from 'vitest';
// @ts-expect-error: plain JavaScript, without declarations
import { depthExperiment } from '../../examples/vanishing/depth.js';
// @ts-expect-error: plain JavaScript, without declarations
import { growth } from '../../examples/vanishing/explosion.js';
// @ts-expect-error: plain JavaScript, without declarations
import { FIGURES } from '../../examples/vanishing/figures.js';
// @ts-expect-error: plain JavaScript, without declarations
import { closingGate, heldGates } from '../../examples/vanishing/gate.js';
// @ts-expect-error: plain JavaScript, without declarations
import { partsLeft } from '../../examples/vanishing/lags.js';
// @ts-expect-error: plain JavaScript, without declarations
import { makeModel, score, train } from '../../examples/vanishing/models.js';
// @ts-expect-error: plain JavaScript, without declarations
import { QUICK } from '../../examples/vanishing/options.js';

/* The small form of examples/vanishing, on the sources: the names of the package stand for them. */
vi.mock('lstm-wasm', () => import('../../src/index.js'));
vi.mock('lstm-wasm/inspect', () => import('../../src/inspect/index.js'));

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
    const [small, large] = growth({ hidden: 8, lags: 40, gains: [0.9, 1.2] });
    expect(small.points.at(-1)[1]).toBeLessThan(0.1);
    expect(large.points.at(-1)[1]).toBeGreaterThan(100);
  });

  it('gets thin in deep stacks', () => {
    for (const { stacks } of depthExperiment({ hidden: 16, deepest: 6, steps: 10 }))
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

  it.each(Object.keys(FIGURES))('draws the same of %s each time', (name) => {
    const { svg, text } = FIGURES[name].run(QUICK);
    expect(text).toMatch(/^\| .* \|$/m);
    if (name === 'cost') return;
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(svg.length).toBeLessThan(60_000);
    expect(FIGURES[name].run(QUICK).svg).toBe(svg);
  });
});
