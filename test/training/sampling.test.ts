import { describe, expect, it } from 'vitest';
import { type Runtime, type SampleOptions, sample } from '../../src/index.js';
import { expectRefusal } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';
import { closedForm } from '../vectors/closed-form.js';

const SIZES = [1, 3, 4, 5, 7, 8, 9, 17];
const NONE = Number.NEGATIVE_INFINITY;

const row = (...logits: number[]) => ({ data: Float32Array.from(logits), shape: [logits.length] as const });

/** Logits whose classes have these probabilities. */
const likely = (...probabilities: number[]) =>
  row(...probabilities.map((p) => (p === 0 ? NONE : Math.log(p))));

function counts(logits: ReturnType<typeof row>, draws: number, options: SampleOptions): number[] {
  const seen = new Array<number>(logits.data.length).fill(0);
  for (let n = 0; n < draws; n++) seen[sample(logits, options) as number]++;
  return seen;
}

/** χ² stays under what it exceeds once in ten thousand (Wilson & Hilferty 1931); what is impossible never comes. */
function expectDistribution(seen: number[], probabilities: number[]): void {
  const draws = seen.reduce((a, b) => a + b, 0);
  const total = probabilities.reduce((a, b) => a + b, 0);
  let chi = 0;
  let freedom = -1;
  probabilities.forEach((p, n) => {
    if (p === 0) return expect(seen[n], `class ${n}`).toBe(0);
    const expected = (draws * p) / total;
    chi += (seen[n] - expected) ** 2 / expected;
    freedom++;
  });
  if (freedom === 0) return;
  const k = 2 / (9 * freedom);
  expect(chi).toBeLessThan(freedom * (1 - k + 3.72 * Math.sqrt(k)) ** 3);
}

const P = [0.02, 0.3, 0.08, 0.25, 0, 0.15, 0.2];

const CUTS: [SampleOptions, number[]][] = [
  [{}, P],
  [{ temperature: 2 }, P.map(Math.sqrt)],
  [{ temperature: 0.5 }, P.map((p) => p * p)],
  [{ topK: 3 }, [0, 0.3, 0, 0.25, 0, 0, 0.2]],
  [{ topK: 1 }, [0, 1, 0, 0, 0, 0, 0]],
  [{ topK: 7 }, P],
  [{ topK: 1000 }, P],
  [{ topP: 1 }, P],
  [{ topP: 0.29 }, [0, 1, 0, 0, 0, 0, 0]],
  [{ topP: 0.31 }, [0, 0.3, 0, 0.25, 0, 0, 0]],
  [{ topP: 0.54 }, [0, 0.3, 0, 0.25, 0, 0, 0]],
  [{ topP: 0.56 }, [0, 0.3, 0, 0.25, 0, 0, 0.2]],
  [{ topP: 0.89 }, [0, 0.3, 0, 0.25, 0, 0.15, 0.2]],
  [{ topP: 0.97 }, [0, 0.3, 0.08, 0.25, 0, 0.15, 0.2]],
  [{ topP: 0.99 }, P],
  [{ topP: 1e-300 }, [0, 1, 0, 0, 0, 0, 0]],
  // topP is a share of what topK leaves: .3 and .25 of .75 are 73 %.
  [{ topK: 3, topP: 0.72 }, [0, 0.3, 0, 0.25, 0, 0, 0]],
  [{ topK: 3, topP: 0.75 }, [0, 0.3, 0, 0.25, 0, 0, 0.2]],
  // Both cut the distribution that the temperature makes: squares of 90, 62.5, 40, 22.5, 6.4 and .4 of 221.8.
  [{ temperature: 0.5, topP: 0.68 }, [0, 0.09, 0, 0.0625, 0, 0, 0]],
  [{ temperature: 0.5, topP: 0.7 }, [0, 0.09, 0, 0.0625, 0, 0, 0.04]],
];

function checkTemperatureZero(runtime: Runtime, size: number) {
  for (let n = 0; n < size; n++) {
    const logits = row(...closedForm(`zero/${n}`, size));
    logits.data[n] = 2;
    // With so little heat no other class has a chance either, and nothing overflows on the way.
    for (const temperature of [0, 1e-3, 1e-30, 1e-38, 1e-45, 1e-300, 5e-324]) {
      expect(sample(logits, { temperature, runtime }), `temperature ${temperature}`).toBe(n);
    }
    expect(sample(logits, { topK: 1, runtime })).toBe(n);
    expect(sample(logits, { topP: 1e-9, runtime })).toBe(n);
  }
  expect(sample(row(...new Array(size).fill(1)), { temperature: 0, runtime }), 'the first of equals').toBe(0);
}

/** Of equal classes the first ones count as likelier. */
function checkTies(runtime: Runtime) {
  const logits = row(...new Array(9).fill(0.5));
  expectDistribution(counts(logits, 2000, { topK: 4, runtime }), [1, 1, 1, 1, 0, 0, 0, 0, 0]);
  expectDistribution(counts(logits, 2000, { topP: 0.3, runtime }), [1, 1, 1, 0, 0, 0, 0, 0, 0]);
}

function checkSizes(runtime: Runtime, size: number) {
  const logits = row(...closedForm('sizes', size, 2));
  const probabilities = [...logits.data].map(Math.exp);
  expectDistribution(counts(logits, 3000, { runtime }), probabilities);
  const k = Math.ceil(size / 2);
  const least = [...probabilities].sort((a, b) => b - a)[k - 1];
  const kept = probabilities.map((p) => (p >= least ? p : 0));
  expectDistribution(counts(logits, 3000, { topK: k, runtime }), kept);
}

