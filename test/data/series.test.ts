import { describe, expect, it } from 'vitest';
import {
  chronologicalSplit,
  countMissing,
  fillMissing,
  type Series,
  type SeriesPart,
  windows,
} from '../../src/data/index.js';

/** Row t has the values 100 t + column, so that a value says where it comes from. */
function ramp(rows: number, width: number, columns?: string[]): Series {
  const data = Float32Array.from(
    { length: rows * width },
    (_, n) => 100 * Math.floor(n / width) + (n % width),
  );
  return { data, shape: [rows, width], ...(columns && { columns }) };
}

const column = (...values: number[]): Series => ({
  data: Float32Array.from(values),
  shape: [values.length, 1],
});
const rowsOf = ({ data, shape }: Series) =>
  Array.from({ length: shape[0] }, (_, t) => data[t * shape[1]] / 100);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);

describe('chronologicalSplit', () => {
  it.each([
    [1, {}, 1, 0, 0],
    [10, { test: 3 }, 7, 0, 3],
    [17, { validation: 0.1, test: 0.2 }, 12, 2, 3],
    [9, { validation: 4, test: 4 }, 1, 4, 4],
    [365, { test: 0.15 }, 310, 0, 55],
  ])('%s rows by %j', (rows, options, ...expected) => {
    const series = ramp(rows, 3, ['a', 'b', 'c']);
    const { train, validation, test } = chronologicalSplit(series, options);
    const parts = [train, validation, test];
    expect(parts.map(({ shape }) => shape[0])).toEqual(expected);
    expect(parts.flatMap(rowsOf), 'each row once, in order').toEqual(range(0, rows));
    for (const part of parts) {
      expect(part.columns).toEqual(['a', 'b', 'c']);
      expect(rowsOf(part)[0] ?? part.from).toBe(part.from);
    }
  });

  it('gives copies', () => {
    const series = ramp(4, 1);
    const { train } = chronologicalSplit(series, { test: 1 });
    train.data.fill(-1);
    expect(rowsOf(series)).toEqual([0, 1, 2, 3]);
  });

  it('begins with rows of the past where they are asked for, and no others', () => {
    const options = { validation: 5, test: 4, context: 3 };
    const { train, validation, test } = chronologicalSplit(ramp(20, 1), options);
    expect(rowsOf(train)).toEqual(range(0, 11));
    expect([validation.from, rowsOf(validation)]).toEqual([8, range(8, 16)]);
    expect([test.from, rowsOf(test)]).toEqual([13, range(13, 20)]);
    expect(rowsOf(chronologicalSplit(ramp(5, 1), { context: 2 }).test)).toEqual([]);
  });
});

describe('windows', () => {
  it.each([
    [2, 1, 1, 1],
    [17, 4, 1, 1],
    [17, 4, 3, 1],
    [17, 4, 3, 5],
    [9, 8, 1, 3],
    [100, 7, 9, 13],
  ])('%s rows: %s steps, horizon %s, stride %s', (rows, steps, horizon, stride) => {
    const series = ramp(rows, 3);
    const { input, target, starts } = windows(series, {
      steps,
      horizon,
      stride,
      inputs: [2, 0],
      targets: [1],
    });
    const count = Math.floor((rows - steps - horizon) / stride) + 1;
    expect([...starts]).toEqual(range(0, count).map((n) => n * stride));
    expect([input.shape, target.shape]).toEqual([
      [count, steps, 2],
      [count, horizon],
    ]);
    for (const [n, start] of starts.entries()) {
      const seen = [...input.data.subarray(n * steps * 2, (n + 1) * steps * 2)];
      expect(seen).toEqual(range(start, start + steps).flatMap((t) => [100 * t + 2, 100 * t]));
      const next = [...target.data.subarray(n * horizon, (n + 1) * horizon)];
      expect(next).toEqual(range(start + steps, start + steps + horizon).map((t) => 100 * t + 1));
    }
  });

  it('takes all columns, row after row, where none are named', () => {
    const { input, target } = windows(ramp(4, 2), { steps: 1, horizon: 2 });
    expect([input.shape, target.shape]).toEqual([
      [2, 1, 2],
      [2, 4],
    ]);
    expect([...target.data]).toEqual([100, 101, 200, 201, 200, 201, 300, 301]);
  });

  it('knows columns by name', () => {
    const series = ramp(9, 3, ['low', 'high', 'rain']);
    const named = windows(series, { steps: 3, inputs: ['rain', 0], targets: ['high'] });
    expect(named).toEqual(windows(series, { steps: 3, inputs: [2, 0], targets: [1] }));
  });

  it('leaves out windows that use a missing value, with the option', () => {
    const series = ramp(20, 2);
    series.data[2 * 7 + 1] = Number.NaN;
    const skip = { steps: 3, horizon: 2, missing: 'skip' as const };
    expect([...windows(series, skip).starts]).toEqual([...range(0, 3), ...range(8, 16)]);
    const [whole, other] = [
      { inputs: [0], targets: [0] },
      { inputs: [0], targets: [1] },
    ];
    expect(windows(series, { ...skip, ...whole }).starts.length).toBe(16);
    expect([...windows(series, { ...skip, ...other }).starts]).toEqual([...range(0, 3), ...range(5, 16)]);
    expect(windows(series, { steps: 3, ...whole }).starts.length).toBe(17);
  });
});

