import { expect } from 'vitest';

/** Each value within `tolerance`, absolute and relative to the value or, with `scale`, to the largest of all. */
export function expectClose(
  name: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  relativeTo: 'value' | 'largest' = 'value',
): void {
  expect(actual.length, `elements of ${name}`).toBe(expected.length);
  const largest = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let n = 0; n < actual.length; n++) {
    const scale = relativeTo === 'largest' ? largest : Math.abs(expected[n]);
    const error = Math.abs(actual[n] - expected[n]);
    if (!(error <= tolerance * (1 + scale)))
      expect.fail(`${name}[${n}]: ${actual[n]}, expected ${expected[n]}, ${error} apart`);
  }
}
