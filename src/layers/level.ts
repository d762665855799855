import type { Holdings } from '../runtime/memory.js';
import { type Cell, parameterShapes } from './cell.js';
import { Packed, panelBytes } from './packed.js';
import { Parameter } from './parameter.js';
import type { General, Plan } from './plan.js';

/** The weights as products read them. */
interface Panels {
  readonly input: Packed;
  readonly hidden: Packed;
  readonly bias: Packed;
}

/** One level of a recurrent stack in one direction: its parameters, in PyTorch's names and layout, and their packed forms. */
export class Level {
  readonly inputSize: number;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly #cell: Cell;
  readonly #holdings: Holdings;
  /** For the plain LSTM's kernel, and for the general one. */
  readonly #plain: Panels;
  readonly #general: Panels;
  readonly #normBias: Packed;
  readonly #projection: Packed | undefined;
  readonly #inputBack: Packed;
  readonly #hiddenBack: Packed;
  readonly #projectionBack: Packed | undefined;
  readonly #constants: Partial<General>;

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
    const { hiddenSize: H, stateSize: R, gates } = cell;
    const { weight_ih: ih, weight_hh: hh, weight_hr: hr } = parameters as Record<string, Parameter>;
    const parts = cell.gates === 3 ? [2 * H, H] : [gates * H];
    this.#plain = this.#plainPanels(ih as Parameter, hh as Parameter);
    this.#general = {
      input: this.#rows(ih as Parameter, [gates * H]),
      hidden: this.#rows(hh as Parameter, parts),
      bias: cell.own.layerNorm ? this.#zeros(gates * H) : this.#biases(),
    };
    this.#normBias = this.#biases();
    this.#inputBack = this.#columns(ih as Parameter, [gates * H]);
    this.#hiddenBack = this.#columns(hh as Parameter, parts);
    this.#projection = hr && this.#rows(hr, [R]);
    this.#projectionBack = hr && this.#columns(hr, [R]);
    this.#constants = this.#told(direction);
  }

  /** Puts in the sizes and the packed weights, which are made anew where a parameter has changed. */
  planForward(plan: Plan, general: General | undefined, batch: number): void {
    plan.B = batch;
    plan.I = this.inputSize;
    plan.H = this.#cell.hiddenSize;
    plan.yStride ||= this.#cell.stateSize;
    const { input, hidden, bias } = this.#panels(general);
    plan.inputPanels = input.upToDate();
    plan.hiddenPanels = hidden.upToDate();
    plan.bias = bias.upToDate();
    if (!general) return;
    plan.general = general.pointer;
    Object.assign(general, this.#constants);
    general.projection = this.#projection?.upToDate() ?? 0;
    if (this.#cell.own.layerNorm) general.normBias = this.#normBias.upToDate();
  }

  /** Packs anew, in the same places, what has changed. */
  refresh(general: General | undefined): void {
    const { input, hidden, bias } = this.#panels(general);
    for (const packed of [input, hidden, bias]) packed.upToDate();
    this.#projection?.upToDate();
    if (this.#cell.own.layerNorm) this.#normBias.upToDate();
  }

  /** Puts in what backward needs beside: the weights as they stand, and where the gradients accumulate. */
  planBackward(plan: Plan, general: General | undefined, wantInput: boolean): void {
    const gradient = (name: string) => this.parameters[name]?.needGradient() ?? 0;
    plan.inputBackPanels = wantInput ? this.#inputBack.upToDate() : 0;
    plan.hiddenBackPanels = this.#hiddenBack.upToDate();
    plan.dInputWeight = gradient('weight_ih');
    plan.dHiddenWeight = gradient('weight_hh');
    plan.dInputBias = gradient('bias_ih');
    plan.dHiddenBias = gradient('bias_hh');
    if (!general) return;
    general.projectionBack = this.#projectionBack?.upToDate() ?? 0;
    general.dProjection = gradient('weight_hr');
    general.dPeepholes = gradient('weight_peephole');
    general.dInputGain = gradient('weight_ln_ih');
    general.dInputShift = gradient('bias_ln_ih');
    general.dHiddenGain = gradient('weight_ln_hh');
    general.dHiddenShift = gradient('bias_ln_hh');
    general.dCellGain = gradient('weight_ln_c');
    general.dCellShift = gradient('bias_ln_c');
    general.dGateGain = gradient('weight_ln');
  }

  #panels(general: General | undefined): Panels {
    return general ? this.#general : this.#plain;
  }

  /** What the general cell is told of the options, and where it finds the parameters that it reads as they stand. */
  #told(direction: number): Partial<General> {
    const { kind, gates, blocks, hiddenSize: H, stateSize: R, own, clip, activations } = this.#cell;
    const [gate = 0, gateAlpha = 0, gateBeta = 0, candidate = 0, candidateAlpha = 0, candidateBeta = 0] =
      activations[direction] as number[];
    const [squash = 0, cellAlpha = 0, cellBeta = 0] = (activations[direction] as number[]).slice(6);
    const at = (name: string) => this.parameters[name]?.pointer ?? 0;
    return {
      ...{ cell: kind, R, width: blocks * H, columns: gates * H, clip, cellClip: own.cellClip ?? 0 },
      ...{ epsilon: own.normEpsilon ?? 0, coupled: own.coupled ? 1 : 0 },
      resetBefore: own.resetAfter === false ? 1 : 0,
      ...{ gate, gateAlpha, gateBeta, candidate, candidateAlpha, candidateBeta, squash, cellAlpha, cellBeta },
      peepholes: at('weight_peephole'),
      inputGain: at('weight_ln_ih'),
      hiddenGain: at('weight_ln_hh'),
      cellGain: at('weight_ln_c'),
      cellShift: at('bias_ln_c'),
      gateGain: at('weight_ln'),
    };
  }

  /** Panels of four gates of four neighbouring units each, i f g o. */
  #plainPanels(ih: Parameter, hh: Parameter): Panels {
    const H = this.#cell.hiddenSize;
    const columns = Math.ceil(H / 4) * 16;
    const { core } = this.#holdings.runtime;
    const gates = (weight: Parameter, K: number) =>
      new Packed(this.#holdings, [weight], panelBytes(columns, K), (to) =>
        core.packGates(to, weight.pointer, H, K),
      );
    const { bias_ih: first, bias_hh: second } = this.parameters;
    const add = (to: number) => core.packGateBias(to, first?.pointer ?? 0, second?.pointer ?? 0, H);
    return {
      input: gates(ih, this.inputSize),
      hidden: gates(hh, H),
      bias: new Packed(this.#holdings, given(first, second), columns * 4, add),
    };
  }

  /** Panels of a weight's transpose, of `parts` rows each. */
  #rows(weight: Parameter, parts: readonly number[]): Packed {
    const K = weight.shape[1] as number;
    return this.#packed(weight, parts, (part) => panelBytes(part, K), 'packRows');
  }

  /** Panels of the weight itself, for the way back. */
  #columns(weight: Parameter, parts: readonly number[]): Packed {
    const K = weight.shape[1] as number;
    return this.#packed(weight, parts, (part) => panelBytes(K, part), 'packColumns');
  }

  #packed(
    weight: Parameter,
    parts: readonly number[],
    bytes: (part: number) => number,
    how: 'packRows' | 'packColumns',
  ): Packed {
    const K = weight.shape[1] as number;
    const { core } = this.#holdings.runtime;
    const all = parts.reduce((sum, part) => sum + bytes(part), 0);
    return new Packed(this.#holdings, [weight], all, (to) => {
      let from = weight.pointer;
      for (const part of parts) {
        if (how === 'packRows') core.packRows(to, from, part, K);
        else core.packColumns(to, from, K, part, K);
        to += bytes(part);
        from += part * K * 4;
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
