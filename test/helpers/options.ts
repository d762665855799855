import { GRU, LSTM, type Parameter, RNN, type Runtime, type Stream, type Tensor } from '../../src/index.js';
import { type LayerArguments, recurrentLayer, type Values } from '../reference/layer.js';
import { type Design, directionCount, type Options, optionShapes, stateSize } from '../reference/options.js';
import { closedForm, elementCount } from '../vectors/closed-form.js';

/** A layer with options, and a forward through it. */
export interface OptionCase extends Design {
  batch: number;
  time: number;
  /** The states that are given. */
  states: readonly ('h0' | 'c0')[];
  lengths?: readonly number[];
  /** [batch, time] */
  mask?: readonly number[];
  /** What training draws, where it is known. */
  draws?: NonNullable<LayerArguments['draws']>;
}

/** What all three recurrent layers take and give. */
export interface AnyLayer {
  readonly parameters: ReadonlyMap<string, Parameter>;
  forward(input: Tensor, options?: object): { output: Tensor; hN: Tensor; cN?: Tensor };
  backward(gradient: object): { input: Tensor; h0: Tensor; c0?: Tensor };
  stream(options?: object): Stream;
  dispose(): void;
}

const KINDS = { LSTM, GRU, RNN };

export function make({ kind, inputSize, hiddenSize, options }: Design, more: object): AnyLayer {
  const all = { ...options, ...more } as never;
  return new KINDS[kind](inputSize, hiddenSize, all) as unknown as AnyLayer;
}

/** All that goes into a case and into its loss, Σ output · d.output + Σ hN · d.hN + Σ cN · d.cN; float32 values. */
export interface Given {
  params: Record<string, Values>;
  input: Values;
  h0?: Values;
  c0?: Values;
  d: { output: Values; hN: Values; cN?: Values };
}

export function values(name: string, shape: readonly number[], scale: number): Values {
  return { data: [...closedForm(name, elementCount(shape), Math.fround(scale))].map(Math.fround), shape };
}

export function tensorOf({ data, shape }: Values): Tensor {
  return { data: Float32Array.from(data), shape };
}

/** Values of an order at which gates are open and shut, gains about 1. */
export function draw(one: OptionCase, name: string): Given {
  const params = [...optionShapes(one)].map(([key, shape]): [string, Values] => [
    key,
    parameter(`${name}/${key}`, key, shape),
  ]);
  const count = (one.options.numLayers ?? 1) * directionCount(one);
  const shapes = { h0: [count, one.batch, stateSize(one)], c0: [count, one.batch, one.hiddenSize] };
  const states = one.states.map((state) => [state, values(`${name}/${state}`, shapes[state], 0.75)]);
  const given = {
    params: Object.fromEntries(params),
    input: values(`${name}/input`, [one.batch, one.time, one.inputSize], 1.5),
    ...Object.fromEntries(states),
  };
  const { margins: _, ...results } = recurrentLayer({ ...one, ...given });
  const d = Object.entries(results).map(([key, { shape }]) => [key, values(`${name}/d ${key}`, shape, 1)]);
  return { ...given, d: Object.fromEntries(d) };
}

function parameter(seed: string, name: string, shape: readonly number[]): Values {
  if (name.startsWith('weight_ln')) {
    const { data } = values(seed, shape, 0.5);
    return { data: data.map((value) => Math.fround(1 + value)), shape };
  }
  if (shape.length === 1) return values(seed, shape, 0.625);
  return values(seed, shape, 1.5 / Math.sqrt(shape[1]));
}

type Accepts = (one: OptionCase, given: Given) => boolean;

/** Nothing has grown so large that others drown in it: gates without a bound can square a state at each step. */
export const moderate: Accepts = (one, given) => {
  const { margins: _, ...results } = recurrentLayer({ ...one, ...given });
  return Object.values(results).every(({ data }) => data.every((value) => Math.abs(value) < 20));
};

/** How far results move if all that goes in is rounded another way: by less than a float32's last digit. */
function sensitivity(one: OptionCase, given: Given): number {
  const results = recurrentLayer({ ...one, ...given });
  const moved = recurrentLayer({ ...one, ...shakenBy(given, 'noise') });
  const apart = (['output', 'hN', 'cN'] as const).flatMap((name) =>
    (results[name]?.data ?? []).map((value, n) => Math.abs(value - (moved[name] as Values).data[n])),
  );
  return Math.max(...apart);
}

