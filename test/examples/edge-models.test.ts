import { describe, expect, it, vi } from 'vitest';
// @ts-expect-error: plain JavaScript, without declarations
import { toHalf } from '../../examples/edge/train/half.js';
// @ts-expect-error: plain JavaScript, without declarations
import { generator, season } from '../../examples/edge/train/series.js';
import { halfToFloat } from '../../src/files/safetensors.js';

/* What examples/edge makes its models with. */
vi.mock('lstm-wasm/files', () => import('../../src/files/index.js'));

describe('how the models are made', () => {
  it('halves are the nearest, of two the even one', () => {
    const wrong: number[] = [];
    for (let half = 0; half < 0x7bff; half++) {
      const [value, next] = [halfToFloat(half, 'F16'), halfToFloat(half + 1, 'F16')];
      const middle = (value + next) / 2;
      const even = half + (half % 2);
      const same = toHalf(value) === half && toHalf(-value) === (half | 0x8000);
      if (!same || toHalf(middle) !== even || toHalf(middle - (next - value) / 1000) !== half)
        wrong.push(half);
    }
    expect(wrong).toEqual([]);
    expect(halfToFloat(toHalf(65_504), 'F16')).toBe(65_504);
    expect(() => toHalf(65_505)).toThrow(RangeError);
    expect(() => toHalf(Number.NaN)).toThrow(RangeError);
  });

  it('the series are scaled, and each seed has its own', () => {
    const values = season(generator(7), 64) as Float32Array;
    const mean = values.reduce((sum, value) => sum + value, 0) / 64;
    expect(Math.abs(mean)).toBeLessThan(1e-6);
    expect(season(generator(7), 64)).toEqual(values);
    expect(season(generator(8), 64)).not.toEqual(values);
  });
});
