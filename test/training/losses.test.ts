import { describe, expect, it } from 'vitest';
import { binaryCrossEntropy, crossEntropy, mse, type Runtime, softmax } from '../../src/index.js';
import { seededIntegers } from '../helpers/random.js';
import { type Variant, variants } from '../helpers/variants.js';
import * as reference from '../reference/losses.js';
import { closedForm, closedFormWeights } from '../vectors/closed-form.js';

const CASES = 60;

function expectValues(name: string, actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length, name).toBe(expected.length);
  const max = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const apart = Array.from(expected).reduce(
    (most, value, n) => Math.max(most, Math.abs(value - actual[n])),
    0,
  );
  expect(apart, name).toBeLessThanOrEqual(2e-6 + 1e-5 * max);
}

const tensorOf = (values: Float64Array, ...shape: number[]) => ({ data: Float32Array.from(values), shape });
const exact = (values: ArrayLike<number>) => Float64Array.from(Float32Array.from(values));

function checkCrossEntropy(runtime: Runtime, seed: number) {
  const draw = seededIntegers(seed * 31);
  const [rows, classes] = [1 + draw(19), 1 + draw(19)];
  const name = `random/${seed}`;
  const output = closedForm(name, rows * classes, [1, 8, 64][draw(3)]);
  const weight = draw(2) ? exact(closedFormWeights(`${name}/w`, classes)) : undefined;
  const ignoreIndex = draw(2) ? draw(classes) : -100;
  const targets = Int32Array.from({ length: rows }, () => (draw(6) === 0 ? ignoreIndex : draw(classes)));
  const mask = draw(2) ? Array.from({ length: rows }, () => draw(2)) : undefined;
  const labelSmoothing = draw(2) ? draw(9) / 10 : 0;
  const reduction = draw(2) ? 'mean' : 'sum';
  const options = { ignoreIndex, labelSmoothing, reduction, runtime } as const;
  const result = crossEntropy(tensorOf(output, rows, classes), targets, {
    ...options,
    ...(weight && { weight: Float32Array.from(weight) }),
    ...(mask && { mask }),
  });
  // What is masked is what the reference ignores.
  const counted = targets.map((target, n) => (target === ignoreIndex || mask?.[n] === 0 ? -100 : target));
  const args = { output, rows, classes, targets: counted, weight, labelSmoothing, reduction } as const;
  const none = counted.every((target) => target === -100);
  const expected = none ? { loss: 0, grad: new Float64Array(output.length) } : reference.crossEntropy(args);
  expectValues('loss', [result.loss], [expected.loss]);
  expectValues('gradient', result.grad.data, expected.grad);
  expect(result.grad.shape).toEqual([rows, classes]);
}

/** The mask of values, or of rows, by the weights that the reference takes. */
function maskOf(draw: (limit: number) => number, rows: number, width: number) {
  const kind = draw(3);
  if (kind === 0) return { mask: undefined, kept: new Float64Array(rows * width).fill(1) };
  const mask = Uint8Array.from({ length: kind === 1 ? rows : rows * width }, () => draw(2));
  const kept = Float64Array.from(
    { length: rows * width },
    (_, n) => mask[kind === 1 ? Math.floor(n / width) : n],
  );
  return { mask, kept };
}

function checkElements(runtime: Runtime, seed: number, loss: typeof mse) {
  const draw = seededIntegers(seed * 37);
  const [rows, width] = [1 + draw(9), 1 + draw(9)];
  const name = `${loss.name}/${seed}`;
  const size = rows * width;
  const binary = loss === binaryCrossEntropy;
  const output = closedForm(`${name}/x`, size, binary ? 16 : 2);
  const target = closedForm(`${name}/y`, size).map((y) => (binary ? (y + 1) / 2 : y));
  const given = draw(2) ? exact(closedFormWeights(`${name}/w`, size)) : undefined;
  const { mask, kept } = maskOf(draw, rows, width);
  const reduction = draw(2) ? 'mean' : 'sum';
  const result = loss(tensorOf(output, rows, width), tensorOf(target, rows, width), {
    ...(given && { weight: draw(2) ? Float32Array.from(given) : tensorOf(given, rows, width) }),
    ...(mask && { mask }),
    reduction,
    runtime,
  });
  const weight = kept.map((value, n) => value * (given?.[n] ?? 1));
  const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);
  const expected = binary
    ? reference.binaryCrossEntropy({ output, target, weight, reduction: 'sum' })
    : {
        loss: sum(output.map((x, n) => weight[n] * (x - target[n]) ** 2)),
        grad: output.map((x, n) => 2 * weight[n] * (x - target[n])),
      };
  const divisor = reduction === 'sum' ? 1 : binary ? sum(kept) : sum(weight);
  const scale = divisor > 0 ? 1 / divisor : 0;
  expectValues('loss', [result.loss], [expected.loss * scale]);
  expectValues(
    'gradient',
    result.grad.data,
    expected.grad.map((d) => d * scale),
  );
  expect(result.grad.shape).toEqual([rows, width]);
}

const zeros = (...shape: number[]) => tensorOf(new Float64Array(shape.reduce((a, b) => a * b, 1)), ...shape);

