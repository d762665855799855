import { describe, expect, it } from 'vitest';
import { KNOWN_ANSWERS, philox } from '../helpers/math/philox.js';
import { type Variant, variants } from '../helpers/variants.js';

type Core = ReturnType<Variant['create']>['core'];

const WORD = 2 ** 32;

/** A source in the core's memory: seed, then stream, 64 bits each. */
function sourceOf(core: Core, seed: readonly number[], stream: readonly number[]): number {
  const at = core.allocate(16) >>> 0;
  new Uint32Array(core.memory.buffer).set([...seed, ...stream], at >> 2);
  return at;
}

function drawn(core: Core, count: number, fill: (out: number) => void): Float32Array {
  const out = core.allocate(4 * count) >>> 0;
  fill(out);
  const values = new Float32Array(core.memory.buffer, out, count).slice();
  core.free(out);
  return values;
}

describe('the reference generator [reference]', () => {
  it.each(KNOWN_ANSWERS)('Random123 for counter $counter', ({ counter, key, words }) => {
    expect(philox(counter, key)).toEqual(words);
  });
});

function generatorSuite(core: Core) {
  /*
   * A value is asked for by a double, four times the block: of Random123's vectors only the zeros can be expressed. The
   * other two have counters of 64 bits, so they test the reference, and the reference tests the core.
   */
  it('the known answers of Random123 that its counter can express', () => {
    const [{ counter, key, words }] = KNOWN_ANSWERS;
    const source = sourceOf(core, key, counter.slice(2));
    expect([0, 1, 2, 3].map((n) => core.uniformAt(source, n) * WORD)).toEqual(words);
  });

  it('every bit of seed, stream and counter', () => {
    const bits = (count: number) => Array.from({ length: count }, (_, n) => n);
    const pair = (bit: number) => [bit < 32 ? 2 ** bit : 0, bit < 32 ? 0 : 2 ** (bit - 32)];
    const [, ones, pi] = KNOWN_ANSWERS;
    for (const { key, counter } of [ones, pi]) {
      for (const bit of bits(64)) {
        expectBlock(core, pair(bit), counter.slice(2), 5);
        expectBlock(core, key, pair(bit), 2 ** 40 + 5);
      }
      for (const bit of bits(62)) expectBlock(core, key, counter.slice(2), 2 ** bit);
      expectBlock(core, key, counter.slice(2), 2 ** 51 - 1);
    }
  });
}

/** The four values of one block against the reference. */
function expectBlock(core: Core, seed: readonly number[], stream: readonly number[], block: number): void {
  const source = sourceOf(core, seed, stream);
  const words = philox([block % WORD, Math.floor(block / WORD), ...stream], seed);
  // Beyond 2^53 a double has no room for the last bits of the counter: there the first of the four is asked for.
  const count = block < 2 ** 51 ? 4 : 1;
  for (let n = 0; n < count; n++) {
    expect(core.uniformAt(source, 4 * block + n) * WORD, `word ${n} of block ${block}`).toBe(words[n]);
  }
  core.free(source);
}

/** The first 24 bits, which is what a float in [0, 1) has room for. */
function topBits(u: number): number {
  return Math.floor(u * 2 ** 24) / 2 ** 24;
}

function orderSuite(core: Core) {
  it.each([0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65])(
    '%i values and no more, by the words in their order',
    (count) => {
      const source = sourceOf(core, [7, 1], [2, 3]);
      const uniform = drawn(core, count + 1, (out) => core.fillUniform(out, count, 0, 1, source));
      const expected = Float32Array.from({ length: count }, (_, n) => topBits(core.uniformAt(source, n)));
      expect(uniform.subarray(0, count)).toEqual(expected);
      // Block 2^32 begins in each place of the four that are drawn together.
      for (const counter of [0, 4, 20, 2 ** 34 - 16, 2 ** 34 - 12, 2 ** 34 - 8, 2 ** 34 - 4, 2 ** 34]) {
        const ones = drawn(core, count + 1, (out) => {
          new Float32Array(core.memory.buffer, out, count + 1).fill(1);
          core.dropout(out, out, count, 0.5, 2, counter, source);
        });
        const kept = Float32Array.from({ length: count + 1 }, (_, n) =>
          core.uniformAt(source, counter + n) >= 0.5 ? 2 : 0,
        );
        kept[count] = 1;
        expect(ones, `from ${counter}`).toEqual(kept);
      }
    },
  );
}

const COUNT = 100_000;
/** Kolmogorov's distance of a true sample lies below it with probability 0.999. */
const LARGEST_DISTANCE = 1.95 / Math.sqrt(COUNT);

