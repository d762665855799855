import type { Core } from '../runtime/core.js';
import type { Holdings } from '../runtime/memory.js';
import { Packed, panelBytes } from './packed.js';
import { Parameter } from './parameter.js';
import type { Plan } from './plan.js';

/** What differs between the recurrent cells. */
export interface Cell {
  /** Blocks of hiddenSize rows in a weight. */
  readonly gates: 1 | 3 | 4;
  /** Blocks of hiddenSize values that backward needs of each step, and turns into their gradients. */
  readonly kept: 1 | 4;
  /** Whether there is a cell state beside the hidden one. */
  readonly hasCell: boolean;
  /** The plain RNN's nonlinearity, as assembly/activation.ts counts them. */
  readonly nonlinearity: number;
  /** Columns of the packed products. */
  columns(hiddenSize: number): number;
  packWeight(
    core: Core,
    panels: number,
    weight: number,
    hiddenSize: number,
    columns: number,
    recurrent: boolean,
  ): void;
  packBias(core: Core, packed: number, first: number, second: number, hiddenSize: number): void;
  /** How many rows of the recurrent weight each product takes that carries the gradient to the state before. */
  backRows(hiddenSize: number): readonly number[];
  forward(core: Core, plan: number, t0: number, t1: number): void;
  backward(core: Core, plan: number, steps: number): void;
}

/** One layer of a recurrent stack: its parameters, in PyTorch's names and layout, and their packed forms. */
export class Level {
  readonly inputSize: number;
  readonly #hiddenSize: number;
  readonly #cell: Cell;
  readonly #parameters: {
    ih: Parameter;
    hh: Parameter;
    bih: Parameter | undefined;
    bhh: Parameter | undefined;
  };
  readonly #input: Packed;
  readonly #hidden: Packed;
  readonly #bias: Packed;
  readonly #inputBack: Packed;
  readonly #hiddenBack: Packed;

  /** `named` gets the parameters, with `suffix` behind their names. */
  constructor(
    holdings: Holdings,
    cell: Cell,
    sizes: { inputSize: number; hiddenSize: number; bias: boolean },
    named: Map<string, Parameter>,
    suffix: string,
  ) {
    const { inputSize: I, hiddenSize: H, bias } = sizes;
    const rows = cell.gates * H;
    const make = (name: string, shape: number[]) => {
      const parameter = new Parameter(holdings, shape);
      named.set(name + suffix, parameter);
      return parameter;
    };
    const ih = make('weight_ih', [rows, I]);
    const hh = make('weight_hh', [rows, H]);
    const bih = bias ? make('bias_ih', [rows]) : undefined;
    const bhh = bias ? make('bias_hh', [rows]) : undefined;
    this.inputSize = I;
    this.#hiddenSize = H;
    this.#cell = cell;
    this.#parameters = { ih, hh, bih, bhh };
    const { core } = holdings.runtime;
    const columns = cell.columns(H);
    const forward = (weight: Parameter, K: number) =>
      new Packed(holdings, [weight], panelBytes(columns, K), (to) =>
        cell.packWeight(core, to, weight.pointer, H, K, weight === hh),
      );
    const back = (weight: Parameter, K: number, parts: readonly number[]) =>
      new Packed(holdings, [weight], panelBytes(K, rows), (to) => {
        let from = weight.pointer;
        for (const part of parts) {
          core.packColumns(to, from, K, part, K);
          to += panelBytes(K, part);
          from += part * K * 4;
        }
      });
    this.#input = forward(ih, I);
    this.#hidden = forward(hh, H);
    this.#inputBack = back(ih, I, [rows]);
    this.#hiddenBack = back(hh, H, cell.backRows(H));
    const biases = bih && bhh ? [bih, bhh] : [];
    const addBiases = (to: number) => cell.packBias(core, to, bih?.pointer ?? 0, bhh?.pointer ?? 0, H);
    this.#bias = new Packed(holdings, biases, Math.max(columns, 4) * 4, addBiases);
  }

  /** Puts in the sizes and the packed weights, which are made anew where a parameter has changed. */
  planForward(plan: Plan, batch: number): void {
    plan.B = batch;
    plan.I = this.inputSize;
    plan.H = this.#hiddenSize;
    plan.yStride ||= this.#hiddenSize;
    plan.nonlinearity = this.#cell.nonlinearity;
    plan.inputPanels = this.#input.upToDate();
    plan.hiddenPanels = this.#hidden.upToDate();
    plan.bias = this.#bias.upToDate();
  }

  /** Packs anew, in the same places, what has changed. */
  refresh(): void {
    this.#input.upToDate();
    this.#hidden.upToDate();
    this.#bias.upToDate();
  }

  /** Puts in what backward needs beside: the weights as they stand, and where the gradients accumulate. */
  planBackward(plan: Plan, wantInput: boolean): void {
    const { ih, hh, bih, bhh } = this.#parameters;
    plan.inputBackPanels = wantInput ? this.#inputBack.upToDate() : 0;
    plan.hiddenBackPanels = this.#hiddenBack.upToDate();
    plan.dInputWeight = ih.needGradient();
    plan.dHiddenWeight = hh.needGradient();
    plan.dInputBias = bih?.needGradient() ?? 0;
    plan.dHiddenBias = bhh?.needGradient() ?? 0;
  }
}
