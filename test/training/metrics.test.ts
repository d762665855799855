import { describe, expect, it } from 'vitest';
import {
  accuracy,
  bitsPerCharacter,
  characterErrorRate,
  crossEntropy,
  editDistance,
  f1,
  type Integers,
  Linear,
  type Metric,
  mae,
  measure,
  mse,
  perplexity,
  type Runtime,
  rmse,
  SGD,
  softmax,
  type Tensor,
  Trainer,
} from '../../src/index.js';
import { ids, tensor } from '../helpers/bits.js';
import { bad, expectRefusal } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

/** Logits whose likeliest classes are these. */
function logitsOf(classes: number[], count: number, ...shape: number[]): Tensor {
  const { data } = tensor('logits', classes.length, count);
  for (const [row, one] of classes.entries()) data[row * count + one] = 2;
  return { data, shape: [...(shape.length > 0 ? shape : [classes.length]), count] };
}

const values = (...data: number[]): Tensor => ({ data: Float32Array.from(data), shape: [data.length] });

function checkAccuracy() {
  const logits = logitsOf([0, 1, 2, 2, 1], 3);
  const target = Int32Array.of(0, 1, 2, 0, 0);
  expect(measure(accuracy(), logits, target)).toBe(3 / 5);
  expect(measure(accuracy(), logits, target, { mask: [1, 0, 0, 1, 0] })).toBe(1 / 2);
  expect(measure(accuracy({ ignoreIndex: 0 }), logits, target)).toBe(1);
  expect(measure(accuracy(), logits, new Int32Array(5).fill(-100))).toBe(Number.NaN);
  // As likely: the first one.
  expect(measure(accuracy(), { data: new Float32Array(4), shape: [2, 2] }, Uint8Array.of(0, 1))).toBe(1 / 2);
  expect(measure(accuracy(), values(3, -1, 0, 2), values(1, 0, 1, 0))).toBe(1 / 2);
  expect(measure(accuracy(), values(3, -1, 0, 2), values(1, 0, 1, 0), { mask: [1, 1, 1, 0] })).toBe(2 / 3);
}

/** Against the probabilities themselves, in double precision. */
function checkPerplexity(runtime: Runtime) {
  const logits = tensor('logits', 40, 7);
  for (let n = 0; n < logits.data.length; n++) logits.data[n] *= 6;
  const target = { data: ids('t', 40).data.map((id) => id % 7), shape: [40] };
  const mask = Array.from({ length: 40 }, (_, n) => n % 3);
  const { data } = softmax(logits, { runtime });
  const counted = [...mask.keys()].filter((n) => mask[n] !== 0);
  const nats = counted.reduce((sum, n) => sum - Math.log(data[n * 7 + target.data[n]]), 0) / counted.length;
  const of = (metric: Metric<Integers>) => measure(metric, logits, target, { mask, runtime });
  expect(of(bitsPerCharacter()) / (nats / Math.LN2)).toBeCloseTo(1, 5);
  expect(of(perplexity()) / Math.exp(nats)).toBeCloseTo(1, 5);
  const { loss } = crossEntropy(logits, target, { mask, runtime });
  expect(of(perplexity()) / Math.exp(loss)).toBeCloseTo(1, 14);
  expect(of(bitsPerCharacter()) / (loss / Math.LN2)).toBeCloseTo(1, 14);
  // Of nothing, and of a model that is sure of what is wrong.
  expect(measure(perplexity(), logits, new Int32Array(40).fill(-100), { runtime })).toBe(Number.NaN);
  const sure = { data: Float32Array.of(0, 2000), shape: [1, 2] };
  expect(measure(perplexity(), sure, Int32Array.of(0), { runtime })).toBe(Number.POSITIVE_INFINITY);
  expect(measure(perplexity(), sure, Int32Array.of(1), { runtime })).toBe(1);
}

