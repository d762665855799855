import { describe, expect, it } from 'vitest';
import {
  batches,
  bucketBatches,
  countMissing,
  lanes,
  padSequences,
  StandardScaler,
  Vocabulary,
  windows,
} from '../../src/data/index.js';

const ids = (length: number) => new Int32Array(length);

describe('sizes are checked before anything is allocated', () => {
  const skewed = [ids(2 ** 20), ...Array.from({ length: 2000 }, () => ids(1))];

  it('of padded sequences, of which one is long', () => {
    expect(() => padSequences(skewed)).toThrow(
      /^sequences expected at most 2\^30 .*got sequences \* longest \* features = 2001 \* 1048576 \* 1 = \d+: cut the longest/,
    );
    const input = skewed;
    const target = ids(skewed.length);
    expect(() => bucketBatches({ input, target }, { batchSize: 1500 })).toThrow(
      /^input expected at most 2\^30/,
    );
    expect([...bucketBatches({ input: skewed.slice(0, 5), target: ids(5) }, { batchSize: 2 })]).toHaveLength(
      3,
    );
  });

  it('of lanes and windows', () => {
    const series = { data: new Float32Array(1e5), shape: [1e5, 1] };
    expect(() => lanes(series, { batch: 1, steps: 40_000, horizon: 40_000 })).toThrow(
      /^batch expected at most 2\^30/,
    );
    expect(() => windows(series, { steps: 1, horizon: 50_000 })).toThrow(/^series expected at most 2\^30/);
  });
});

describe('shapes without values', () => {
  const nothing = { data: new Float32Array(0), shape: [2 ** 31, 0] };

  it('name no more rows or columns than there is memory for', () => {
    expect(() => batches({ input: nothing, target: nothing }, { batchSize: 1 })).toThrow(
      /^input expected at least one value in each/,
    );
    expect(() => padSequences([nothing])).toThrow(/^sequences\[0\] expected at least one value in each/);
    expect(() => countMissing({ data: new Float32Array(0), shape: [0, 2 ** 31] })).toThrow(
      /^series expected shape/,
    );
  });
});

describe('numbers that do not fit', () => {
  it('are refused as ids', () => {
    const large = Uint32Array.of(1, 2 ** 31);
    expect(() => padSequences([large])).toThrow(
      /^sequences\[0\]\[1\] expected an id of at most 2\^31 - 1, got 2147483648$/,
    );
    expect(() => lanes(large, { batch: 1, steps: 1 })).toThrow(/^ids\[1\] expected an id/);
    expect([...padSequences([Uint32Array.of(7)]).input.data]).toEqual([7]);
  });

  it('are refused as scaled values', () => {
    const train = { data: Float32Array.of(0, 1e-40), shape: [2, 1] };
    const scaler = new StandardScaler().fit(train);
    expect(() => scaler.transform({ data: Float32Array.of(0, 1e30), shape: [2, 1] })).toThrow(
      /^x, value 1 expected/,
    );
  });
});

describe('lists with holes', () => {
  it('are named by their first hole', () => {
    expect(() => padSequences(new Array(2))).toThrow(/^sequences\[0\] expected /);
    expect(() => new Vocabulary(new Array(2))).toThrow(/^symbols expected an array of strings/);
    const series = { data: new Float32Array(4), shape: [2, 2], columns: new Array(2) };
    expect(() => windows(series, { steps: 1 })).toThrow(/^series\.columns expected an array of names/);
    expect(() => windows({ ...series, columns: ['a', 'b'] }, { steps: 1, inputs: new Array(1) })).toThrow(
      /^inputs\[0\]/,
    );
  });
});
