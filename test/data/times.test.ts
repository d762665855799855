import { describe, expect, it } from 'vitest';
import {
  chronologicalSplit,
  fillMissing,
  lanes,
  readCsv,
  type Series,
  StandardScaler,
  type WindowsOptions,
  windows,
} from '../../src/data/index.js';

const DAY = 86_400_000;

/** Values 0, 1, 2 … on the given days. */
function onDays(...days: number[]): Series {
  return {
    data: Float32Array.from(days, (_, n) => n),
    shape: [days.length, 1],
    times: Float64Array.from(days, (day) => day * DAY),
  };
}

const startsOf = (series: Series | Series[], options: Partial<WindowsOptions> = {}) => [
  ...windows(series, { steps: 2, ...options }).starts,
];

describe('times of a series', () => {
  it('come from a column of dates, which is then no column of numbers', async () => {
    const table = await readCsv('date,max\n2024-01-01,1\n2024-01-02,2\n');
    const series = table.numbers(undefined, { times: 'date' });
    expect(series.columns).toEqual(['max']);
    expect([...(series.times ?? [])]).toEqual([Date.UTC(2024, 0, 1), Date.UTC(2024, 0, 2)]);
    expect(table.numbers(['max'], { times: table.dates('date') })).toEqual(series);
  });

  it.each([
    [
      'newest first',
      '2024-01-02\n2024-01-01',
      /^line 3, column "date" expected a time after .*2024-01-02, got 2024-01-01: sort/,
    ],
    ['twice the same', '2024-01-01\n2024-01-01', /^line 3, column "date" .*2024-01-01, got the same/],
    [
      'an hour twice, when summer time ends',
      '2024-10-27 01:00\n2024-10-27 02:00\n2024-10-27 02:00',
      /^line 4/,
    ],
  ])('refuse %s', async (_, dates, message) => {
    const rows = dates.split('\n').map((date) => `${date},1`);
    const table = await readCsv(`date,x\n${rows.join('\n')}\n`);
    expect(() => table.numbers(['x'], { times: 'date' })).toThrow(message);
  });

  it('sort a table, rows of the same time in their order', async () => {
    const table = await readCsv('date,x\n2024-01-03,3\n2024-01-01,1\n2024-01-02,2\n2024-01-01,1.5\n');
    expect([...table.sortByTime('date').numbers(['x']).data]).toEqual([1, 1.5, 2, 3]);
    expect(() => table.sortByTime('date').numbers(['x'], { times: 'date' })).toThrow(/^line 5/);
  });

  it('stay with the rows in parts, filled and scaled series', () => {
    const series = onDays(0, 1, 2, 3, 4);
    const { train, test } = chronologicalSplit(series, { test: 2, context: 1 });
    expect([...(train.times ?? [])]).toEqual([0, DAY, 2 * DAY]);
    expect([...(test.times ?? [])]).toEqual([2 * DAY, 3 * DAY, 4 * DAY]);
    expect(new StandardScaler().fit(series).transform(series).times).toEqual(series.times);
    expect(fillMissing(series, { method: 'forward' }).times).toEqual(series.times);
  });

  it('interpolate over time, not over rows', () => {
    const series = { ...onDays(0, 1, 4), data: Float32Array.of(0, Number.NaN, 8) };
    expect([...fillMissing(series, { method: 'interpolate' }).data]).toEqual([0, 2, 8]);
  });

  it.each([
    ['no array of times', [0, 1, 2], TypeError],
    ['another number', new Float64Array(2), RangeError],
    ['what is not finite', Float64Array.of(0, 1, Number.NaN), RangeError],
    ['what decreases', Float64Array.of(0, 2, 1), RangeError],
    ['what stays the same', Float64Array.of(0, 1, 1), RangeError],
  ])('refuse %s', (_, times, error) => {
    const series = { data: new Float32Array(3), shape: [3, 1], times } as Series;
    const act = () => windows(series, { steps: 1 });
    expect(act).toThrow(error);
    expect(act).toThrow(/^series\.times/);
    const scaler = new StandardScaler().fit({ data: new Float32Array(3), shape: [3, 1] });
    expect(() => scaler.transform(series)).toThrow(/^x\.times/);
  });
});