function checkErrors() {
  const [output, target] = [values(1, 5, -2, 4), values(2, 2, -2, 8)];
  expect(measure(rmse(), output, target)).toBe(Math.sqrt(26 / 4));
  expect(measure(mae(), output, target)).toBe(2);
  expect(measure(rmse({ scale: 3 }), output, target, { mask: [1, 1, 0, 0] })).toBe(3 * Math.sqrt(5));
  expect(measure(mae({ scale: 0.5 }), output, target, { mask: [0, 1, 1, 0] })).toBe(0.75);
  const rows = (x: Tensor): Tensor => ({ ...x, shape: [2, 2] });
  expect(measure(mae(), rows(output), rows(target), { mask: [0, 1] }), 'a mask of rows').toBe(2);
}

/** Classes 0, 1, 2 with F1 of 2/3, 1/2 and 0; class 3 never occurs. */
function checkF1() {
  const logits = logitsOf([0, 0, 1, 1, 0, 2], 4);
  const target = Int32Array.of(0, 0, 1, 2, 1, -100);
  const [zero, one, two] = [(2 * 2) / (4 + 1), (2 * 1) / (2 + 1 + 1), 0];
  expect(measure(f1(), logits, target)).toBeCloseTo((zero + one + two) / 3, 15);
  expect(measure(f1({ average: 'micro' }), logits, target)).toBe((2 * 3) / (2 * 3 + 2 + 2));
  expect(measure(f1({ average: 'binary' }), logits, target)).toBe(one);
  expect(measure(f1({ average: 'binary', positive: 0 }), logits, target)).toBe(zero);
  expect(measure(f1({ average: 'binary', positive: 3 }), logits, target)).toBe(0);
  expect(measure(f1(), logits, target, { mask: [1, 1, 0, 0, 0, 1] }), 'only class 0').toBe(1);
}

/** Two labels at once: the first right, missed, in vain; the second right alone. */
function checkLabels() {
  const of = (...data: number[]): Tensor => ({ data: Float32Array.from(data), shape: [4, 2] });
  const [output, target] = [of(1, -1, -1, 2, 1, -3, -2, -2), of(1, 0, 1, 1, 0, 0, 0, 0)];
  expect(measure(f1(), output, target)).toBe((0.5 + 1) / 2);
  expect(measure(f1({ average: 'micro' }), output, target)).toBe(4 / 6);
  expect(measure(f1({ average: 'binary' }), output, target)).toBe(4 / 6);
}

function checkDistances() {
  const cases: [string, string, number][] = [
    ['', '', 0],
    ['abc', '', 3],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['flaw', 'lawn', 2],
    ['👍🏽a', 'a', 2],
    ['ab', 'ba', 2],
  ];
  for (const [a, b, expected] of cases) {
    expect(editDistance(a, b), `${a} ${b}`).toBe(expected);
    expect(editDistance(b, a), `${b} ${a}`).toBe(expected);
  }
  expect(editDistance(Int32Array.of(1, 2, 3), [1, 3])).toBe(1);
  expectRefusal(() => editDistance(bad(3), ''), TypeError, /^a expected text or an array, got 3$/);
}

function checkErrorRate() {
  const logits = logitsOf([1, 1, 0, 1, 2, 0, 2, 2, 2, 1], 3, 2, 5);
  const cer = (options: Parameters<typeof characterErrorRate>[0], target: Integers, mask?: number[]) =>
    measure(characterErrorRate(options), logits, target, { ...(mask && { mask }) });
  const same = { data: Int32Array.of(1, 1, 0, 1, 2, 0, 2, 2, 2, 1), shape: [2, 5] };
  expect(cer({}, same)).toBe(0);
  expect(cer({}, { data: Int32Array.of(1, 1, 1, 2, 0, 2, 2, 1), shape: [2, 4] })).toBe(2 / 8);
  // 1 1 0 1 2 reads 1 1 2, and 0 2 2 2 1 reads 2 1.
  const target = { data: Int32Array.of(1, 1, 2, 2, 1, -100), shape: [2, 3] };
  expect(cer({ blank: 0 }, target)).toBe(0);
  expect(cer({ blank: 0, ignoreIndex: 2 }, target), '1 1, and 1 -100').toBe(3 / 4);
  // Only what lies within: 1 1 0, and 0 2.
  const mask = [1, 1, 1, 0, 0, 1, 1, 0, 0, 0];
  expect(cer({}, { data: Int32Array.of(1, 1, 0, 9, 9, 0, 1, 9, 9, 9), shape: [2, 5] }, mask)).toBe(1 / 5);
  expect(measure(characterErrorRate(), logitsOf([1, 2], 3), Int32Array.of(1))).toBe(1);
  const shapes = /^target expected shape \[batch, length\]/;
  expectRefusal(() => cer({}, Int32Array.of(1)), RangeError, shapes);
  expectRefusal(() => cer({}, { data: new Int32Array(3), shape: [3, 1] }), RangeError, shapes);
}

