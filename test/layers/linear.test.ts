import { describe, expect, it } from 'vitest';
import { Linear, type Runtime } from '../../src/index.js';
import { tensor } from '../helpers/bits.js';
import { type Variant, variants } from '../helpers/variants.js';
import { linear, named } from '../reference/linear.js';

/** One less, and one more, than four lanes, two of them, a panel and two panels. */
const SIZES = [1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33];

/** Two rows make a tile; a block of the weight gradient takes 128 of them. */
const ROWS = [1, 2, 3, 17, 129];

function apart(actual: Float32Array, expected: Float64Array): { error: number; max: number } {
  let error = actual.length === expected.length ? 0 : Infinity;
  let max = 0;
  expected.forEach((value, n) => {
    const distance = Math.abs(actual[n] - value);
    error = distance <= error ? error : Number.isNaN(distance) ? Infinity : distance;
    max = Math.max(max, Math.abs(value));
  });
  return { error, max };
}

function expectNear(name: string, actual: Float32Array, expected: Float64Array): void {
  const { error, max } = apart(actual, expected);
  if (error > 2e-6 + 1e-5 * max) expect.fail(`${name}: ${error} apart, the largest element is ${max}`);
}

function checkLinear(sizes: { I: number; O: number; rows: number; bias: boolean }, runtime: Runtime) {
  const { I, O, rows, bias } = sizes;
  const name = JSON.stringify(sizes);
  const layer = new Linear(I, O, { bias, runtime });
  const params = new Map([...layer.parameters].map(([key, value]) => [key, Float64Array.from(value.read())]));
  const x = tensor('input', rows, I);
  const d = tensor('gradient', rows, O);
  const reference = linear({ input: Float64Array.from(x.data), rows, I, O, params });
  const expected = reference.backward(Float64Array.from(d.data));

  const { output } = layer.forward(x, { record: true });
  const { input } = layer.backward({ output: d });
  expectNear(`output ${name}`, output.data, reference.output);
  expectNear(`input ${name}`, input?.data as Float32Array, expected.input);
  for (const [key, parameter] of layer.parameters) {
    expectNear(`${key} ${name}`, parameter.readGrad(), named(expected.params, key));
  }
  layer.dispose();
}

/** Gradients add up, and a layer that wants none of them is left alone. */
function checkAccumulation(runtime: Runtime) {
  const layer = new Linear(3, 5, { runtime });
  const [weight, bias] = [...layer.parameters.values()];
  const step = () => {
    layer.forward(tensor('input', 4, 3), { record: true });
    return layer.backward({ output: tensor('gradient', 4, 5) }, { inputGradient: false });
  };
  expect(step(), 'no gradient of the input was wanted').toEqual({});
  const once = weight.readGrad();
  step();
  expectNear(
    'weight twice',
    weight.readGrad(),
    Float64Array.from(once, (value) => 2 * value),
  );
  layer.zeroGrad();
  bias.requiresGrad = false;
  step();
  expect(weight.readGrad()).toEqual(once);
  expect(bias.readGrad()).toEqual(new Float32Array(5));
}

function suite({ name, create }: Variant) {
  describe(`Linear against the float64 reference [${name}]`, () => {
    const runtime = create();
    it.each(SIZES)('inFeatures %i', (I) => {
      for (const O of SIZES) {
        for (const rows of ROWS) checkLinear({ I, O, rows, bias: rows !== 2 }, runtime);
      }
    });
    it('accumulates', () => checkAccumulation(runtime));
    it('takes no rows', () => {
      const layer = new Linear(3, 5, { runtime });
      const { output } = layer.forward(tensor('input', 0, 3), { record: true });
      expect(output.shape).toEqual([0, 5]);
      expect(layer.backward({ output }).input?.shape).toEqual([0, 3]);
    });
  });
}

variants.forEach(suite);
