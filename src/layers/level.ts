import type { Holdings } from '../runtime/memory.js';
import { type Cell, parameterShapes } from './cell.js';
import { Packed, panelBytes } from './packed.js';
import { Parameter } from './parameter.js';
import { writeLevel } from './plan.js';

/** The parameters that have a gradient in a plan, in its order. */
const LEARNED = [
  ...['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh', 'weight_hr', 'weight_peephole'],
  ...['weight_ln_ih', 'bias_ln_ih', 'weight_ln_hh', 'bias_ln_hh', 'weight_ln_c', 'bias_ln_c', 'weight_ln'],
];

/** Those that the general cell reads as they stand. */
const READ = ['weight_peephole', 'weight_ln_ih', 'weight_ln_hh', 'weight_ln_c', 'bias_ln_c', 'weight_ln'];

/** One level of a recurrent stack in one direction: its parameters, in PyTorch's names and layout, and their packed forms. */
export class Level {
  readonly inputSize: number;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly #cell: Cell;
  readonly #holdings: Holdings;
  readonly #direction: number;
  /** Panels and bias as the plain LSTM reads them. */
  readonly #plain: readonly Packed[];
  /** The same for the general cell, the projection and what stands behind a layer norm. */
  readonly #general: readonly (Packed | undefined)[];
  /** Panels of the input's weight, the state's and the projection as they stand. */
  readonly #plainBack: readonly (Packed | undefined)[];
  readonly #generalBack: readonly (Packed | undefined)[];