/** What a window of a part has seen, as rows of the whole series. */
function reachOf(part: SeriesPart, steps: number, horizon: number) {
  const { input, target, starts } = windows(part, { steps, horizon });
  const rows = [...starts].map((start) => part.from + start);
  const width = part.shape[1];
  rows.forEach((row, n) => {
    expect(input.data[n * steps * width]).toBe(100 * row);
    expect(target.data[n * horizon * width]).toBe(100 * (row + steps));
  });
  return rows.map((row) => ({
    seen: range(row, row + steps),
    targets: range(row + steps, row + steps + horizon),
  }));
}

describe('nothing leaks', () => {
  const [steps, horizon] = [4, 3];

  it('no window straddles a split', () => {
    const { train, validation, test } = chronologicalSplit(ramp(60, 2), { validation: 11, test: 13 });
    const ends = [36, 47, 60];
    [train, validation, test].forEach((part, n) => {
      for (const { seen, targets } of reachOf(part, steps, horizon)) {
        expect(Math.min(...seen)).toBeGreaterThanOrEqual(n === 0 ? 0 : ends[n - 1]);
        expect(Math.max(...targets)).toBeLessThan(ends[n]);
      }
    });
  });

  it('with context = steps the targets of each part are all of its own rows and no others', () => {
    const options = { validation: 11, test: 13, context: steps };
    const { train, validation, test } = chronologicalSplit(ramp(60, 2), options);
    const targets = [train, validation, test].map((part) => [
      ...new Set(reachOf(part, steps, horizon).flatMap((window) => window.targets)),
    ]);
    expect(targets).toEqual([range(steps, 36), range(36, 47), range(47, 60)]);
  });

  it('what is filled forward never knows what comes later', () => {
    const series = column(1, Number.NaN, 3, Number.NaN, Number.NaN, 6, Number.NaN);
    const whole = fillMissing(series, { method: 'forward' }).data;
    for (let t = 1; t <= 7; t++) {
      const past = { data: series.data.slice(0, t), shape: [t, 1] };
      expect(fillMissing(past, { method: 'forward' }).data).toEqual(whole.slice(0, t));
    }
  });

  it('the mean is that of the part that is named', () => {
    const { train, test } = chronologicalSplit(column(1, 3, Number.NaN, Number.NaN, 1000), { test: 2 });
    expect([...fillMissing(test, { method: 'mean', of: train }).data]).toEqual([2, 1000]);
  });
});

const N = Number.NaN;

describe('fillMissing', () => {
  it.each([
    ['forward', [1, N, N, 4, N], {}, [1, 1, 1, 4, 4]],
    ['interpolate', [1, N, N, 4, N, 5], {}, [1, 2, 3, 4, 4.5, 5]],
    ['interpolate', [N, 2, N, 4, N, N], { edges: 'nearest' }, [2, 2, 3, 4, 4, 4]],
    ['forward', [N, N, 3], { edges: 'nearest' }, [3, 3, 3]],
    ['forward', [1, N, 2, N, N, 5], { maxGap: 1 }, [1, 1, 2, N, N, 5]],
    ['interpolate', [N, N, 2, N, 4], { maxGap: 1 }, [N, N, 2, 3, 4]],
    ['interpolate', [5], {}, [5]],
    ['forward', [], {}, []],
  ] as const)('%s of %j with %j', (method, values, options, expected) => {
    const series = column(...values);
    const before = series.data.slice();
    expect([...fillMissing(series, { method, ...options }).data]).toEqual([...expected]);
    expect(series.data, 'the series itself').toEqual(before);
  });

  it('fills each column on its own, and keeps names', () => {
    const data = Float32Array.of(1, 9, N, N, 3, 7, N, 6, 5, N);
    const series = { data, shape: [5, 2], columns: ['a', 'b'] };
    expect(fillMissing(series, { method: 'interpolate', edges: 'nearest' })).toEqual({
      data: Float32Array.of(1, 9, 2, 8, 3, 7, 4, 6, 5, 6),
      shape: [5, 2],
      columns: ['a', 'b'],
    });
    expect([...fillMissing(series, { method: 'mean', of: series }).data]).toEqual(
      [1, 9, 3, 22 / 3, 3, 7, 3, 6, 5, 22 / 3].map(Math.fround),
    );
    expect(countMissing(series)).toEqual([2, 2]);
  });

  it('takes the mean of large values without losing them', () => {
    const of = column(...Array(1000).fill(16_777_213));
    expect(fillMissing(column(N, 1), { method: 'mean', of }).data[0]).toBe(16_777_213);
  });
});
