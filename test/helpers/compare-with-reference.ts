import { expect } from 'vitest';
import type { Runtime } from '../../src/index.js';
import { recurrentLayer, type Values } from '../reference/layer.js';
import { optionShapes } from '../reference/options.js';
import { closedForm } from '../vectors/closed-form.js';
import {
  type AnyLayer,
  build,
  filled,
  forwardOptions,
  type Given,
  type OptionCase,
  shakenBy,
  silent,
  tensorOf,
  unread,
} from './options.js';

/** Small enough to stay on one side of every kink, and of an error of 1e-9 in float64. */
const STEP = 2e-6;

/** A derivative of the loss: of one element of a tensor, or of all of them together along `direction`. */
interface Derivative {
  tensor: string;
  direction: readonly number[];
  expected: number;
}

/** What a case gives in float64. */
export interface Expected {
  results: Record<string, Values>;
  derivatives: readonly Derivative[];
  /** Of a gradient, in shares of the largest. */
  tolerance: number;
  /** How far rounding of all that goes in moves the derivatives of each tensor, for random cases. */
  rounding?(): Record<string, number>;
}

/** Results, and derivatives at `elements` places of each tensor or at all, and along one direction more. */
export function expectedOf(one: OptionCase, given: Given, elements: number): Expected {
  const { margins, ...results } = recurrentLayer({ ...one, ...given });
  const loss = (moved: Given) => {
    const { margins: _, ...now } = recurrentLayer({ ...one, ...moved });
    return lossOf(one, given, now);
  };
  // What a normalization divides by a small number, rounding included, it makes as much larger.
  const tolerance = 2e-5 * Math.max(1, 0.1 / margins.deviation);
  return { results, derivatives: derivativesOf(given, loss, elements, STEP), tolerance };
}

/**
 * The same for a random case, which may be worse conditioned than its results show: a derivative through several normalizations or
 * steps may move by more than the tolerance if float32 rounds its inputs another way, and so cannot be computed more exactly.
 */
export function expectedOfRandom(one: OptionCase, given: Given, elements: number): Expected {
  const expected = expectedOf(one, given, elements);
  const loss = (moved: Given) => {
    const { margins: _, ...now } = recurrentLayer({ ...one, ...moved });
    return lossOf(one, given, now);
  };
  const rounding = () => {
    const most: Record<string, number> = {};
    for (const noise of ['noise', 'other noise', 'third noise'])
      derivativesOf(shakenBy(given, noise), loss, elements, STEP).forEach((moved, n) => {
        const apart = Math.abs(moved.expected - expected.derivatives[n].expected);
        most[moved.tensor] = Math.max(most[moved.tensor] ?? 0, apart);
      });
    return most;
  };
  return { ...expected, rounding };
}

/** The loss that a case's gradients belong to. */
export function lossOf(one: OptionCase, given: Given, results: object): number {
  const d = { ...given.d, output: outputGradient(one, given, 0) } as Record<string, Values>;
  const all = Object.entries(results as Record<string, { data: ArrayLike<number> }>);
  return all.reduce((sum, [name, { data }]) => sum + dot(data, d[name].data), 0);
}

/** Central differences of `loss` in everything that goes into a case. */
export function derivativesOf(
  given: Given,
  loss: (moved: Given) => number,
  elements: number,
  step: number,
): Derivative[] {
  const copies = copiesOf(given);
  const { input, h0, c0, ...params } = copies;
  const moved: Given = { d: given.d, params, input, ...(h0 && { h0 }), ...(c0 && { c0 }) };
  return Object.entries(copies).flatMap(([tensor, { data }]) =>
    directions(tensor, data.length, elements).map((direction) => ({
      ...{ tensor, direction },
      expected: derivative(() => loss(moved), data, direction, step),
    })),
  );
}

/** Of everything that has a gradient, to be moved by the differences. */
function copiesOf({
  params,
  input,
  h0,
  c0,
}: Given): Record<string, { data: number[]; shape: readonly number[] }> {
  const all = { input, ...(h0 && { h0 }), ...(c0 && { c0 }), ...params };
  return Object.fromEntries(
    Object.entries(all).map(([name, { data, shape }]) => [name, { data: [...data], shape }]),
  );
}

function directions(name: string, size: number, elements: number): number[][] {
  const unit = (at: number) => Array.from({ length: size }, (_, n) => (n === at ? 1 : 0));
  if (size <= elements) return Array.from({ length: size }, (_, at) => unit(at));
  const places = [...closedForm(`${name}/places`, elements)].map((u) => Math.floor(((u + 1) / 2) * size));
  const signs = closedForm(`${name}/signs`, size);
  return [...places.map(unit), [...signs].map((u) => Math.sign(u) / Math.sqrt(size))];
}

