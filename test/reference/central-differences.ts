import { expect } from 'vitest';

/** The cube root of float64's precision, where rounding and truncation cost about the same. */
const STEP = 6e-6;

/** The gradient of `loss` in `values`, which it must read afresh at each call. */
export function centralDifferences(loss: () => number, values: Float64Array): Float64Array {
  return values.map((value, at) => {
    values[at] = value + STEP;
    const above = loss();
    values[at] = value - STEP;
    const below = loss();
    values[at] = value;
    return (above - below) / (2 * STEP);
  });
}

/** Within 1e-6 of the tensor's largest element; 1e-9 where a tensor is zero all over. */
export function expectGradient(
  name: string,
  gradient: Float64Array,
  loss: () => number,
  values: Float64Array,
): void {
  const expected = centralDifferences(loss, values);
  expect(gradient.length, name).toBe(expected.length);
  const max = expected.reduce((most, d) => Math.max(most, Math.abs(d)), 0);
  const apart = gradient.reduce((most, d, at) => Math.max(most, Math.abs(d - expected[at])), 0);
  expect(apart, name).toBeLessThanOrEqual(1e-6 * max + 1e-9);
}

/** Σ values · weights, the loss whose gradient in `values` is `weights`. */
export function weightedSum(values: Float64Array, weights: Float64Array): number {
  return values.reduce((sum, value, at) => sum + value * weights[at], 0);
}
