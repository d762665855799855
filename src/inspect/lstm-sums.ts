import type { LSTM } from '../layers/lstm.js';
import type { LevelParameters } from './copies.js';
import { normalise, normaliseBack, scaled } from './norm.js';
import { block, type Products } from './products.js';

/** What a nonlinearity reads, and how a gradient goes back from there. */
export interface Read {
  readonly values: Float32Array;
  back(d: Float32Array): Float32Array;
}

/** Where the sums of an LSTM come from, and the norms that there may be. */
export interface LSTMSums {
  /** Of the gates i f g o, [batch, hiddenSize] each, without their peepholes. */
  sums(x: Float32Array, h: Float32Array, batch: number): Float32Array[];
  /** What gate `n` reads of its sum. */
  gate(n: number, sum: Float32Array): Read;
  /** What the cell's nonlinearity reads. */
  cell(c: Float32Array): Read;
}

const asItIs = (values: Float32Array): Read => ({ values, back: (d) => d });

export function lstmSums(layer: LSTM, products: Products, parameters: LevelParameters): LSTMSums {
  const { layerNorm, normEpsilon = 1e-5 } = layer.config() as { layerNorm?: string; normEpsilon?: number };
  const H = layer.hiddenSize;
  const blocks = (a: Float32Array) => [0, 1, 2, 3].map((n) => block(a, n, 4, H));
  const of = (name: string) => (parameters[name] as { data: Float32Array }).data;
  const through = (values: Float32Array, gain: Float32Array, shift: Float32Array): Read => {
    const normed = normalise(values, H, normEpsilon);
    return {
      values: scaled(shift, { gain, norm: normed.norm }),
      back: (d) => normaliseBack(d, gain, normed),
    };
  };
  if (layerNorm === 'cell') {
    const [ofX, ofH] = [products.product(['ih'], 0, 4 * H, false), products.product(['hh'], 0, 4 * H, false)];
    const shift = [of('bias_ln_ih'), of('bias_ln_hh')].reduce(
      (sum, more) => sum.map((value, n) => value + (more[n] as number)),
      products.bias(['ih', 'hh'], 0, 4 * H),
    );
    const norm = (a: Float32Array, part: string) => ({
      gain: of(`weight_ln_${part}`),
      norm: normalise(a, 4 * H, normEpsilon).norm,
    });
    return {
      sums: (x, h, batch) => blocks(scaled(shift, norm(ofX(batch, x), 'ih'), norm(ofH(batch, h), 'hh'))),
      gate: (_, sum) => asItIs(sum),
      cell: (c) => through(c, of('weight_ln_c'), of('bias_ln_c')),
    };
  }
  const product = products.product(['ih', 'hh'], 0, 4 * H, layerNorm === undefined);
  const sums: LSTMSums['sums'] = (x, h, batch) => blocks(product(batch, x, h));
  if (layerNorm === undefined) return { sums, gate: (_, sum) => asItIs(sum), cell: asItIs };
  const part = (a: Float32Array, n: number) => a.subarray(n * H, (n + 1) * H);
  const shift = products.bias(['ih', 'hh'], 0, 4 * H);
  return {
    sums,
    gate: (n, sum) => through(sum, part(of('weight_ln'), n), part(shift, n)),
    cell: asItIs,
  };
}
