import { GRU } from '../layers/gru.js';
import type { Layer } from '../layers/layer.js';
import { Linear } from '../layers/linear.js';
import { LSTM } from '../layers/lstm.js';
import type { Recurrent } from '../layers/recurrent.js';
import type { Runtime } from '../runtime/runtime.js';
import { activationsOf, type LevelParameters, unseeded } from './copies.js';
import { type Spec, slopeOf, specsOf, squash } from './nonlinearity.js';

/** What a cell does in one step, [batch, hiddenSize] each. */
export interface Seen {
  /** i f g o of an LSTM, r z n of a GRU. */
  readonly gates: Readonly<Record<string, Float32Array>>;
  /** ∂c_t / ∂c_(t−1) where the gates are held still: f; of a GRU ∂h_t / ∂h_(t−1), z. */
  readonly keep?: Float32Array;
  /** ∂(o∘ψ(c)) / ∂c where o is held still; of a GRU 1. */
  readonly open?: Float32Array;
  /** The same by way of o, where it has a peephole. */
  readonly peek?: Float32Array;
}

/** Looks at a step from x [batch, inputSize], the states before it and the cell after it. */
export interface Looking {
  look(x: Float32Array, h: Float32Array, c: Float32Array, next: Float32Array): Seen;
  dispose(): void;
}

/** A level's weights, put together so that a product has the layer's own chain of sums: bias, x, h. */
class Products {
  readonly runtime: Runtime;
  readonly #parameters: LevelParameters;
  readonly #made: Linear[] = [];

  constructor(runtime: Runtime, parameters: LevelParameters) {
    this.runtime = runtime;
    this.#parameters = parameters;
  }