/** The same case with its input, states and parameters rounded another way. */
export function shakenBy(given: Given, noise: string): Given {
  const { input, h0, c0, params } = given;
  const shaken = (name: string, value: Values) => shakenValues(`${name}/${noise}`, value);
  return {
    ...{ d: given.d, input: shaken('input', input), ...(h0 && { h0: shaken('h0', h0) }) },
    ...(c0 && { c0: shaken('c0', c0) }),
    params: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, shaken(name, value)])),
  };
}

function shakenValues(name: string, { data, shape }: Values): Values {
  const noise = closedForm(name, data.length, 2 ** -24);
  return { data: data.map((value, n) => value * (1 + noise[n])), shape };
}

/**
 * Besides, kinks are further off than any step of the differences, or any rounding, moves a value; no normalization
 * divides by so little that it makes digits of float32's last; nor do recurrent weights, step by step.
 */
export const wellConditioned: Accepts = (one, given) => {
  const { kink, deviation } = recurrentLayer({ ...one, ...given }).margins;
  return kink > 2e-4 && deviation > 0.03 && moderate(one, given) && sensitivity(one, given) < 1e-6;
};

/** The first of the draws for a case that is accepted. */
export function drawUntil(accepts: Accepts, one: OptionCase, name: string, tries: number): Given | undefined {
  for (let n = 0; n < tries; n++) {
    const given = draw(one, `${name}/${n}`);
    if (accepts(one, given)) return given;
  }
  return undefined;
}

/** A draw for a case of a table, which has to have one. */
export function drawFor(accepts: Accepts, one: OptionCase, name: string): Given {
  const given = drawUntil(accepts, one, name, 200);
  if (given === undefined) throw new Error(`${name}: none of 200 draws is accepted`);
  return given;
}

/** A new layer of this case with the drawn parameters. */
export function build(one: OptionCase, { params }: Given, runtime: Runtime, more: object = {}): AnyLayer {
  const layer = make(one, { runtime, seed: 1, ...more });
  for (const [name, { data }] of Object.entries(params))
    layer.parameters.get(name)?.write(Float32Array.from(data));
  return layer;
}

/** Whether the input at (b, t) is never read: past the end, or masked. */
export function unread({ lengths, mask, time }: OptionCase, b: number, t: number): boolean {
  return t >= (lengths?.[b] ?? time) || mask?.[b * time + t] === 0;
}

/** Whether the output at (b, t) is 0 whatever happens, so that its gradient is ignored. */
export function silent({ lengths, mask, time, options }: OptionCase, b: number, t: number): boolean {
  const masked = mask?.[b * time + t] === 0 && options.maskedOutput === 'zeros';
  return t >= (lengths?.[b] ?? time) || masked;
}

/** The same with `value` in all of [batch, time, ·] that `where` tells. */
export function filled(
  { data, shape }: Values,
  one: OptionCase,
  where: typeof unread,
  value: number,
): Values {
  const size = shape[2];
  const at = (n: number) => Math.floor(n / size);
  const there = (n: number) => where(one, Math.floor(at(n) / one.time), at(n) % one.time);
  return { data: data.map((old, n) => (there(n) ? value : old)), shape };
}

/** What `forward` takes of a case beside its input. */
export function forwardOptions({ lengths, mask, batch, time }: OptionCase, { h0, c0 }: Given) {
  return {
    ...(h0 && { h0: tensorOf(h0) }),
    ...(c0 && { c0: tensorOf(c0) }),
    ...(lengths && { lengths }),
    ...(mask && { mask: { data: Uint8Array.from(mask), shape: [batch, time] } }),
  };
}

/** One option on its own, where a table or a test names it. */
export function caseOf(
  kind: OptionCase['kind'],
  options: Options,
  more: Partial<OptionCase> = {},
): OptionCase {
  return {
    ...{ kind, inputSize: 3, hiddenSize: 5, batch: 3, time: 4, options },
    ...{ states: kind === 'LSTM' ? ['h0', 'c0'] : ['h0'], ...more },
  };
}
