import { describe, expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript, without declarations
import { Attention } from '../../examples/translation/attention.js';
// @ts-expect-error: plain JavaScript, without declarations
import { separate } from '../../examples/translation/rows.js';
// @ts-expect-error: plain JavaScript, without declarations
import { Translator } from '../../examples/translation/translator.js';
import { createRuntime, crossEntropy, type Parameter, type Tensor } from '../../src/index.js';
import { tensor } from '../helpers/bits.js';

/*
 * What examples/translation adds to the package's layers: attention, and a model that sends gradients from the decoder's first states to the
 * encoder's last.
 */

const [BATCH, STEPS, PLACES, SIZE] = [3, 4, 5, 6];
const LENGTHS = [5, 2, 3];

/** The context by the equations, in double precision. */
function naiveContext(query: ArrayLike<number>, keys: ArrayLike<number>): Float64Array {
  const context = new Float64Array(BATCH * STEPS * SIZE);
  const key = (b: number, s: number, n: number) => keys[(b * PLACES + s) * SIZE + n] as number;
  for (let row = 0; row < BATCH * STEPS; row++) {
    const b = Math.floor(row / STEPS);
    const places = Array.from({ length: LENGTHS[b] as number }, (_, s) => s);
    const numbers = Array.from({ length: SIZE }, (_, n) => n);
    const powers = places.map((s) =>
      Math.exp(
        numbers.reduce((sum, n) => sum + (query[row * SIZE + n] as number) * key(b, s, n), 0) /
          Math.sqrt(SIZE),
      ),
    );
    const total = powers.reduce((a, b) => a + b);
    for (const n of numbers)
      context[row * SIZE + n] = places.reduce(
        (sum, s) => sum + ((powers[s] as number) / total) * key(b, s, n),
        0,
      );
  }
  return context;
}

/** The central difference of a function of one array in double precision. */
function differences(values: Float32Array, f: (values: Float64Array) => number): number[] {
  const step = 1e-5;
  const at = Float64Array.from(values);
  return Array.from(values, (value, n) => {
    const [above, below] = [value + step, value - step].map((moved) => {
      at[n] = moved;
      return f(at);
    }) as [number, number];
    at[n] = value;
    return (above - below) / (2 * step);
  });
}

describe('attention', () => {
  const query = tensor('query', BATCH, STEPS, SIZE);
  const keys = tensor('keys', BATCH, PLACES, SIZE);
  const gradient = tensor('gradient', BATCH, STEPS, SIZE);

  it('is what its equations say, and sees nothing behind an end', () => {
    const { context, weights } = new Attention().forward(query, keys, { lengths: LENGTHS });
    const expected = naiveContext(query.data, keys.data);
    for (const [n, value] of context.data.entries()) expect(value).toBeCloseTo(expected[n] as number, 5);
    expect(weights.shape).toEqual([BATCH, STEPS, PLACES]);
    for (let row = 0; row < BATCH * STEPS; row++) {
      const looked = weights.data.subarray(row * PLACES, (row + 1) * PLACES);
      const length = LENGTHS[Math.floor(row / STEPS)];
      expect(looked.subarray(length).every((weight: number) => weight === 0)).toBe(true);
      expect(looked.reduce((a: number, b: number) => a + b)).toBeCloseTo(1, 6);
    }
  });

  it('has the gradients of central differences', () => {
    const attention = new Attention();
    attention.forward(query, keys, { lengths: LENGTHS, record: true });
    const given = attention.backward(gradient);
    const loss = (context: Float64Array) =>
      context.reduce((sum, value, n) => sum + value * (gradient.data[n] as number), 0);
    const expected = {
      query: differences(query.data, (moved) => loss(naiveContext(moved, keys.data))),
      keys: differences(keys.data, (moved) => loss(naiveContext(query.data, moved))),
    };
    for (const [name, values] of Object.entries(expected))
      for (const [n, value] of values.entries())
        expect(given[name].data[n], `${name}[${n}]`).toBeCloseTo(value, 5);
  });

  it('goes back once, and only from what was recorded', () => {
    const attention = new Attention();
    attention.forward(query, keys);
    expect(() => attention.backward(gradient)).toThrow(/record/);
  });
});

describe('the translator', () => {
  const sizes = { sourceWords: 9, targetWords: 8, size: 5, hidden: 6, readout: 4, dropout: 0 };
  // Rows of rows.js, of different lengths on both sides; 2 stands between the sentences.
  const input = {
    data: Int32Array.of(4, 5, 6, 2, 5, 6, 7, 2, 4, 5, 0, 0, 8, 4, 2, 7, 0, 0),
    shape: [3, 6] as const,
  };
  const lengths = [6, 4, 4];
  const classes = Int32Array.of(5, 6, 3, 4, 5, 3, 7, 3);

  it('parts its rows', () => {
    expect(separate(input, lengths)).toEqual({
      source: { data: Int32Array.of(4, 5, 6, 7, 0, 0, 8, 4, 0), shape: [3, 3], lengths: [3, 1, 2] },
      prefix: { data: Int32Array.of(2, 5, 6, 2, 4, 5, 2, 7, 0), shape: [3, 3], lengths: [3, 3, 2] },
    });
  });

  it('has the gradients of central differences in every parameter', () => {
    const runtime = createRuntime({ seed: 3 });
    const model = new Translator(sizes, { runtime });
    // Larger weights, so that attention is not the same everywhere.
    for (const [name, parameter] of model.parameters as Map<string, Parameter>)
      parameter.write(tensor(name, ...parameter.shape).data.map((value) => 0.7 * value));
    const loss = () => crossEntropy(model.forward(input, { lengths }).output, classes, { runtime }).loss;
    const { output }: { output: Tensor } = model.forward(input, { lengths, record: true });
    expect(output.shape).toEqual([8, 8]);
    model.backward({ output: crossEntropy(output, classes, { runtime }).grad });
    for (const [name, parameter] of model.parameters as Map<string, Parameter>) {
      const [values, gradient] = [parameter.read(), parameter.readGrad()];
      const largest = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(largest, name).toBeGreaterThan(1e-4);
      for (let n = 0; n < values.length; n += values.length > 60 ? 7 : 1) {
        const [above, below] = [1 / 64, -1 / 64].map((step) => {
          parameter.write(values.map((value, k) => (k === n ? value + step : value)));
          return loss();
        }) as [number, number];
        const bound = 1e-2 * largest + 1e-4;
        expect(Math.abs((gradient[n] as number) - 32 * (above - below)), `${name}[${n}]`).toBeLessThan(bound);
      }
      parameter.write(values);
    }
  });

  it('says the same word by word as all at once', () => {
    const model = new Translator(sizes, { runtime: createRuntime({ seed: 4 }) });
    const { output } = model.forward(input, { lengths });
    const { source, prefix } = separate(input, lengths);
    let memory = model.encode(source);
    for (let t = 0; t < 3; t++) {
      const words = Int32Array.from([0, 1, 2], (b) => prefix.data[b * 3 + t] as number);
      const { logits, state } = model.step(words, memory);
      memory = { ...memory, state };
      const places = [t, 3 + t, 6 + t];
      for (const [b, place] of places.entries())
        if (t < prefix.lengths[b])
          expect(logits.data.slice(b * 8, b * 8 + 8)).toEqual(output.data.slice(place * 8, place * 8 + 8));
    }
  });
});
