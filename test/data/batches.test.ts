import { describe, expect, it } from 'vitest';
import { type Batches, batches, lanes, Vocabulary } from '../../src/data/index.js';
import type { Runtime, Tensor } from '../../src/index.js';
import { tensor } from '../helpers/bits.js';
import { expectResumable } from '../helpers/resumable.js';
import { type Variant, variants } from '../helpers/variants.js';

/** Rows whose first value is their number. */
function numbered(count: number) {
  const data = Float32Array.from({ length: count * 6 }, (_, n) => (n % 6 === 0 ? n / 6 : -n));
  return {
    input: { data, shape: [count, 2, 3] },
    target: Uint16Array.from({ length: count }, (_, n) => 3 * n),
  };
}

type Options = Omit<Parameters<typeof batches>[1], 'runtime'>;

/** The numbers of the rows of each batch; a target that is not its row's, or a torn row, fails. */
function orderOf(source: Iterable<{ input: unknown; target: unknown }>): number[][] {
  return [...source].map(({ input, target }) => {
    const { data, shape } = input as Tensor;
    const classes = target as { data: Uint16Array; shape: number[] };
    const rows = Array.from({ length: shape[0] }, (_, n) => data[6 * n]);
    expect(data.length).toBe(shape[0] * 6);
    expect(shape.slice(1)).toEqual([2, 3]);
    rows.forEach((row, n) => expect(data[6 * n + 5]).toBe(-(6 * row + 5)));
    expect(classes.data).toBeInstanceOf(Uint16Array);
    expect([...classes.data]).toEqual(rows.map((row) => 3 * row));
    expect(classes.shape).toEqual([shape[0]]);
    return rows;
  });
}

const sorted = (rows: number[]) => [...rows].sort((a, b) => a - b);
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

function checkEpochs(runtime: Runtime, count: number, batchSize: number) {
  const make = (options: Partial<Options>) =>
    batches(numbered(count), { batchSize, epochs: 3, seed: 5, runtime, ...options });
  const all = make({});
  const order = orderOf(all);
  const perEpoch = Math.ceil(count / batchSize);
  expect(all.length).toBe(perEpoch);
  expect(order.length).toBe(3 * perEpoch);
  const epochs = upTo(3).map((n) => order.slice(n * perEpoch, (n + 1) * perEpoch).flat());
  for (const epoch of epochs) expect(sorted(epoch)).toEqual(upTo(count));
  if (count > 7) expect(new Set(epochs.map(String)).size, 'orders').toBe(3);
  expect(orderOf(make({}))).toEqual(order);
  if (count > 7) expect(orderOf(make({ seed: 6 }))).not.toEqual(order);
  expect(orderOf(make({ shuffle: false })).flat()).toEqual([...upTo(count), ...upTo(count), ...upTo(count)]);
  if (count < batchSize) return;
  const dropped = make({ dropLast: true });
  expect(dropped.length).toBe(Math.floor(count / batchSize));
  for (const rows of orderOf(dropped)) expect(rows.length).toBe(batchSize);
}

/** From every place, in another object, on to the same end. */
function checkResume(runtime: Runtime) {
  const make = () => batches(numbered(23), { batchSize: 5, epochs: 3, seed: 5, runtime });
  const whole = orderOf(make());
  for (let place = 0; place <= whole.length; place++) {
    const first = make();
    const before: number[][] = [];
    for (const batch of first) {
      if (place > 0) before.push(...orderOf([batch]));
      if (before.length === place) break;
    }
    const state = JSON.parse(JSON.stringify(first.stateDict()));
    const second = make();
    second.loadStateDict(place === 0 ? make().stateDict() : state);
    expect([...before, ...orderOf(second)], `from batch ${place}`).toEqual(whole);
  }
}

