import { Linear } from '../layers/linear.js';
import type { Runtime } from '../runtime/runtime.js';
import { type LevelParameters, unseeded } from './copies.js';

/** A level's weights, put together so that a product has the layer's own chain of sums: bias, x, h. */
export class Products {
  readonly runtime: Runtime;
  readonly #parameters: LevelParameters;
  readonly #made: Linear[] = [];

  constructor(runtime: Runtime, parameters: LevelParameters) {
    this.runtime = runtime;
    this.#parameters = parameters;
  }

  /** a = b + [W] x + [U] h of the rows of some gates, of those parts that are named; without `bias` b is 0. */
  product(parts: readonly ('ih' | 'hh')[], from: number, rows: number, bias = true) {
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
    const linear = new Linear(K, rows, unseeded(this.runtime));
    linear.loadStateDict({
      weight: { data: weight, shape: [rows, K] },
      bias: { data: bias ? this.bias(parts, from, rows) : new Float32Array(rows), shape: [rows] },
    });
    this.#made.push(linear);
    return (batch: number, ...inputs: Float32Array[]) => rowsThrough(linear, batch, inputs);
  }

  /** The sum of the biases of some gates. */
  bias(parts: readonly ('ih' | 'hh')[], from: number, rows: number): Float32Array {
    const bias = new Float32Array(rows);
    for (const part of parts)
      for (const [n, value] of this.#rows(`bias_${part}`, from, rows).entries())
        bias[n] = (bias[n] as number) + value;
    return bias;
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
export function block(a: Float32Array, n: number, count: number, H: number): Float32Array {
  const batch = a.length / (count * H);
  const out = new Float32Array(batch * H);
  for (let b = 0; b < batch; b++) out.set(a.subarray((b * count + n) * H, (b * count + n + 1) * H), b * H);
  return out;
}
