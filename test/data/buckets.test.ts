import { describe, expect, it } from 'vitest';
import { type Bucket, bucketBatches, padSequences } from '../../src/data/index.js';
import {
  Adam,
  crossEntropy,
  Embedding,
  Linear,
  LSTM,
  type Runtime,
  Sequential,
  type Tensor,
  Trainer,
} from '../../src/index.js';
import { trainInWorker } from '../../src/worker.js';
import { expectAllBits } from '../helpers/bits.js';
import { type Variant, variants } from '../helpers/variants.js';

/** Lengths from 1 to 13, many of them more than once. */
const LENGTHS = Array.from({ length: 53 }, (_, n) => 1 + ((n * n + 3 * n) % 13));

/** Sequence n holds n + 1, n + 1 … */
const sequences = LENGTHS.map((length, n) => new Int32Array(length).fill(n + 1));
const labels = Uint16Array.from(LENGTHS, (_, n) => 7 * n);

type Ids = { data: Int32Array; shape: number[] };
type Options = Partial<Parameters<typeof bucketBatches>[1]>;

/** The examples of each batch; padding, labels and lengths that are not theirs fail. */
function examplesOf(all: Iterable<unknown>): number[][] {
  return ([...all] as Bucket<Ids, { data: Uint16Array; shape: number[] }>[]).map(
    ({ input, target, lengths }) => {
      const [count, longest] = input.shape;
      expect(longest).toBe(Math.max(...lengths));
      expect(
        [...lengths].sort((a, b) => b - a),
        'the longest first',
      ).toEqual(lengths);
      expect(target.shape).toEqual([count]);
      return lengths.map((length, n) => {
        const row = [...input.data.subarray(n * longest, (n + 1) * longest)];
        const example = row[0] - 1;
        expect(length).toBe(LENGTHS[example]);
        expect(row).toEqual([...Array(length).fill(example + 1), ...Array(longest - length).fill(0)]);
        expect(target.data[n]).toBe(7 * example);
        return example;
      });
    },
  );
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);
const sorted = (numbers: number[]) => [...numbers].sort((a, b) => a - b);
const paddingOf = (batches: number[][]) => {
  const waste = batches.map((batch) => {
    const longest = Math.max(...batch.map((n) => LENGTHS[n]));
    return batch.reduce((sum, n) => sum + longest - LENGTHS[n], 0);
  });
  return waste.reduce((a, b) => a + b);
};

function checkEpochs(runtime: Runtime, batchSize: number, pool: number) {
  const make = (options: Options = {}) =>
    bucketBatches(
      { input: sequences, target: labels },
      { batchSize, pool, epochs: 3, seed: 5, runtime, ...options },
    );
  const order = examplesOf(make());
  const perEpoch = Math.ceil(53 / batchSize);
  expect([make().length, order.length]).toEqual([perEpoch, 3 * perEpoch]);
  const epochs = upTo(3).map((n) => order.slice(n * perEpoch, (n + 1) * perEpoch));
  for (const epoch of epochs) expect(sorted(epoch.flat())).toEqual(upTo(53));
  expect(new Set(epochs.map(String)).size, 'orders').toBe(3);
  expect(examplesOf(make())).toEqual(order);
  expect(examplesOf(make({ seed: 6 }))).not.toEqual(order);
  const dropped = examplesOf(make({ dropLast: true, epochs: 1 }));
  expect(dropped.map(({ length }) => length)).toEqual(Array(Math.floor(53 / batchSize)).fill(batchSize));
}

/** All sorted together, and not shuffled: the least padding that there is. */
function checkSorted(runtime: Runtime) {
  const options = { batchSize: 8, pool: Number.POSITIVE_INFINITY, runtime };
  const make = (more: object) => bucketBatches({ input: sequences, target: labels }, { ...options, ...more });
  const plain = examplesOf(make({ shuffle: false }));
  const stable = upTo(53).sort((a, b) => LENGTHS[b] - LENGTHS[a] || a - b);
  expect(plain.flat()).toEqual(stable);
  const shuffled = examplesOf(make({}));
  expect(paddingOf(shuffled)).toBe(paddingOf(plain));
  const loose = examplesOf(make({ pool: 1 }));
  expect(paddingOf(loose)).toBeGreaterThan(2 * paddingOf(plain));
}

/** Stored: what one engine gives all have to. */
function checkOrder(runtime: Runtime) {
  const all = bucketBatches(
    { input: sequences.slice(0, 11), target: labels.slice(0, 11) },
    { batchSize: 3, pool: 2, seed: 9, runtime },
  );
  expect(examplesOf(all)).toEqual(ORDER);
}

const ORDER = [
  [4, 5, 0],
  [2, 3, 1],
  [8, 7, 9],
  [6, 10],
];