  /** a = b + [W] x + [U] h of the rows of some gates, of those parts that are named. */
  product(parts: readonly ('ih' | 'hh')[], from: number, rows: number) {
    const weights = parts.map((part) => this.#rows(`weight_${part}`, from, rows));
    const widths = weights.map((weight) => weight.length / rows);
    const K = widths.reduce((sum, width) => sum + width, 0);
    const weight = new Float32Array(rows * K);
    for (let row = 0; row < rows; row++) {
      let at = row * K;
      for (const [n, width] of widths.entries()) {
        weight.set((weights[n] as Float32Array).subarray(row * width, (row + 1) * width), at);
        at += width;
      }
    }
    const bias = new Float32Array(rows);
    for (const part of parts)
      for (const [n, value] of this.#rows(`bias_${part}`, from, rows).entries())
        bias[n] = (bias[n] as number) + value;
    const linear = new Linear(K, rows, unseeded(this.runtime));
    linear.loadStateDict({ weight: { data: weight, shape: [rows, K] }, bias: { data: bias, shape: [rows] } });
    this.#made.push(linear);
    return (batch: number, ...inputs: Float32Array[]) => rowsThrough(linear, batch, inputs);
  }

  /** Rows of a parameter; zeros for a bias that is not there. */
  #rows(name: string, from: number, rows: number): Float32Array {
    const parameter = this.#parameters[name];
    if (!parameter) return new Float32Array(rows);
    const width = parameter.shape[1] ?? 1;
    return parameter.data.slice(from * width, (from + rows) * width);
  }

  dispose(): void {
    for (const linear of this.#made) linear.dispose();
  }
}

/** Inputs side by side, [batch, ·] each, through a product; gives its rows, [batch, rows]. */
function rowsThrough(linear: Linear, batch: number, inputs: readonly Float32Array[]): Float32Array {
  const K = linear.inFeatures;
  const joined = new Float32Array(batch * K);
  for (let b = 0; b < batch; b++) {
    let at = b * K;
    for (const input of inputs) {
      const width = input.length / batch;
      joined.set(input.subarray(b * width, (b + 1) * width), at);
      at += width;
    }
  }
  return linear.forward({ data: joined, shape: [batch, K] }).output.data;
}

/** Block `n` of rows of `count` blocks. */
function block(a: Float32Array, n: number, count: number, H: number): Float32Array {
  const batch = a.length / (count * H);
  const out = new Float32Array(batch * H);
  for (let b = 0; b < batch; b++) out.set(a.subarray((b * count + n) * H, (b * count + n + 1) * H), b * H);
  return out;
}

/** Element by element; each result is a float32. */
export function each(
  of: (a: number, b: number, c: number) => number,
  a: Float32Array,
  b: Float32Array,
  c = a,
): Float32Array {
  return a.map((value, n) => of(value, b[n] as number, c[n] as number));
}

export function lookingAt(layer: Recurrent, direction: number, parameters: LevelParameters): Looking {
  const activations = activationsOf(layer, direction);
  const products = new Products(layer.runtime, parameters);
  const look =
    layer instanceof LSTM
      ? lstm(layer, products, parameters, specsOf(activations, ['sigmoid', 'tanh', 'tanh']))
      : layer instanceof GRU
        ? gru(layer, products, specsOf(activations, ['sigmoid', 'tanh']))
        : () => ({ gates: {} });
  return { look, dispose: () => products.dispose() };
}

/** What a nonlinearity reads, under the bound that there may be. */
function bounded(layer: Layer, a: Float32Array): Float32Array {
  const clip = Math.fround((layer as Recurrent).clip);
  return clip > 0 ? a.map((value) => Math.min(Math.max(value, -clip), clip)) : a;
}

/** ψ' at what it reads; 0 where the bound holds that. */
function boundedSlope(layer: Recurrent, spec: Spec, a: Float32Array, y: Float32Array): Float32Array {
  const slope = slopeOf(layer.runtime, spec, a, y);
  const clip = Math.fround(layer.clip);
  return clip > 0 ? each((d, x) => (Math.abs(x) < clip ? d : 0), slope, a) : slope;
}

interface OwnLSTM {
  readonly coupled?: boolean;
  readonly cellClip?: number;
}

function lstm(
  layer: LSTM,
  products: Products,
  parameters: LevelParameters,
  [gate, candidate, cell]: readonly Spec[],
): Looking['look'] {
  const H = layer.hiddenSize;
  const { runtime } = layer;
  const { coupled, cellClip: bound = 0 } = layer.config() as OwnLSTM;
  const cellClip = Math.fround(bound);
  const product = products.product(['ih', 'hh'], 0, 4 * H);
  const peepholes = parameters.weight_peephole?.data;
  const through = (spec: Spec | undefined, a: Float32Array) => squash(runtime, spec as Spec, a);
  const withPeephole = (a: Float32Array, n: number, from: Float32Array) =>
    peepholes
      ? a.map(
          (value, at) => value + Math.fround((peepholes[n * H + (at % H)] as number) * (from[at] as number)),
        )
      : a;
  return (x, h, c, next) => {
    const a = product(c.length / H, x, h);
    const sum = (n: number, peephole: number, from: Float32Array) =>
      bounded(layer, withPeephole(block(a, n, 4, H), peephole, from));
    const i = through(gate, sum(0, 0, c));
    const f = coupled ? i.map((value) => 1 - value) : through(gate, sum(1, 1, c));
    const g = through(candidate, bounded(layer, block(a, 2, 4, H)));
    const sumO = sum(3, 2, next);
    const o = through(gate, sumO);
    const inner = bounded(layer, next);
    const shown = through(cell, inner);
    const keep = cellClip > 0 ? each((u, y) => (Math.abs(y) < cellClip ? u : 0), f, next) : f;
    const open = each((u, d) => u * d, o, boundedSlope(layer, cell as Spec, inner, shown));
    if (!peepholes) return { gates: { i, f, g, o }, keep, open };
    const slope = each((y, d) => y * d, shown, boundedSlope(layer, gate as Spec, sumO, o));
    const peek = slope.map((value, at) => value * (peepholes[2 * H + (at % H)] as number));
    return { gates: { i, f, g, o }, keep, open, peek };
  };
}

function gru(layer: GRU, products: Products, [gate, candidate]: readonly Spec[]): Looking['look'] {
  const H = layer.hiddenSize;
  const { runtime } = layer;
  const before = (layer.config() as { resetAfter?: boolean }).resetAfter === false;
  const gates = products.product(['ih', 'hh'], 0, 2 * H);
  const input = products.product(before ? ['ih', 'hh'] : ['ih'], 2 * H, H);
  const hidden = before ? undefined : products.product(['hh'], 2 * H, H);
  return (x, h) => {
    const batch = h.length / H;
    const a = gates(batch, x, h);
    const [r, z] = [0, 1].map((n) => squash(runtime, gate as Spec, bounded(layer, block(a, n, 2, H)))) as [
      Float32Array,
      Float32Array,
    ];
    const sum = hidden
      ? each((first, u, second) => first + Math.fround(u * second), input(batch, x), r, hidden(batch, h))
      : input(
          batch,
          x,
          each((u, v) => u * v, r, h),
        );
    const n = squash(runtime, candidate as Spec, bounded(layer, sum));
    return { gates: { r, z, n }, keep: z, open: new Float32Array(z.length).fill(1) };
  };
}