  /** `named` gets the parameters, with `suffix` behind their names. */
  constructor(
    holdings: Holdings,
    cell: Cell,
    inputSize: number,
    direction: number,
    named: Map<string, Parameter>,
    suffix: string,
  ) {
    const parameters: Record<string, Parameter> = {};
    for (const [name, shape] of parameterShapes(cell, inputSize)) {
      parameters[name] = new Parameter(holdings, shape);
      named.set(name + suffix, parameters[name]);
    }
    this.inputSize = inputSize;
    this.parameters = parameters;
    this.#cell = cell;
    this.#holdings = holdings;
    this.#direction = direction;
    const { hiddenSize: H, stateSize: R, gates, own } = cell;
    const { weight_ih: ih, weight_hh: hh, weight_hr: hr } = parameters as Record<string, Parameter>;
    const pack = (how: 'packRows' | 'packColumns', parts: number, rows: number) => [
      ...given(ih, hh).map((weight) => this.#packed(how, weight, parts, rows)),
      hr && this.#packed(how, hr, 1, R),
    ];
    const [input, hidden, projection] = pack('packRows', gates, H);
    const norm = own.layerNorm && this.#biases();
    this.#plain = this.#gatePanels();
    this.#general = [input, hidden, norm ? this.#zeros(gates * H) : this.#biases(), projection, norm];
    this.#plainBack = pack('packColumns', 1, gates * H);
    this.#generalBack = pack('packColumns', gates, H);
  }

  /** Writes its part of a plan: what the options say, the packed weights, made anew where a parameter has changed. */
  write(plan: number, general: boolean): void {
    const { kind, gates, blocks, hiddenSize: H, stateSize: R, own, clip, activations } = this.#cell;
    const { inputDropout, recurrentDropout, zoneout } = this.#cell;
    const nonlinearities = [0, 3, 6].map((n) => activations[this.#direction]?.slice(n, n + 3) ?? []);
    const fractions = [clip, own.cellClip ?? 0, own.normEpsilon ?? 0, inputDropout, recurrentDropout];
    const [kinds, alphas, betas] = [0, 1, 2].map((n) => nonlinearities.map((one) => one[n] ?? 0));
    const slopes = (alphas ?? []).flatMap((alpha, n) => [alpha, betas?.[n] ?? 0]);
    const sizes = [kind, this.inputSize, H, R, blocks, gates];
    const flags = [+(own.coupled ?? false), +(own.resetAfter === false)];
    const read = READ.map((name) => this.parameters[name]?.pointer ?? 0);
    writeLevel(
      this.#holdings.runtime,
      plan,
      [...fractions, zoneout.h, zoneout.c, ...slopes],
      [...(kinds ?? []), ...sizes, ...flags, ...read, ...this.#packs(general).map(upToDate)],
    );
  }

  /** Packs anew, in the same places, what has changed. */
  refresh(general: boolean): void {
    for (const packed of this.#packs(general)) packed?.upToDate();
  }

  #packs(general: boolean): readonly (Packed | undefined)[] {
    return general ? this.#general : this.#plain;
  }

  /** What a plan's backward needs beside: the weights as they stand, and where the gradients accumulate. */
  backward(general: boolean, wantInput: boolean): number[] {
    const back = general ? this.#generalBack : this.#plainBack;
    const panels = back.map((packed, n) => (n > 0 || wantInput ? upToDate(packed) : 0));
    return [...panels, ...LEARNED.map((name) => this.parameters[name]?.needGradient() ?? 0)];
  }

  /** Panels of four gates of four neighbouring units each, i f g o. */
  #gatePanels(): Packed[] {
    const H = this.#cell.hiddenSize;
    const columns = Math.ceil(H / 4) * 16;
    const { core } = this.#holdings.runtime;
    const { weight_ih, weight_hh, bias_ih: first, bias_hh: second } = this.parameters;
    const gates = given(weight_ih, weight_hh).map((weight) => {
      const K = weight.shape[1] as number;
      const pack = (to: number) => core.packGates(to, weight.pointer, H, K);
      return new Packed(this.#holdings, [weight], panelBytes(columns, K), pack);
    });
    const add = (to: number) => core.packGateBias(to, first?.pointer ?? 0, second?.pointer ?? 0, H);
    return [...gates, new Packed(this.#holdings, given(first, second), columns * 4, add)];
  }

  /** Panels of a weight as it stands, or with `packRows` of its transpose, in `parts` parts of so many rows. */
  #packed(how: 'packRows' | 'packColumns', weight: Parameter, parts: number, rows: number): Packed {
    const K = weight.shape[1] as number;
    const { core } = this.#holdings.runtime;
    const bytes = how === 'packRows' ? panelBytes(rows, K) : panelBytes(K, rows);
    return new Packed(this.#holdings, [weight], parts * bytes, (to) => {
      for (let part = 0; part < parts; part++) {
        const from = weight.pointer + part * rows * K * 4;
        if (how === 'packRows') core.packRows(to + part * bytes, from, rows, K);
        else core.packColumns(to + part * bytes, from, K, rows, K);
      }
    });
  }

  /** The sum of the biases, and of the shifts of the norms; what a product alone adds in a GRU stands behind the others. */
  #biases(): Packed {
    const { gates, blocks, hiddenSize: H, own } = this.#cell;
    const { bias_ih, bias_hh, bias_ln_ih, bias_ln_hh } = this.parameters;
    const { core } = this.#holdings.runtime;
    const first = bias_ih?.pointer ?? 0;
    const second = bias_hh?.pointer ?? 0;
    const shared = gates === 3 && own.resetAfter !== false ? 2 : gates;
    const sources = given(bias_ih, bias_hh, bias_ln_ih, bias_ln_hh);
    return new Packed(this.#holdings, sources, blocks * H * 4 + 16, (to) => {
      core.packBias(to, first, second, shared * H);
      if (shared < gates) {
        core.packBias(to + 2 * H * 4, first && first + 2 * H * 4, 0, H);
        core.packBias(to + 3 * H * 4, second && second + 2 * H * 4, 0, H);
      }
      for (const shift of given(bias_ln_ih, bias_ln_hh)) core.packBias(to, to, shift.pointer, gates * H);
    });
  }

  #zeros(count: number): Packed {
    const { runtime } = this.#holdings;
    return new Packed(this.#holdings, [], count * 4 + 16, (to) =>
      runtime.f32.fill(0, to >>> 2, (to >>> 2) + count),
    );
  }
}

function given(...parameters: (Parameter | undefined)[]): Parameter[] {
  return parameters.filter((one) => one !== undefined);
}

function upToDate(packed: Packed | undefined): number {
  return packed?.upToDate() ?? 0;
}
