import { describe, expect, it, vi } from 'vitest';
// @ts-expect-error: plain JavaScript, without declarations
import { RATES, run, TEST_COUNT } from '../../examples/adding/experiment.js';
// @ts-expect-error: plain JavaScript, without declarations
import { baseline, sequences } from '../../examples/adding/task.js';

/*
 * The short form of examples/adding: the example's own code at half its lag. It imports the built package by its name; here
 * that name stands for the sources, so the test needs no build of the host, and cannot pass on an old one.
 */
vi.mock('lstm-wasm', () => import('../../src/index.js'));

const lag = 50;

describe('the adding problem [simd]', () => {
  const test = sequences(lag, 'test')(TEST_COUNT);
  const runOf = (kind: 'LSTM' | 'RNN', lr: number) =>
    run(kind, { lag, hidden: 16, steps: 2000, lr, seed: 1, test });

  it('marks one value in each half, asks for their sum, and never repeats itself', () => {
    const next = sequences(lag, 'training', 1);
    const { input, target } = next(200);
    expect(input.shape).toEqual([200, lag, 2]);
    expect(target.shape).toEqual([200, 1]);
    for (let n = 0; n < 200; n++) {
      const steps = Array.from({ length: lag }, (_, t) => n * lag + t);
      const marked = steps.filter((row) => input.data[row * 2 + 1] === 1);
      expect(marked.map((row) => row % lag < lag / 2)).toEqual([true, false]);
      const sum = marked.reduce((total, row) => total + input.data[row * 2], 0);
      expect(target.data[n]).toBe(Math.fround(sum));
    }
    expect(sequences(lag, 'training', 1)(200).input).toEqual(input);
    for (const other of [next(200), sequences(lag, 'training', 2)(200), sequences(lag, 'test', 1)(200)]) {
      expect(other.input).not.toEqual(input);
    }
  });

  it('has a baseline near 1/6', () => {
    for (const set of [test, sequences(100, 'test')(TEST_COUNT)]) {
      expect(baseline(set.target)).toBeGreaterThan(0.16);
      expect(baseline(set.target)).toBeLessThan(0.173);
    }
  });

  it('is solved by the LSTM', () => {
    expect(runOf('LSTM', 0.01).mse).toBeLessThan(0.002);
  }, 120_000);

  it.each(RATES as number[])(
    'is not solved by the plain RNN at a learning rate of %d',
    (lr) => {
      expect(runOf('RNN', lr).mse).toBeGreaterThan(0.03);
    },
    120_000,
  );
});
