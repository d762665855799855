import type { Holdings } from '../runtime/memory.js';
import { type Cell, parameterShapes } from './cell.js';
import { Parameter } from './parameter.js';

/** Bytes of a plan, as assembly/plan.ts has it, and where its parts begin, in words: options, parameters, gradients. */
export const PLAN_BYTES = 452;
const OPTIONS = 59;
const PARAMETERS = 75;
const GRADIENTS = 90;

/** The parameters in their order there. */
const NAMES = [
  ...['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh', 'weight_hr', 'weight_peephole'],
  ...['weight_ln_ih', 'bias_ln_ih', 'weight_ln_hh', 'bias_ln_hh', 'weight_ln_c', 'bias_ln_c', 'weight_ln'],
  ...['h0', 'c0'],
];

/** One level of a recurrent stack in one direction: its parameters, in PyTorch's names and layout, and their packed forms. */
export class Level {
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly #holdings: Holdings;
  readonly #all: readonly Parameter[];
  /** What a plan begins with: as the plain cell computes it, and as the general one does. */
  readonly #places: readonly number[];
  /** The packed parts of both, and what the versions of the parameters came to when each was packed. */
  readonly #packs: number[] = [];
  readonly #versions: number[] = [];

  /** `named` gets the parameters, with `suffix` behind their names; `places` are two of zeros. */
  constructor(
    holdings: Holdings,
    cell: Cell,
    inputSize: number,
    direction: number,
    named: Map<string, Parameter>,
    suffix: string,
    places: readonly number[],
  ) {
    const parameters: Record<string, Parameter> = {};
    for (const [name, shape] of parameterShapes(cell, inputSize)) {
      parameters[name] = new Parameter(holdings, shape);
      named.set(name + suffix, parameters[name]);
    }
    this.parameters = parameters;
    this.#holdings = holdings;
    this.#all = Object.values(parameters);
    this.#places = places;
    const { kind, gates, blocks, hiddenSize, stateSize, own, clip, activations } = cell;
    const { inputDropout, recurrentDropout, zoneout } = cell;
    const fractions = [clip, own.cellClip ?? 0, own.normEpsilon ?? 0, inputDropout, recurrentDropout];
    const sizes = [kind, inputSize, hiddenSize, stateSize, blocks, gates];
    const flags = [+(own.coupled ?? false), +(own.resetAfter === false)];
    const pointers = NAMES.map((name) => parameters[name]?.pointer ?? 0);
    const { f32, i32 } = holdings.runtime;
    for (const [general, place] of places.entries()) {
      const at = place >>> 2;
      i32.set([...sizes, ...flags, general], at);
      f32.set([...fractions, zoneout.h, zoneout.c, ...(activations[direction] ?? [])], at + OPTIONS);
      i32.set(pointers, at + PARAMETERS);
    }
  }

  /** Packs what forward reads, for the plain cell (0) or the general one (1), if a parameter has changed: in the same place. */
  refresh(general: number): void {
    this.#pack(general, 0);
  }

  /** What backward needs beside: the weights as they stand, and where the gradients accumulate. */
  prepareBackward(general: number, wantInput: boolean): void {
    this.#pack(general, 1);
    if (wantInput) this.#pack(general, 2);
    const gradients = NAMES.map((name) => this.parameters[name]?.needGradient() ?? 0);
    this.#holdings.runtime.i32.set(gradients, ((this.#places[general] as number) >>> 2) + GRADIENTS);
  }

  #pack(general: number, part: number): void {
    const n = 3 * general + part;
    const { core } = this.#holdings.runtime;
    let version = 0;
    for (const parameter of this.#all) version += parameter.version;
    if (version === this.#versions[n]) return;
    const level = this.#places[general] as number;
    this.#packs[n] ??= this.#holdings.take(core.pack(level, part, 0));
    core.pack(level, part, this.#packs[n]);
    this.#versions[n] = version;
  }
}