function derivative(
  loss: () => number,
  values: number[],
  direction: readonly number[],
  size: number,
): number {
  const before = [...values];
  const at = (step: number) => {
    for (let n = 0; n < values.length; n++) values[n] = before[n] + step * direction[n];
    return loss();
  };
  const slope = (at(size) - at(-size)) / (2 * size);
  for (let n = 0; n < values.length; n++) values[n] = before[n];
  return slope;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let n = 0; n < a.length; n++) sum += a[n] * b[n];
  return sum;
}

function outputGradient(one: OptionCase, { d }: Given, ignored: number): Values {
  return d.output.shape.length === 3 ? filled(d.output, one, silent, ignored) : d.output;
}

/** How a layer is made and run beside its case: dropouts, a seed, in training. */
export interface Manner {
  layer?: object;
  training?: boolean;
}

/** Forward and backward of the core against all that is expected. What is not to be read holds NaN. */
export function checkCase(
  one: OptionCase,
  given: Given,
  expected: Expected,
  runtime: Runtime,
  manner: Manner = {},
): void {
  const layer = build(one, given, runtime, manner.layer);
  const shapes = [...layer.parameters].map(([name, { shape }]) => [name, [...shape]]);
  expect(shapes, 'parameters').toEqual([...optionShapes(one)]);
  const results = run(layer, one, given, manner);
  for (const [name, { data, shape }] of Object.entries(expected.results)) {
    const actual = results[name as 'output'];
    expect([...actual.shape], `shape of ${name}`).toEqual(shape);
    expectNear(name, actual.data, data);
  }
  expectDerivatives(
    gradientsOf(layer, one, given),
    expected.derivatives,
    expected.tolerance,
    expected.rounding,
  );
  layer.dispose();
}

/** A recorded forward. */
export function run(layer: AnyLayer, one: OptionCase, given: Given, { training = false }: Manner) {
  const input = tensorOf(filled(given.input, one, unread, Number.NaN));
  return layer.forward(input, { ...forwardOptions(one, given), training, record: true });
}

/** Of everything that went into the recorded forward, by name. */
export function gradientsOf(layer: AnyLayer, one: OptionCase, given: Given): Record<string, Float32Array> {
  const d = { ...given.d, output: outputGradient(one, given, Number.NaN) };
  const named = Object.entries(d).map(([name, value]) => [name, tensorOf(value)]);
  const gradients: Record<string, Float32Array> = {};
  for (const [name, value] of Object.entries(layer.backward(Object.fromEntries(named))))
    if (value) gradients[name] = value.data;
  for (const [name, parameter] of layer.parameters) gradients[name] = parameter.readGrad();
  return gradients;
}

export function expectNear(name: string, actual: Float32Array, expected: readonly number[]): void {
  expect(actual.length, `length of ${name}`).toBe(expected.length);
  const most = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const tolerance = 2e-6 + 1e-5 * most;
  const apart = expected.findIndex((value, n) => !(Math.abs(actual[n] - value) <= tolerance));
  const found = apart < 0 ? 'near' : `${actual[apart]} for ${expected[apart]} at ${apart}`;
  expect(found, name).toBe('near');
}

/** Within `tolerance` of the largest of the tensor, or of 1; or, as each operation rounds too, within four times what rounding the inputs moves. */
export function expectDerivatives(
  gradients: Record<string, Float32Array>,
  derivatives: readonly Derivative[],
  tolerance: number,
  rounding?: () => Record<string, number>,
): void {
  let moved: Record<string, number> | undefined;
  const wrong = derivatives.flatMap(({ tensor, direction, expected }) => {
    const gradient = gradients[tensor];
    const most = gradient.reduce((max, value) => Math.max(max, Math.abs(value)), 1);
    const actual = dot(gradient, direction);
    const apart = Math.abs(actual - expected);
    if (apart <= tolerance * most) return [];
    // Computed only for what is further away: it takes three times as long as the derivatives.
    moved ??= rounding?.();
    if (moved && apart <= 4 * moved[tensor]) return [];
    const at = direction.indexOf(1);
    return [`${tensor}${at < 0 ? ' as a whole' : ` at ${at}`}: ${actual} for ${expected}`];
  });
  expect(wrong, 'gradients').toEqual([]);
}
