import { describe, expect, it } from 'vitest';
import { compareWithBaselines, type Series, type Windows, windows } from '../../src/data/index.js';

const wave = (rows: number): Series => ({
  data: Float32Array.from({ length: rows * 2 }, (_, n) =>
    n % 2 === 0 ? Math.sin(n / 4) : 10 + 5 * Math.cos(n / 3),
  ),
  shape: [rows, 2],
  columns: ['a', 'b'],
});

const forecastsOf = ({ target }: Windows, of: (y: number, n: number) => number) => ({
  data: target.data.map((y, n) => of(y, n)),
  shape: target.shape,
});

describe('compareWithBaselines', () => {
  const data = windows(wave(60), { steps: 3, horizon: 2 });

  it('measures each column as its definition says', () => {
    const { model, lastValue, mean } = compareWithBaselines(
      forecastsOf(data, (y) => y + 0.25),
      data,
    );
    for (const column of [0, 1]) {
      const targets = [...data.target.data].filter((_, n) => n % 2 === column);
      const center = targets.reduce((sum, y) => sum + y, 0) / targets.length;
      const rmse = (errors: number[]) => Math.sqrt(errors.reduce((sum, e) => sum + e * e, 0) / errors.length);
      expect(model[column]).toBeCloseTo(0.25, 5);
      expect(mean[column]).toBeCloseTo(rmse(targets.map((y) => y - center)), 5);
      const repeated = targets.map((y, n) => y - (data.last.data[(n >> 1) * 2 + column] as number));
      expect(lastValue[column]).toBeCloseTo(rmse(repeated), 5);
    }
  });

  it('says nothing about forecasts that are good', () => {
    expect(
      compareWithBaselines(
        forecastsOf(data, (y) => y * 0.98),
        data,
      ).warnings,
    ).toEqual([]);
  });

  it('warns of flat forecasts, by the name of the column', () => {
    const { warnings } = compareWithBaselines(
      forecastsOf(data, (y, n) => (n % 2 ? y : 0.1)),
      data,
    );
    expect(warnings).toHaveLength(3);
    expect(warnings[0]).toMatch(/^column "a": the forecasts are flat: they vary by 0, the targets by 0\.7/);
    expect(warnings[1]).toMatch(/^column "a": .*do not beat the mean/);
    expect(warnings[2]).toMatch(/^column "a": .*do not beat the last value/);
  });

  it('warns of forecasts that repeat the last value', () => {
    const repeat = forecastsOf(data, (_, n) => data.last.data[Math.floor(n / 4) * 2 + (n % 2)] as number);
    const { model, lastValue, warnings } = compareWithBaselines(repeat, data);
    expect(model).toEqual(lastValue);
    expect(warnings).toHaveLength(2);
    expect(warnings.join()).not.toMatch(/flat|mean/);
  });

  it('leaves out last values that are missing, and knows constant targets', () => {
    const series = { data: Float32Array.of(1, Number.NaN, 2, Number.NaN, 3, 7, 4, 7), shape: [4, 2] };
    const partial = windows(series, { steps: 1, inputs: [0], targets: [1], missing: 'skip' });
    expect([...partial.last.data]).toEqual([Number.NaN, 7]);
    const { lastValue, warnings } = compareWithBaselines(
      forecastsOf(partial, () => 6),
      partial,
    );
    expect(lastValue).toEqual([0]);
    expect(warnings).toEqual(['column 0: the targets are constant, so no forecast can be judged by them']);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'no windows',
      () => compareWithBaselines(data.target, undefined as never),
      /^windows expected an object/,
    ],
    [
      'others',
      () => compareWithBaselines(data.target, { ...data, last: wave(3) }),
      /^windows expected those/,
    ],
    [
      'another shape',
      () => compareWithBaselines(data.input, data),
      /"predicted" expected shape \[windows, horizon/,
    ],
    [
      'NaN',
      () =>
        compareWithBaselines(
          forecastsOf(data, () => Number.NaN),
          data,
        ),
      /^predicted\.data\[0\] expected a finite/,
    ],
  ])('refuses %s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});