function checkNothingCounts(runtime: Runtime) {
  for (const reduction of ['mean', 'sum'] as const) {
    const all = [
      crossEntropy(zeros(3, 5), new Int32Array(3), { mask: [0, 0, 0], reduction, runtime }),
      crossEntropy(zeros(3, 5), new Int32Array(3).fill(-100), { reduction, labelSmoothing: 0.1, runtime }),
      crossEntropy(zeros(3, 5), new Int32Array(3).fill(2), { ignoreIndex: 2, reduction, runtime }),
      crossEntropy(zeros(3, 5), new Int32Array(3), { weight: new Float32Array(5), reduction, runtime }),
      crossEntropy(zeros(0, 5), new Int32Array(0), { reduction, runtime }),
      mse(zeros(3, 5), zeros(3, 5), { mask: [0, 0, 0], reduction, runtime }),
      mse(zeros(3, 5), zeros(3, 5), { weight: new Float32Array(15), reduction, runtime }),
      mse(zeros(0, 5), zeros(0, 5), { reduction, runtime }),
      binaryCrossEntropy(zeros(3, 5), zeros(3, 5), { mask: new Uint8Array(15), reduction, runtime }),
      binaryCrossEntropy(zeros(0), zeros(0), { reduction, runtime }),
    ];
    for (const { loss, grad } of all) {
      expect(loss).toBe(0);
      expect(grad.data.every((d) => d === 0)).toBe(true);
    }
  }
}

function checkExtremes(runtime: Runtime, scale: number) {
  const data = Float32Array.of(scale, -scale, 0, -scale, scale, 0, 0, 0, scale);
  const output = { data, shape: [3, 3] };
  const targets = Int32Array.of(1, 1, 2);
  for (const labelSmoothing of [0, 0.3]) {
    const { loss, grad } = crossEntropy(output, targets, { labelSmoothing, runtime });
    const args = { output: Float64Array.from(data), rows: 3, classes: 3, targets, labelSmoothing };
    const expected = reference.crossEntropy(args);
    expectValues('loss', [loss], [expected.loss]);
    expectValues('gradient', grad.data, expected.grad);
  }
  const target = { data: Float32Array.of(0, 1, 0.5, 1, 0, 1, 0, 0.25, 1), shape: [3, 3] };
  const binary = binaryCrossEntropy(output, target, { runtime });
  const expected = reference.binaryCrossEntropy({ output: exact(data), target: exact(target.data) });
  expectValues('loss', [binary.loss], [expected.loss]);
  expectValues('gradient', binary.grad.data, expected.grad);
  const { loss, grad } = mse(output, target, { runtime });
  expect(Number.isFinite(loss)).toBe(true);
  expect(grad.data.every(Number.isFinite)).toBe(true);
}

function checkSoftmax(runtime: Runtime, classes: number) {
  for (const scale of [1e-3, 1, 30, 1e4, 3e38]) {
    const logits = exact(closedForm(`softmax/${classes}`, 5 * classes, scale));
    logits[0] = Number.NEGATIVE_INFINITY;
    if (classes === 1) logits[0] = 3;
    const { data, shape } = softmax(tensorOf(logits, 5, 1, classes), { runtime });
    expect(shape).toEqual([5, 1, classes]);
    for (let row = 0; row < 5; row++) {
      const at = row * classes;
      const p = reference.logSoftmax(logits.subarray(at, at + classes)).map(Math.exp);
      // exp is right to two units of the last place, and its argument to half of one of up to 88.
      p.forEach((value, n) =>
        expect(Math.abs(data[at + n] - value)).toBeLessThanOrEqual(value * 1e-5 + 1e-37),
      );
    }
  }
}

/** Shapes of more axes, and bare targets for them. */
function checkShapes(runtime: Runtime) {
  const output = tensorOf(closedForm('shapes', 2 * 3 * 4), 2, 3, 4);
  const classes = Int32Array.of(0, 1, 2, 3, 0, 1);
  const flat = crossEntropy({ ...output, shape: [6, 4] }, classes, { runtime });
  for (const target of [classes, { data: Uint8Array.from(classes), shape: [2, 3] }]) {
    const { loss, grad } = crossEntropy(output, target, { runtime });
    expect(loss).toBe(flat.loss);
    expect(grad).toEqual({ data: flat.grad.data, shape: [2, 3, 4] });
  }
  const one = crossEntropy(
    tensorOf(closedForm('one', 4), 4),
    { data: Int32Array.of(2), shape: [] },
    { runtime },
  );
  expect(one.grad.shape).toEqual([4]);
}

function suite({ name, create }: Variant) {
  describe(`losses against the reference [${name}]`, () => {
    const runtime = create();
    const seeds = Array.from({ length: CASES }, (_, n) => n + 1);
    it('crossEntropy', () => seeds.forEach((seed) => checkCrossEntropy(runtime, seed)));
    it('mse', () => seeds.forEach((seed) => checkElements(runtime, seed, mse)));
    it('binaryCrossEntropy', () => seeds.forEach((seed) => checkElements(runtime, seed, binaryCrossEntropy)));
    it('where nothing counts', () => checkNothingCounts(runtime));
    it.each([100, 1e4, 1e30])('logits of %s', (scale) => checkExtremes(runtime, scale));
    it.each([1, 3, 4, 5, 7, 8, 9, 17])('softmax of %s', (classes) => checkSoftmax(runtime, classes));
    it('of more axes', () => checkShapes(runtime));
  });
}

variants.forEach(suite);