/** In parts what it is at once, and not the mean of the parts. */
async function checkParts(runtime: Runtime) {
  const model = new Linear(3, 2, { runtime });
  const [input, target] = [tensor('x', 9, 3), tensor('y', 9, 2)];
  const trainer = new Trainer<Tensor>(model, {
    ...{ loss: mse, optimizer: new SGD(model) },
    metrics: { rmse: rmse(), mae: mae(), f1: f1() as Metric<Tensor>, right: accuracy() as Metric<Tensor> },
  });
  const part = (from: number, to: number) => ({
    input: { data: input.data.slice(from * 3, to * 3), shape: [to - from, 3] },
    target: { data: target.data.slice(from * 2, to * 2), shape: [to - from, 2] },
  });
  const whole = await trainer.evaluate([{ input, target }]);
  const parts = await trainer.evaluate([part(0, 1), part(1, 6), part(6, 9)]);
  for (const [name, value] of Object.entries(whole.metrics))
    expect(parts.metrics[name], name).toBeCloseTo(value, 12);
  expect(parts.loss).toBeCloseTo(whole.loss, 6);
  const { output } = model.forward(input);
  expect(whole.metrics.rmse).toBe(measure(rmse(), output, target));
  expect(whole.metrics.rmse).toBeCloseTo(Math.sqrt(whole.loss), 5);
  expect(trainer.trainStep({ input, target }).metrics).toEqual(whole.metrics);
}

const REFUSALS: [string, () => unknown, new () => Error, RegExp][] = [
  ['another option', () => accuracy(bad({ ignoreindex: 1 })), TypeError, /did you mean "ignoreIndex"/],
  [
    'half a class',
    () => perplexity({ ignoreIndex: 0.5 }),
    RangeError,
    /^ignoreIndex expected a whole number/,
  ],
  ['a scale of 0', () => rmse({ scale: 0 }), RangeError, /^scale expected a number above 0, got 0/],
  [
    'another average',
    () => f1({ average: bad('makro') }),
    RangeError,
    /^average expected one of .*did you mean "macro"/,
  ],
  ['a blank below 0', () => characterErrorRate({ blank: -1 }), RangeError, /^blank expected a whole number/],
  ['no output', () => measure(mae(), bad(3), values(1)), TypeError, /^output expected a tensor/],
  ['another shape', () => measure(mae(), values(1, 2), values(1)), RangeError, /^"target" expected shape/],
  [
    'a class too large',
    () => measure(accuracy(), logitsOf([0], 2), Int32Array.of(2)),
    RangeError,
    /^target\[0\]/,
  ],
  [
    'an option of none',
    () => measure(mae(), values(1), values(1), bad({ maks: 1 })),
    TypeError,
    /did you mean "mask"/,
  ],
];

function suite({ name, create }: Variant) {
  describe(`metrics [${name}]`, () => {
    it('perplexity and bits per character', () => checkPerplexity(create()));
    it('over several batches', () => checkParts(create()));
  });
}

variants.forEach(suite);

describe('metrics', () => {
  it('accuracy', checkAccuracy);
  it('rmse and mae', checkErrors);
  it('f1 of classes', checkF1);
  it('f1 of labels', checkLabels);
  it('edit distance', checkDistances);
  it('character error rate', checkErrorRate);
  it.each(REFUSALS)('refuse %s', (_, act, error, message) => expectRefusal(act, error, message));
});