function checkSeeds(create: () => Runtime) {
  const runtime = create();
  const logits = likely(...P);
  const draw = (seed: number) => sample(logits, { seed, runtime });
  const first = Array.from({ length: 50 }, (_, seed) => draw(seed));
  expect(Array.from({ length: 50 }, (_, seed) => draw(seed))).toEqual(first);
  expect(draw(2 ** 53 - 1)).toBe(draw(2 ** 53 - 1));
  const seen = new Array<number>(7).fill(0);
  for (let seed = 0; seed < 5000; seed++) seen[draw(seed * 4_294_967) as number]++;
  expectDistribution(seen, P);
  // Without a seed the runtime's generator goes on, the same in another runtime of its seed.
  const [one, other] = [create(), create()].map((of) =>
    Array.from({ length: 50 }, () => sample(logits, { runtime: of })),
  );
  expect(one).toEqual(other);
  expect(new Set(one).size).toBeGreaterThan(2);
}

function checkBatches(runtime: Runtime) {
  const rows = 13;
  const data = Float32Array.from(closedForm('batch', rows * 5, 2));
  const drawn = sample({ data, shape: [rows, 5] }, { seed: 40, runtime });
  expect(drawn).toBeInstanceOf(Int32Array);
  expect(sample({ data, shape: [rows, 5] }, { seed: 40, runtime })).toEqual(drawn);
  const first = sample({ data: data.subarray(0, 5), shape: [5] }, { seed: 40, runtime });
  expect((drawn as Int32Array)[0]).toBe(first);
  const same = { data: new Float32Array(4000), shape: [2000, 2] };
  const seen = [...(sample(same, { runtime }) as Int32Array)].reduce((sum, id) => sum + id, 0);
  expect(Math.abs(seen - 1000)).toBeLessThan(100);
  expect(sample({ data: data.subarray(0, 5), shape: [1, 5] }, { seed: 40, runtime })).toEqual(
    Int32Array.of(first as number),
  );
}

/** Each row of a seed has a number of its own, and none that a neighbouring seed gives to another row. */
function checkRows(runtime: Runtime) {
  const rows = 300;
  const classes = 1000;
  const flat = { data: new Float32Array(rows * classes), shape: [rows, classes] };
  const draw = (seed: number) => sample(flat, { seed, runtime }) as Int32Array;
  const seeds = [0, 1, 2, 40, 41, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 2, 2 ** 53 - 1];
  const drawn = seeds.map((seed) => draw(seed));
  drawn.forEach((one, n) => {
    // Of 300 draws from 1000 classes 259 differ, give or take six.
    expect(new Set(one).size, `rows of ${seeds[n]}`).toBeGreaterThan(225);
    expect(draw(seeds[n]), `${seeds[n]} again`).toEqual(one);
    for (const other of drawn.slice(0, n)) {
      for (let shift = -3; shift <= 3; shift++) {
        const equal = one.filter((id, row) => id === other[row + shift]).length;
        expect(equal, `${seeds[n]}, ${shift} rows further`).toBeLessThan(8);
      }
    }
  });
  // What the other rows hold, and how many there are, is nothing to a row.
  const few = { data: new Float32Array(3 * classes), shape: [3, classes] };
  few.data.fill(NONE, classes, 2 * classes - 1);
  const [first, second, third] = sample(few, { seed: 40, runtime }) as Int32Array;
  expect([first, second, third]).toEqual([drawn[3][0], classes - 1, drawn[3][2]]);
}

/** Pairs of neighbouring rows come as often as any other pair. */
function checkPairs(runtime: Runtime) {
  const flat = { data: new Float32Array(9), shape: [3, 3] };
  const seen = new Array<number>(27).fill(0);
  for (let seed = 0; seed < 5000; seed++) {
    const [a, b, c] = sample(flat, { seed, runtime }) as Int32Array;
    seen[9 * a + 3 * b + c]++;
  }
  expectDistribution(seen, new Array(27).fill(1));
}

function checkExtremes(runtime: Runtime) {
  expectDistribution(counts(row(1e4, -1e4, 1e4, NONE), 1000, { runtime }), [1, 0, 1, 0]);
  expectDistribution(counts(row(-3e38, -3e38), 1000, { runtime }), [1, 1]);
  expectDistribution(counts(row(0, 5, 9, NONE), 2000, { temperature: 1e300, runtime }), [1, 1, 1, 0]);
  for (const logits of [row(Number.NaN, 0), row(0, Number.POSITIVE_INFINITY), row(NONE, NONE)]) {
    for (const options of [{}, { topK: 1 }, { topP: 0.5 }, { temperature: 0 }]) {
      expectRefusal(() => sample(logits, { ...options, runtime }), RangeError, /^logits/);
    }
  }
}

function suite({ name, create }: Variant) {
  describe(`sampling [${name}]`, () => {
    it.each(SIZES)('temperature 0 of %s classes', (size) => checkTemperatureZero(create(), size));
    it.each(SIZES)('%s classes', (size) => checkSizes(create(), size));
    it.each(CUTS)('%o', (options, probabilities) => {
      const runtime = create();
      expectDistribution(counts(likely(...P), 10_000, { ...options, runtime }), probabilities);
    });
    it('equal classes', () => checkTies(create()));
    it('seeds', () => checkSeeds(create));
    it('rows of a batch', () => checkBatches(create()));
    it('rows and seeds share no numbers', () => checkRows(create()));
    it('neighbouring rows are independent', () => checkPairs(create()));
    it('logits without measure', () => checkExtremes(create()));
  });
}

variants.forEach(suite);
