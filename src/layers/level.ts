import type { Holdings } from '../runtime/memory.js';
import { type Cell, parameterShapes } from './cell.js';
import { Parameter } from './parameter.js';

/** Bytes of a plan, as assembly/cells/plan.ts has it, and where its parts begin, in words: options, parameters, gradients. */
export const PLAN_BYTES = 476;
const OPTIONS = 65;
const PARAMETERS = 81;
const GRADIENTS = 96;

/** One level of a recurrent stack in one direction: its parameters, in PyTorch's names and layout, and their packed forms. */
export class Level {
  /** In the order of a plan. */
  readonly #parameters: readonly (Parameter | undefined)[];
  readonly #holdings: Holdings;
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
    this.#holdings = holdings;
    this.#parameters = parameterShapes(cell, inputSize).map(([name, shape]) => {
      if (!shape) return undefined;
      const parameter = new Parameter(holdings, shape);
      named.set(name + suffix, parameter);
      return parameter;
    });
    this.#places = places;
    const { kind, gates, blocks, hiddenSize, stateSize, own, clip, activations } = cell;
    const { inputDropout, recurrentDropout, zoneout } = cell;
    const { cellClip = 0, normEpsilon = 0, coupled = false, resetAfter = true } = own;
    const fractions = [clip, cellClip, normEpsilon, inputDropout, recurrentDropout, zoneout.h, zoneout.c];
    const sizes = [kind, inputSize, hiddenSize, stateSize, blocks, gates, +coupled, +!resetAfter];
    const pointers = this.#parameters.map((parameter) => parameter?.pointer ?? 0);
    const { f32, i32 } = holdings.runtime;
    for (const [general, place] of places.entries()) {
      const at = place >>> 2;
      i32.set([...sizes, general], at);
      f32.set([...fractions, ...(activations[direction] ?? [])], at + OPTIONS);
      i32.set(pointers, at + PARAMETERS);
    }
  }

  /** Where the states before the first step lie, where they are learned, h and c; else 0. */
  get initial(): readonly number[] {
    return this.#parameters.slice(-2).map((parameter) => parameter?.pointer ?? 0);
  }

  /** Packs what forward reads, for the plain cell (0) or the general one (1), if a parameter has changed: in the same place. */
  refresh(general: number): void {
    this.#pack(general, 0);
  }

  /** What backward needs beside: the weights as they stand, and where the gradients accumulate. */
  prepareBackward(general: number, wantInput: boolean): void {
    this.#pack(general, 1);
    if (wantInput) this.#pack(general, 2);
    const gradients = this.#parameters.map((parameter) => parameter?.needGradient() ?? 0);
    this.#holdings.runtime.i32.set(gradients, ((this.#places[general] as number) >>> 2) + GRADIENTS);
  }

  #pack(general: number, part: number): void {
    const n = 3 * general + part;
    const { core } = this.#holdings.runtime;
    let version = 0;
    for (const parameter of this.#parameters) version += parameter?.version ?? 0;
    if (version === this.#versions[n]) return;
    const level = this.#places[general] as number;
    this.#packs[n] ??= this.#holdings.take(core.pack(level, part, 0));
    core.pack(level, part, this.#packs[n]);
    this.#versions[n] = version;
  }
}
