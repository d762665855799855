import { type Activation, type ActivationSpec, activation } from './activations.js';
import { type Design, GATES, type Options, type Place } from './options.js';

export type Vector = readonly number[];

export interface State {
  h: Vector;
  /** Empty where there is no cell state. */
  c: Vector;
}

/** How far a forward stays from points where its results cannot be compared with differences or float32. */
export interface Margins {
  /** The smallest distance of a value to a kink. */
  kink: number;
  /** The smallest deviation that a normalization divides by. */
  deviation: number;
}

/** What training draws for one sequence; in evaluation there is none of it. */
export interface Draws {
  /** 0 or 1 / (1 − p), the same at every step. */
  input?: Vector;
  /** 0 or 1 / (1 − p), the same at every step. */
  recurrent?: Vector;
  /** 1 where the old value stays. */
  zoneout?: { h: readonly Vector[]; c: readonly Vector[] };
}

/** A level in one direction: its parameters by their names without the suffix. */
export interface Level {
  design: Design;
  place: Place;
  params: ReadonlyMap<string, Vector>;
  activations: readonly Activation[];
  margins: Margins;
  draws: Draws;
}

const DEFAULTS: Record<Design['kind'], ActivationSpec[]> = {
  LSTM: ['sigmoid', 'tanh', 'tanh'],
  GRU: ['sigmoid', 'tanh'],
  RNN: ['tanh'],
};

export function activationsOf({ kind, options }: Design, { direction }: Place): Activation[] {
  const { activations = [], nonlinearity } = options;
  const nested = activations.some((entry) => Array.isArray(entry));
  const own = (nested ? activations[direction] : activations) as readonly ActivationSpec[];
  const specs = own.length > 0 ? own : nonlinearity ? [nonlinearity] : DEFAULTS[kind];
  return specs.map(activation);
}

/** The state after step `t`, of a sequence whose input there is `x`. */
export function step(level: Level, x: Vector, state: State, t: number): State {
  const { input, recurrent } = level.draws;
  const dropped = {
    x: input ? times(x, input) : x,
    h: recurrent ? times(state.h, recurrent) : state.h,
  };
  const next = STEPS[level.design.kind](level, dropped.x, dropped.h, state);
  const { zoneout = 0 } = level.design.options;
  const p = typeof zoneout === 'number' ? { h: zoneout, c: zoneout } : { h: 0, c: 0, ...zoneout };
  const drawn = level.draws.zoneout;
  return {
    h: mix(drawn?.h[t] ?? next.h.map(() => p.h), state.h, next.h),
    c: mix(drawn?.c[t] ?? next.c.map(() => p.c), state.c, next.c),
  };
}

type Step = (level: Level, x: Vector, h: Vector, state: State) => State;

const STEPS: Record<Design['kind'], Step> = { LSTM: lstmStep, GRU: gruStep, RNN: rnnStep };

/** `h` is that of the state behind its dropout. */
function lstmStep(level: Level, x: Vector, h: Vector, { c }: State): State {
  const { coupled, peepholes, cellClip, layerNorm, projSize } = level.design.options;
  const a = lstmSums(level, x, h);
  const peephole = (n: number, cell: Vector) =>
    peepholes ? times(block(param(level, 'weight_peephole'), n, 3), cell) : cell.map(() => 0);
  const gate = (n: number, sum: Vector) => gateInput(level, n, sum);

  const i = squash(level, 0, gate(0, plus(a[0], peephole(0, c))));
  const f = coupled ? i.map((u) => 1 - u) : squash(level, 0, gate(1, plus(a[1], peephole(1, c))));
  const g = squash(level, 1, gate(2, a[2]));
  const cell = clamp(level, plus(times(f, c), times(i, g)), cellClip);
  const o = squash(level, 0, gate(3, plus(a[3], peephole(2, cell))));
  const shown =
    layerNorm === 'cell'
      ? normalized(level, cell, param(level, 'weight_ln_c'), param(level, 'bias_ln_c'))
      : cell;
  const hidden = times(o, squash(level, 2, shown));
  return { h: projSize === undefined ? hidden : product(param(level, 'weight_hr'), hidden), c: cell };
}

/** The sums of the four gates, without their biases where a normalization of each gate still follows. */
function lstmSums(level: Level, x: Vector, h: Vector): Vector[] {
  const { layerNorm } = level.design.options;
  const [fromX, fromH] = [product(param(level, 'weight_ih'), x), product(param(level, 'weight_hh'), h)];
  if (layerNorm === 'gate') return blocks(plus(fromX, fromH), 4);
  const bias = plus(biasOf(level, 'bias_ih'), biasOf(level, 'bias_hh'));
  if (layerNorm === undefined) return blocks(plus(plus(fromX, fromH), bias), 4);
  const norm = (of: Vector, name: string) =>
    normalized(level, of, param(level, `weight_ln_${name}`), param(level, `bias_ln_${name}`));
  return blocks(plus(plus(norm(fromX, 'ih'), norm(fromH, 'hh')), bias), 4);
}