function checkResume(runtime: Runtime) {
  const make = () =>
    bucketBatches(
      { input: sequences, target: labels },
      { batchSize: 9, pool: 2, epochs: 2, seed: 5, runtime },
    );
  const whole = examplesOf(make());
  for (let place = 1; place <= whole.length; place++) {
    const first = make();
    const before: unknown[] = [];
    for (const batch of first) if (before.push(batch) === place) break;
    const second = make();
    second.loadStateDict(JSON.parse(JSON.stringify(first.stateDict())));
    expect([...examplesOf(before), ...examplesOf(second)]).toEqual(whole);
  }
}

/** Values in, sequences of other lengths out. */
function checkTargets(runtime: Runtime) {
  const values = (length: number, x: number): Tensor => ({
    data: new Float32Array(length * 2).fill(x),
    shape: [length, 2],
  });
  const input = [values(1, 1), values(3, 2)];
  const options = { batchSize: 2, runtime };
  const [ids] = bucketBatches({ input, target: [Uint8Array.of(5, 6), Uint8Array.of(7)] }, options);
  expect(ids.input).toEqual({ data: Float32Array.of(2, 2, 2, 2, 2, 2, 1, 1, 0, 0, 0, 0), shape: [2, 3, 2] });
  expect([ids.lengths, ids.targetLengths]).toEqual([
    [3, 1],
    [1, 2],
  ]);
  expect(ids.target).toEqual({ data: Int32Array.of(7, -100, 5, 6), shape: [2, 2] });
  expect(ids.mask).toEqual(Uint8Array.of(1, 0, 1, 1));
  const own = { ...options, padding: -1, targetPadding: 9 };
  const [filled] = bucketBatches({ input, target: input }, own);
  expect([...filled.input.data.slice(6)]).toEqual([1, 1, -1, -1, -1, -1]);
  expect([...filled.target.data.slice(6)]).toEqual([1, 1, 9, 9, 9, 9]);
  expect(filled.mask).toEqual(Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0));
  const [rows] = bucketBatches({ input, target: values(2, 4) }, options);
  expect(rows.target).toEqual(values(2, 4));
  expect(Object.keys(rows)).toEqual(['input', 'lengths', 'target']);
}

/** A tagger: its targets are sequences, so the worker has to make lengths and masks as well. */
async function checkWorker(runtime: Runtime) {
  const tags = sequences.map((one) => one.map((id) => id % 3));
  const make = () => {
    const model = new Sequential(
      new Embedding(54, 4, { runtime, seed: 1 }),
      new LSTM(4, 5, { runtime, seed: 2 }),
      new Linear(5, 3, { runtime, seed: 3 }),
    );
    const trainer = new Trainer(model, { loss: crossEntropy, optimizer: new Adam(model, { lr: 0.01 }) });
    const all = bucketBatches(
      { input: sequences, target: tags },
      { batchSize: 8, epochs: 2, seed: 4, runtime },
    );
    return { model, trainer, all };
  };
  const here = make();
  for await (const _ of here.trainer.run(here.all));
  const there = make();
  await trainInWorker(there.trainer, there.all).done;
  expectAllBits('weights', there.model.stateDict(), here.model.stateDict());
  expect(there.all.stateDict()).toEqual(here.all.stateDict());
}

function suite({ name, create }: Variant) {
  describe(`bucketBatches [${name}]`, () => {
    it.each([
      [1, 50],
      [4, 1],
      [8, 3],
      [9, 50],
      [53, 2],
      [60, Number.POSITIVE_INFINITY],
    ])('by %s, pools of %s', (batchSize, pool) => {
      if (batchSize < 53) checkEpochs(create(), batchSize, pool);
      const all = { batchSize, pool, runtime: create() };
      expect(sorted(examplesOf(bucketBatches({ input: sequences, target: labels }, all)).flat())).toEqual(
        upTo(53),
      );
    });
    it('pads least where all are sorted together', () => checkSorted(create()));
    it('has one order for a seed', () => checkOrder(create()));
    it('resumed anywhere', () => checkResume(create()));
    it('of other targets', () => checkTargets(create()));
    it('in a worker', () => checkWorker(create()));
  });
}

variants.forEach(suite);

describe('padSequences', () => {
  it.each([[[1]], [[3, 1]], [[1, 4, 9, 17]]])('of lengths %s', (given) => {
    const all = given.map((length, n) => ({
      data: Float32Array.from({ length: length * 3 }, (_, k) => 100 * n + k + 1),
      shape: [length, 3],
    }));
    const { input, lengths } = padSequences(all);
    const longest = Math.max(...given);
    expect([input.shape, lengths]).toEqual([[given.length, longest, 3], given]);
    for (const [n, { data }] of all.entries()) {
      const row = input.data.subarray(n * longest * 3, (n + 1) * longest * 3);
      expect([...row]).toEqual([...data, ...Array(longest * 3 - data.length).fill(0)]);
    }
  });

  it('takes every kind of ids, and any padding', () => {
    for (const Kind of [Uint8Array, Uint16Array, Uint32Array, Int32Array]) {
      const { input } = padSequences([Kind.of(1), Kind.of(2, 3)], { padding: -5 });
      expect(input).toEqual({ data: Int32Array.of(1, -5, 2, 3), shape: [2, 2] });
    }
  });
});