function checkEndless(runtime: Runtime) {
  const endless = batches(numbered(3), { batchSize: 2, epochs: Number.POSITIVE_INFINITY, runtime });
  const seen: number[] = [];
  for (const batch of endless) {
    seen.push(...orderOf([batch])[0]);
    if (seen.length >= 300) break;
  }
  expect(sorted(seen)).toEqual(upTo(3).flatMap((row) => Array(100).fill(row)));
  expect(endless.stateDict()).toMatchObject({ epoch: '100', position: '0' });
}

/** Batches are copies, and the rows may be of many kinds. */
function checkKinds(runtime: Runtime) {
  const input = { data: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2] };
  const [batch] = batches({ input, target: tensor('y', 3, 4) }, { batchSize: 2, shuffle: false, runtime });
  expect(batch.input).toEqual({ data: Uint8Array.of(1, 2, 3, 4), shape: [2, 2] });
  expect(batch.target.shape).toEqual([2, 4]);
  batch.input.data[0] = 9;
  expect(input.data[0]).toBe(1);
}

/** Once the end was reached the data begins anew; an iteration that was left goes on where it was. */
function checkAgain<Batch>(
  make: () => Batches<Batch>,
  once: unknown[],
  read: (batches: Iterable<Batch>) => unknown[],
) {
  const source = make();
  for (let n = 0; n < 3; n++) expect(read(source), `time ${n}`).toEqual(once);
  const finished = source.stateDict();
  const left: Batch[] = [];
  for (const batch of source) if (left.push(batch) === 3) break;
  expect([...read(left), ...read(source)], 'left and gone on with').toEqual(once);
  expect(read(source), 'after that').toEqual(once);

  source.loadStateDict(finished);
  expect([...source], 'of a finished state').toEqual([]);
  const other = make();
  other.loadStateDict(JSON.parse(JSON.stringify(finished)));
  expect([...other], 'of a finished state, elsewhere').toEqual([]);
  other.loadStateDict(make().stateDict());
  expect(read(other), 'of a state at the beginning').toEqual(once);
}

/** χ² over the 24 orders of four rows; 23 degrees of freedom exceed 49.7 once in a thousand. */
function checkUniform(runtime: Runtime, make: (n: number) => { seed: number; epochs: number }) {
  const counts = new Map<string, number>();
  const draws = 4800;
  for (let n = 0; counts.size === 0 || [...counts.values()].reduce((a, b) => a + b) < draws; n++) {
    const order = orderOf(batches(numbered(4), { batchSize: 4, runtime, ...make(n) }));
    for (const rows of order) counts.set(String(rows), (counts.get(String(rows)) ?? 0) + 1);
  }
  expect(counts.size).toBe(24);
  const chi = [...counts.values()].reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
  expect(chi).toBeLessThan(49.7);
}

/** Each of nine rows is at each position equally often: 64 degrees of freedom. */
function checkPlaces(runtime: Runtime) {
  const counts = new Int32Array(81);
  const order = orderOf(batches(numbered(9), { batchSize: 9, epochs: 2700, seed: 3, runtime }));
  for (const rows of order) rows.forEach((row, place) => counts[9 * place + row]++);
  const chi = counts.reduce((sum, count) => sum + (count - 300) ** 2 / 300, 0);
  expect(chi).toBeLessThan(104.7);
}

function suite({ name, create }: Variant) {
  describe(`batches [${name}]`, () => {
    it.each([
      [1, 1],
      [1, 5],
      [8, 4],
      [9, 4],
      [17, 1],
      [23, 5],
      [100, 33],
    ])('%s rows by %s', (count, size) => checkEpochs(create(), count, size));
    it('resumed anywhere', () => checkResume(create()));
    it('without end', () => checkEndless(create()));
    it('of other kinds', () => checkKinds(create()));
    it.each([1, 2])('more than once, %s epochs each', (epochs) => {
      const runtime = create();
      const plain = () => batches(numbered(23), { batchSize: 5, shuffle: false, epochs, runtime });
      checkAgain(plain, orderOf(plain()), orderOf);
      // Which order comes again is not said; all rows do.
      const mixed = () => batches(numbered(23), { batchSize: 5, epochs, seed: 5, runtime });
      const source = mixed();
      for (let n = 0; n < 3; n++)
        expect(sorted(orderOf(source).flat())).toEqual(sorted(Array(epochs).fill(upTo(23)).flat()));
    });
    it('orders of many epochs are uniform', () => checkUniform(create(), () => ({ seed: 7, epochs: 4800 })));
    it('orders of many seeds are uniform', () => checkUniform(create(), (seed) => ({ seed, epochs: 1 })));
    it('places are uniform', () => checkPlaces(create()));
  });
}