function gateInput(level: Level, n: number, sum: Vector): Vector {
  if (level.design.options.layerNorm !== 'gate') return sum;
  const bias = plus(biasOf(level, 'bias_ih'), biasOf(level, 'bias_hh'));
  return normalized(level, sum, block(param(level, 'weight_ln'), n, 4), block(bias, n, 4));
}

function gruStep(level: Level, x: Vector, h: Vector, state: State): State {
  const { resetAfter = true } = level.design.options;
  const input = blocks(plus(product(param(level, 'weight_ih'), x), biasOf(level, 'bias_ih')), 3);
  const weights = blocks(param(level, 'weight_hh'), 3);
  const biases = blocks(biasOf(level, 'bias_hh'), 3);
  const recurrent = (n: number, from: Vector) => plus(product(weights[n], from), biases[n]);

  const r = squash(level, 0, plus(input[0], recurrent(0, h)));
  const z = squash(level, 0, plus(input[1], recurrent(1, h)));
  const reset = resetAfter ? times(r, recurrent(2, h)) : recurrent(2, times(r, h));
  const n = squash(level, 1, plus(input[2], reset));
  return { h: mix(z, state.h, n), c: [] };
}

function rnnStep(level: Level, x: Vector, h: Vector): State {
  const input = plus(product(param(level, 'weight_ih'), x), biasOf(level, 'bias_ih'));
  const recurrent = plus(product(param(level, 'weight_hh'), h), biasOf(level, 'bias_hh'));
  return { h: squash(level, 0, plus(input, recurrent)), c: [] };
}

function squash(level: Level, n: number, values: Vector): Vector {
  const { value, kinks } = level.activations[n];
  const { clip } = level.design.options;
  return clamp(level, values, clip).map((x) => {
    // A clipped value does not move, however near to a kink it is held.
    const moves = clip === undefined || Math.abs(x) < clip;
    if (moves) for (const kink of kinks) approach(level, x - kink);
    return value(x);
  });
}

function clamp(level: Level, values: Vector, limit: Options['clip']): Vector {
  if (limit === undefined) return values;
  return values.map((x) => {
    approach(level, Math.abs(x) - limit);
    return Math.min(Math.max(x, -limit), limit);
  });
}

function approach({ margins }: Level, distance: number): void {
  margins.kink = Math.min(margins.kink, Math.abs(distance));
}

/** gain ∘ (x − mean) / deviation + bias */
function normalized({ design, margins }: Level, x: Vector, gain: Vector, bias: Vector): Vector {
  const { normEpsilon = 1e-5 } = design.options;
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  const deviation = Math.sqrt(variance + normEpsilon);
  // One value alone is its own mean, exactly.
  if (x.length > 1) margins.deviation = Math.min(margins.deviation, deviation);
  return x.map((value, n) => (gain[n] * (value - mean)) / deviation + bias[n]);
}

function param({ params, place }: Level, name: string): Vector {
  const values = params.get(name);
  if (values === undefined) throw new Error(`no parameter "${name}${place.suffix}"`);
  return values;
}

function biasOf({ params, design }: Level, name: string): Vector {
  return params.get(name) ?? new Array(GATES[design.kind] * design.hiddenSize).fill(0);
}

function product(weight: Vector, x: Vector): Vector {
  const result: number[] = [];
  for (let at = 0; at < weight.length; at += x.length) {
    let sum = 0;
    for (let k = 0; k < x.length; k++) sum += weight[at + k] * x[k];
    result.push(sum);
  }
  return result;
}

function plus(a: Vector, b: Vector): Vector {
  return a.map((value, n) => value + b[n]);
}

function times(a: Vector, b: Vector): Vector {
  return a.map((value, n) => value * b[n]);
}

/** share ∘ old + (1 − share) ∘ fresh */
function mix(share: Vector, old: Vector, fresh: Vector): Vector {
  return share.map((z, n) => z * old[n] + (1 - z) * fresh[n]);
}

function blocks(values: Vector, count: number): Vector[] {
  return Array.from({ length: count }, (_, n) => block(values, n, count));
}

function block(values: Vector, n: number, count: number): Vector {
  const size = values.length / count;
  return values.slice(n * size, (n + 1) * size);
}
