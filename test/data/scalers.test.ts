import { describe, expect, it } from 'vitest';
import {
  chronologicalSplit,
  MinMaxScaler,
  type Series,
  StandardScaler,
  windows,
} from '../../src/data/index.js';
import { loadModel, saveModel } from '../../src/files/index.js';
import { LSTM } from '../../src/index.js';
import { closedForm } from '../vectors/closed-form.js';

function series(rows: number, width: number, name = 'series'): Series {
  const data = Float32Array.from(closedForm(name, rows * width), (x, n) => 1000 * (n % width) + 10 * x);
  return { data, shape: [rows, width], columns: Array.from({ length: width }, (_, n) => `c${n}`) };
}

const columnOf = ({ data, shape }: Series, n: number) =>
  Array.from(data).filter((_, place) => place % shape[1] === n);

const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;

const both = [
  ['StandardScaler', () => new StandardScaler(), StandardScaler.fromJSON],
  ['MinMaxScaler', () => new MinMaxScaler({ low: -2, high: 3 }), MinMaxScaler.fromJSON],
] as const;

describe('StandardScaler', () => {
  it.each([
    [1, 1],
    [2, 3],
    [17, 5],
    [1000, 2],
  ])('%s rows of %s columns', (rows, width) => {
    const train = series(rows, width);
    const scaler = new StandardScaler().fit(train);
    const scaled = scaler.transform(train);
    for (let n = 0; n < width; n++) {
      const values = columnOf(train, n);
      const std = Math.sqrt(mean(values.map((x) => (x - mean(values)) ** 2)));
      expect(scaler.mean[n]).toBeCloseTo(mean(values), 9);
      expect(scaler.std[n]).toBeCloseTo(std, 9);
      expect(mean(columnOf(scaled, n))).toBeCloseTo(0, 5);
      if (rows > 1) expect(mean(columnOf(scaled, n).map((x) => x * x))).toBeCloseTo(1, 5);
    }
    expect(scaled.columns).toEqual(train.columns);
  });

  it('only shifts a column that never changes, however large', () => {
    const train = { data: new Float32Array(999).fill(0.1), shape: [999, 1] };
    const scaler = new StandardScaler().fit(train);
    expect(scaler.std).toEqual([0]);
    expect(new Set(scaler.transform(train).data)).toEqual(new Set([0]));
    expect(scaler.transform({ data: Float32Array.of(2.1), shape: [1, 1] }).data[0]).toBeCloseTo(2, 6);
  });
});

describe('MinMaxScaler', () => {
  it('takes the training part to the range, its ends exactly, and cuts nothing off', () => {
    const train = series(17, 3);
    const scaled = new MinMaxScaler({ low: -2, high: 3 }).fit(train).transform(train);
    for (let n = 0; n < 3; n++) {
      expect([Math.min(...columnOf(scaled, n)), Math.max(...columnOf(scaled, n))]).toEqual([-2, 3]);
    }
    const scaler = new MinMaxScaler().fit({ data: Float32Array.of(1, 3), shape: [2, 1] });
    expect([...scaler.transform({ data: Float32Array.of(-1, 5), shape: [2, 1] }).data]).toEqual([-1, 2]);
    expect([scaler.min, scaler.max]).toEqual([[1], [3]]);
  });

  it('makes low of a column that never changes', () => {
    const scaler = new MinMaxScaler({ low: 4, high: 5 }).fit({ data: Float32Array.of(7, 7), shape: [2, 1] });
    const one = { data: Float32Array.of(7), shape: [1, 1] };
    expect(scaler.transform(one).data[0]).toBe(4);
    expect(scaler.inverseTransform(scaler.transform(one)).data[0]).toBe(7);
  });
});

describe.each(both)('%s', (_, make, fromJSON) => {
  it('goes back to the units of the series', () => {
    const train = series(31, 4);
    const scaler = make().fit(train);
    const again = scaler.inverseTransform(scaler.transform(train));
    again.data.forEach((x, n) => expect(Math.abs(x - train.data[n])).toBeLessThan(2e-3));
    expect([again.shape, again.columns]).toEqual([train.shape, train.columns]);
  });

  it('never sees the test part', () => {
    const whole = series(40, 3);
    const { train, test } = chronologicalSplit(whole, { test: 10 });
    const state = make().fit(train).stateDict();
    const changed = { ...whole, data: whole.data.map((x, n) => (n < 30 * 3 ? x : 1e6 + n)) };
    expect(
      make()
        .fit(chronologicalSplit(changed, { test: 10 }).train)
        .stateDict(),
    ).toEqual(state);
    expect(make().fit(whole).stateDict()).not.toEqual(state);
    const scaler = make().fit(train);
    scaler.transform(test);
    scaler.inverseTransform(test);
    expect(scaler.stateDict(), 'after use').toEqual(state);
  });

  it('scales columns of its own: by number, by name, many times over', () => {
    const train = series(20, 3);
    const scaler = make().fit(train);
    const scaled = scaler.transform(train);
    const { target } = windows(train, { steps: 2, horizon: 3, targets: ['c2', 'c0'] });
    const expected = windows(scaled, { steps: 2, horizon: 3, targets: [2, 0] }).target;
    expect(scaler.transform(target, { columns: ['c2', 'c0'] })).toEqual(expected);
    const back = scaler.inverseTransform(expected, { columns: [2, 0] });
    back.data.forEach((x, n) => expect(Math.abs(x - target.data[n])).toBeLessThan(2e-3));
    const { input } = windows(train, { steps: 2 });
    expect(scaler.transform(input), 'windows').toEqual(windows(scaled, { steps: 2 }).input);
  });

  it('is the same from the metadata of a model', () => {
    const train = series(20, 3);
    const scaler = make().fit(train);
    const bytes = saveModel(new LSTM(3, 2), { metadata: { scaler: JSON.stringify(scaler) } });
    const again = fromJSON(loadModel(bytes).metadata.scaler);
    expect(again.stateDict()).toEqual(scaler.stateDict());
    expect(again.transform(train)).toEqual(scaler.transform(train));
    expect(again.transform({ data: train.data.slice(0, 3), shape: [3] }).data).toEqual(
      scaler.transform(train).data.slice(0, 3),
    );
  });

  it('leaves missing values out of its statistics and keeps them, with the option', () => {
    const Kind = make().constructor as typeof StandardScaler;
    const data = Float32Array.of(1, Number.NaN, Number.NaN, 10, 3, 20);
    const gaps = { data, shape: [3, 2] };
    const scaler = new Kind({ missing: 'ignore' }).fit(gaps);
    const filled = new Kind().fit({ data: Float32Array.of(1, 10, 3, 20), shape: [2, 2] });
    const { missing, ...rest } = scaler.stateDict();
    expect(rest).toEqual({ ...filled.stateDict(), missing: undefined });
    expect(missing).toBe('ignore');
    const scaled = scaler.transform(gaps).data;
    expect([...scaled].map(Number.isNaN)).toEqual([false, true, true, false, false, false]);
    const again = Kind.fromJSON(JSON.stringify(scaler));
    expect(again.transform(gaps).data).toEqual(scaled);
  });

  it('is fitted anew by another fit', () => {
    const scaler = make().fit(series(9, 2, 'other'));
    expect(scaler.fit(series(20, 3))).toBe(scaler);
    expect(scaler.stateDict()).toEqual(make().fit(series(20, 3)).stateDict());
  });
});