variants.forEach(suite);

describe('lanes', () => {
  const text = (length: number) => Int32Array.from({ length }, (_, n) => n);

  it.each([
    [101, 1, 1],
    [101, 4, 5],
    [103, 4, 5],
    [21, 4, 5],
    [1000, 7, 13],
  ])('%s ids in %s lanes of %s steps', (length, batch, steps) => {
    const source = lanes(text(length), { batch, steps, epochs: 2 });
    const lane = Math.floor((length - 1) / batch);
    expect(source.length).toBe(Math.floor(lane / steps));
    const all = [...source];
    expect(all.length).toBe(2 * source.length);
    all.forEach(({ input, target, reset }, n) => {
      const position = n % source.length;
      expect(reset).toBe(position === 0);
      expect(input.shape).toEqual([batch, steps]);
      expect(target.shape).toEqual([batch, steps]);
      for (let b = 0; b < batch; b++) {
        const from = b * lane + position * steps;
        const own = upTo(steps).map((t) => from + t);
        expect([...input.data.subarray(b * steps, (b + 1) * steps)]).toEqual(own);
        expect([...target.data.subarray(b * steps, (b + 1) * steps)]).toEqual(own.map((id) => id + 1));
      }
    });
  });

  it('resumed anywhere', () => {
    const make = () => lanes(text(50), { batch: 3, steps: 4, epochs: 3 });
    expectResumable(make);
  });

  it.each([1, 2])('more than once, %s epochs each', (epochs) => {
    const make = () => lanes(text(50), { batch: 3, steps: 4, epochs });
    checkAgain(make, [...make()], (source) => [...source]);
  });

  it('of every kind of ids', () => {
    for (const Kind of [Uint8Array, Uint16Array, Uint32Array, Int32Array]) {
      const [batch] = lanes(Kind.from([5, 6, 7, 8, 9]), { batch: 2, steps: 2 });
      expect([...batch.input.data]).toEqual([5, 6, 7, 8]);
      expect([...batch.target.data]).toEqual([6, 7, 8, 9]);
    }
  });
});

describe('Vocabulary', () => {
  it('counts characters, not code units, in the order of their code points', () => {
    const vocabulary = Vocabulary.ofCharacters('b😀a\nbä€\uffee');
    expect(vocabulary.symbols).toEqual(['\n', 'a', 'b', 'ä', '€', '\uffee', '😀']);
    expect(vocabulary.size).toBe(7);
    expect([...vocabulary.encode('😀ba')]).toEqual([6, 2, 1]);
    expect(vocabulary.decode(vocabulary.encode('😀bä€\n'))).toBe('😀bä€\n');
    expect(vocabulary.decode(Uint8Array.of(6, 0))).toBe('😀\n');
    expect(vocabulary.decode([])).toBe('');
    expect(vocabulary.encode('').length).toBe(0);
    expect([vocabulary.has('a'), vocabulary.has('c'), vocabulary.has('')]).toEqual([true, false, false]);
  });

  it('is made from symbols, too', () => {
    const symbols = ['b', 'a', '__proto__', ''];
    const vocabulary = new Vocabulary(symbols);
    symbols[0] = 'z';
    expect(vocabulary.decode([2, 0, 1, 3])).toBe('__proto__ba');
    expect([...vocabulary.encode('ab')]).toEqual([1, 0]);
    expect(new Vocabulary(vocabulary.symbols)).toEqual(vocabulary);
  });
});