describe('gaps in time', () => {
  const series = onDays(0, 1, 2, 3, 6, 7, 8, 9);

  it('are named with their row and length', () => {
    expect(() => startsOf(series)).toThrow(
      /^series, row 4 expected to follow row 3, 1970-01-04, by about 1 days .*got 1970-01-07, 3 days later: .*'skip'.*'allow'$/,
    );
    expect(() => lanes(series, { batch: 1, steps: 2 })).toThrow(
      /^series, row 4 expected to follow .*gaps: 'allow'$/,
    );
  });

  it('are left out or taken for consecutive where that is set', () => {
    expect(startsOf(series, { gaps: 'skip' })).toEqual([0, 1, 4, 5]);
    expect(startsOf(series, { gaps: 'allow' })).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...lanes(series, { batch: 1, steps: 2, gaps: 'allow' })]).toHaveLength(3);
    const pair = { input: series, target: series };
    expect(() => lanes(pair, { batch: 1, steps: 2 })).toThrow(/^input, row 4 expected to follow/);
    expect([...lanes(pair, { batch: 1, steps: 2, gaps: 'allow' })]).toHaveLength(4);
    expect(() => startsOf(series, { gaps: 'forbid' as never })).toThrow(
      /^gaps expected one of refuse, skip, allow/,
    );
  });

  it('are none between months, years or single rows', () => {
    const months = Array.from({ length: 24 }, (_, n) => Date.UTC(2023, n, 1) / DAY);
    expect(startsOf(onDays(...months))).toHaveLength(22);
    const years = Array.from({ length: 9 }, (_, n) => Date.UTC(2000 + n, 0, 1) / DAY);
    expect(startsOf(onDays(...years))).toHaveLength(7);
    expect(startsOf(onDays(0, 5), { steps: 1 })).toEqual([0]);
  });

  it('do not matter where no window reaches across', () => {
    expect(startsOf(series, { stride: 4, horizon: 2 })).toEqual([0, 4]);
  });
});

describe('windows of several series', () => {
  const series = (first: number, rows: number): Series => ({
    data: Float32Array.from({ length: rows * 2 }, (_, n) => first + n),
    shape: [rows, 2],
    columns: ['a', 'b'],
  });

  it('never cross from one to the next', () => {
    const parts = [series(0, 4), series(100, 2), series(200, 3)];
    const all = windows(parts, { steps: 2, targets: ['b'] });
    expect([...all.series]).toEqual([0, 0, 2]);
    expect([...all.starts]).toEqual([0, 1, 0]);
    expect([...all.input.data]).toEqual([0, 1, 2, 3, 2, 3, 4, 5, 200, 201, 202, 203]);
    expect([...all.target.data]).toEqual([5, 7, 205]);
    expect(all.last).toEqual({ data: Float32Array.of(3, 5, 203), shape: [3, 1], columns: ['b'] });
    expect([...windows(parts[0] as Series, { steps: 2 }).series]).toEqual([0, 0]);
  });

  it('come from the groups of a table', async () => {
    const table = await readCsv('city;max\nOslo;1,5\nRome;11\nOslo;2\nRome;12\nOslo;3\n');
    const groups = table.groupBy('city');
    expect([...groups.keys()]).toEqual(['Oslo', 'Rome']);
    const cities = [...groups.values()].map((city) => city.numbers(['max']));
    expect([...windows(cities, { steps: 1 }).target.data]).toEqual([2, 3, 12]);
    expect(() => groups.get('Rome')?.numbers(['city'])).toThrow(/^line 3, /);
  });

  it.each<[string, readonly unknown[], RegExp]>([
    ['no series', [], /^series expected at least one, got none$/],
    ['other than series', [series(0, 4), 5], /^series\[1\] expected a tensor/],
    ['holes', new Array(2), /^series\[0\] expected a tensor/],
    [
      'more columns',
      [
        { ...series(0, 4), columns: undefined },
        { data: new Float32Array(9), shape: [3, 3] },
      ],
      /^series\[1\] expected 2 columns as series\[0\], got 3$/,
    ],
    [
      'other names',
      [series(0, 4), { ...series(0, 4), columns: ['a', 'c'] }],
      /^series\[1\]\.columns\[1\] expected "b" as series\[0\], got "c"$/,
    ],
    [
      'only short ones',
      [series(0, 2), series(0, 1)],
      /^series expected one of at least steps \+ horizon = 2 \+ 1 = 3 rows, got 2$/,
    ],
    [
      'a missing value',
      [series(0, 4), { ...series(0, 4), data: new Float32Array(8).fill(Number.NaN, 3, 4) }],
      /^series\[1\], row 1, column "b"/,
    ],
  ])('refuse %s', (_, given, message) => {
    expect(() => windows(given as Series[], { steps: 2 })).toThrow(message);
  });
});