function distributionSuite(core: Core) {
  it('uniform: the values of the generator, moments and distance', () => {
    const source = sourceOf(core, [7, 0], [0, 3]);
    const values = drawn(core, COUNT, (out) => core.fillUniform(out, COUNT, -2, 6, source));
    const expected = Float32Array.from({ length: 1000 }, (_, n) => {
      return -2 + 8 * topBits(core.uniformAt(source, n));
    });
    expect(values.subarray(0, 1000)).toEqual(expected);
    expect(values.every((x) => x >= -2 && x < 6)).toBe(true);
    expectMoments(values, 2, 64 / 12, 9 / 5);
    expect(distance(values, (x) => (x + 2) / 8)).toBeLessThan(LARGEST_DISTANCE);
  });

  it('uniform: high is never reached, though it is where the last value rounds to', () => {
    const source = sourceOf(core, [1, 0], [0, 0]);
    const low = 1 - 2 ** -24;
    const values = drawn(core, 1000, (out) => core.fillUniform(out, 1000, low, 1, source));
    expect(values.every((x) => x >= low && x < 1)).toBe(true);
  });

  it('normal: moments and distance', () => {
    const source = sourceOf(core, [8, 0], [0, 4]);
    const values = drawn(core, COUNT, (out) => core.fillNormal(out, COUNT, 3, 2, source));
    expectMoments(values, 3, 4, 3);
    expect(distance(values, (x) => normalBelow((x - 3) / 2))).toBeLessThan(LARGEST_DISTANCE);
  });

  it('normal: log and cosTurn to 16 digits', () => {
    // The mean takes the expected value away in double precision, so that what is left shows beyond float's digits.
    for (let stream = 0; stream < 2000; stream++) {
      const source = sourceOf(core, [9, 0], [stream, 5]);
      const words = philox([0, 0, stream, 5], [9, 0]);
      for (let n = 0; n < 4; n++) {
        const radius = Math.sqrt(-2 * Math.log((words[n & 2] + 1) / WORD));
        const angle = 2 * Math.PI * (words[(n & 2) + 1] / WORD);
        const normal = radius * (n & 1 ? Math.sin(angle) : Math.cos(angle));
        const left = drawn(core, n + 1, (out) => core.fillNormal(out, n + 1, -normal, 1, source))[n];
        expect(Math.abs(left)).toBeLessThan(4e-15);
      }
      core.free(source);
    }
  });
}

/** Mean, variance and kurtosis within four and a half deviations of what a sample's have. */
function expectMoments(values: Float32Array, mean: number, variance: number, kurtosis: number): void {
  const moment = (power: number) =>
    values.reduce((sum, x) => sum + ((x - mean) / Math.sqrt(variance)) ** power, 0) / values.length;
  const bound = 4.5 / Math.sqrt(values.length);
  expect(Math.abs(moment(1))).toBeLessThan(bound);
  expect(Math.abs(moment(2) - 1)).toBeLessThan(bound * Math.sqrt(kurtosis - 1));
  expect(Math.abs(moment(3))).toBeLessThan(bound * Math.sqrt(15));
  expect(Math.abs(moment(4) - kurtosis)).toBeLessThan(bound * Math.sqrt(96));
}

/** The largest distance of the sample's distribution function from another (Kolmogorov 1933, Smirnov 1948). */
function distance(values: Float32Array, below: (x: number) => number): number {
  const sorted = values.slice().sort();
  return sorted.reduce((most, x, n) => {
    const expected = below(x);
    const apart = Math.max(expected - n / sorted.length, (n + 1) / sorted.length - expected);
    return Math.max(most, apart);
  }, 0);
}

/** The normal distribution function by its series (Marsaglia 2004). */
function normalBelow(x: number): number {
  let sum = 0;
  let term = x;
  for (let n = 1; sum + term !== sum; n += 2) {
    sum += term;
    term *= (x * x) / (n + 2);
  }
  return 0.5 + sum * Math.exp((-x * x) / 2) * Math.sqrt(1 / (2 * Math.PI));
}

function permutationSuite(core: Core) {
  it.each([0, 1, 2, 3, 5, 1000])('a permutation of %i', (count) => {
    const out = core.allocate(4 * count + 4) >>> 0;
    core.fillPermutation(out, count, sourceOf(core, [3, 0], [count, 0]));
    const order = [...new Int32Array(core.memory.buffer, out, count)];
    expect(order.slice().sort((a, b) => a - b)).toEqual(order.map((_, n) => n));
  });

  it('every one of the 24 permutations of four comes equally often', () => {
    const found = new Map<string, number>();
    const out = core.allocate(16) >>> 0;
    const draws = 12_000;
    for (let stream = 0; stream < draws; stream++) {
      const source = sourceOf(core, [4, 0], [stream, 0]);
      core.fillPermutation(out, 4, source);
      core.free(source);
      const order = new Int32Array(core.memory.buffer, out, 4).join();
      found.set(order, (found.get(order) ?? 0) + 1);
    }
    expect(found.size).toBe(24);
    const expected = draws / 24;
    const chiSquared = [...found.values()].reduce(
      (sum, count) => sum + (count - expected) ** 2 / expected,
      0,
    );
    // 23 degrees of freedom: above it with probability 0.001.
    expect(chiSquared).toBeLessThan(49.7);
  });
}

for (const { name, create } of variants) {
  describe(`random numbers [${name}]`, () => {
    const { core } = create();
    describe('the generator', () => generatorSuite(core));
    describe('in order', () => orderSuite(core));
    describe('distributions', () => distributionSuite(core));
    describe('permutations', () => permutationSuite(core));
  });
}
