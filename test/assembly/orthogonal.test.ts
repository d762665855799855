import { describe, expect, it } from 'vitest';
import { LSTM, type Runtime } from '../../src/index.js';
import { expectBits } from '../helpers/bits.js';
import { type Variant, variants } from '../helpers/variants.js';

const SIZES = [1, 3, 5, 7, 17];

function drawn(runtime: Runtime, rows: number, columns: number, seed: number): Float32Array {
  const { core } = runtime;
  const out = runtime.allocate(rows * columns * 4);
  const bytes = (rows + 1) * (columns + 1) * 8;
  const scratch = runtime.allocate(bytes);
  // What lies there before is of no account.
  runtime.f32.fill(Number.NaN, scratch >>> 2, (scratch + bytes) >>> 2);
  core.fillOrthogonal(out, rows, columns, runtime.source(seed, 2), scratch);
  const values = runtime.f32.slice(out >>> 2, (out >>> 2) + rows * columns);
  for (const pointer of [out, scratch]) runtime.free(pointer);
  return values;
}

/** The columns of [rows, columns], or its rows where there are fewer, each of length 1 and at right angles. */
function expectOrthonormal(values: Float32Array, rows: number, columns: number): void {
  const tall = rows >= columns;
  const [count, length] = tall ? [columns, rows] : [rows, columns];
  const at = (vector: number, n: number) => values[tall ? n * columns + vector : vector * columns + n];
  for (let a = 0; a < count; a++) {
    for (let b = 0; b <= a; b++) {
      let dot = 0;
      for (let n = 0; n < length; n++) dot += at(a, n) * at(b, n);
      expect(Math.abs(dot - (a === b ? 1 : 0)), `${a} · ${b} of [${rows}, ${columns}]`).toBeLessThan(1e-6);
    }
  }
}

const kerasWeight = (runtime: Runtime, H: number) =>
  new LSTM(3, H, { init: 'keras', seed: 4, runtime }).parameters.get('weight_hh_l0') ??
  expect.fail('no weight');

function suite({ name, create }: Variant) {
  describe(`orthogonal weights [${name}]`, () => {
    describe.each(SIZES)('%s', (H) => {
      it.each([
        ['tall', 4 * H, H],
        ['wide', H, 4 * H],
        ['square', H, H],
        ['tall and odd', 4 * H + 1, H],
        ['wide and odd', H, 4 * H + 1],
      ])('%s', (_, rows, columns) => {
        const runtime = create();
        const values = [1, 2, 3].map((seed) => drawn(runtime, rows, columns, seed));
        for (const one of values) expectOrthonormal(one, rows, columns);
        expectBits('the same seed', drawn(runtime, rows, columns, 1), values[0]);
        expect(values[1]).not.toEqual(values[0]);
      });
      it('of an LSTM', () => expectOrthonormal(kerasWeight(create(), H).read(), 4 * H, H));
    });
  });
}

variants.forEach(suite);

describe('orthogonal weights of both binaries', () => {
  it.for(SIZES)('%s', (H, { skip }) => {
    const [first, second] = variants.map(({ create }) => create());
    if (!second) return skip('this engine runs one binary alone');
    for (const [rows, columns] of [
      [4 * H, H],
      [H, 4 * H],
    ]) {
      for (const seed of [0, 1, 2 ** 53 - 1])
        expectBits(
          `[${rows}, ${columns}] of ${seed}`,
          drawn(second, rows, columns, seed),
          drawn(first, rows, columns, seed),
        );
    }
    expectBits('of an LSTM', kerasWeight(second, H).read(), kerasWeight(first, H).read());
  });
});
