import type { Holdings } from '../runtime/memory.js';
import { writeFloats, writeInts } from '../runtime/struct.js';
import * as PackPart from '../runtime/structs/pack-part.js';
import * as Plan from '../runtime/structs/plan.js';
import { type Cell, type ParameterSpec, parameterSpecs } from './cell.js';
import { Parameter } from './parameter.js';

/** Where a plan holds the activations of a cell, in the order of its parts. */
const ACTIVATIONS = [
  [Plan.gateActivation, Plan.gateAlpha, Plan.gateBeta],
  [Plan.candidateActivation, Plan.candidateAlpha, Plan.candidateBeta],
  [Plan.outputActivation, Plan.outputAlpha, Plan.outputBeta],
] as const;

/** One level of a recurrent stack in one direction: its parameters, in PyTorch's names and layout, and their packed forms. */
export class Level {
  readonly #parameters: readonly (ParameterSpec & { readonly parameter: Parameter })[];
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
    this.#parameters = parameterSpecs(cell, inputSize).map((spec) => {
      const parameter = new Parameter(holdings, spec.shape);
      named.set(spec.name + suffix, parameter);
      return { ...spec, parameter };
    });
    this.#places = places;
    for (const [general, place] of places.entries())
      this.#writePattern(place, general, cell, inputSize, direction);
  }

  #writePattern(plan: number, general: number, cell: Cell, inputSize: number, direction: number): void {
    const { f32, i32 } = this.#holdings.runtime;
    const { own, zoneout } = cell;
    writeInts(i32, plan, [
      [Plan.cell, cell.kind],
      [Plan.I, inputSize],
      [Plan.H, cell.hiddenSize],
      [Plan.R, cell.stateSize],
      [Plan.planes, cell.blocks],
      [Plan.gateCount, cell.gates],
      [Plan.coupled, +(own.coupled ?? false)],
      [Plan.resetBefore, +!(own.resetAfter ?? true)],
      [Plan.general, general],
    ]);
    writeFloats(f32, plan, [
      [Plan.clip, cell.clip],
      [Plan.cellClip, own.cellClip ?? 0],
      [Plan.epsilon, own.normEpsilon ?? 0],
      [Plan.inputDropout, cell.inputDropout],
      [Plan.recurrentDropout, cell.recurrentDropout],
      [Plan.zoneoutOfH, zoneout.h],
      [Plan.zoneoutOfC, zoneout.c],
    ]);
    for (const [n, { kind, alpha, beta }] of (cell.activations[direction] ?? []).entries()) {
      const [kindField, alphaField, betaField] = ACTIVATIONS[n] as (typeof ACTIVATIONS)[number];
      writeInts(i32, plan, [[kindField, kind]]);
      writeFloats(f32, plan, [
        [alphaField, alpha],
        [betaField, beta],
      ]);
    }
    writeInts(
      i32,
      plan,
      this.#parameters.map(({ field, parameter }) => [field, parameter.pointer]),
    );
  }

  /** Where the state before the first step lies, where that is learned; else 0. */
  initial(name: 'h' | 'c'): number {
    const field = name === 'h' ? Plan.h0 : Plan.c0;
    return this.#parameters.find((own) => own.field === field)?.parameter.pointer ?? 0;
  }

  /** Packs what forward reads, for the plain cell (0) or the general one (1), if a parameter has changed: in the same place. */
  refresh(general: number): void {
    this.#pack(general, PackPart.FORWARD);
  }

  /** What backward needs beside: the weights as they stand, and where the gradients accumulate. */
  prepareBackward(general: number, wantInput: boolean): void {
    this.#pack(general, PackPart.BACK);
    if (wantInput) this.#pack(general, PackPart.INPUT_BACK);
    const gradients = this.#parameters.map(
      ({ gradientField, parameter }) => [gradientField, parameter.needGradient()] as const,
    );
    writeInts(this.#holdings.runtime.i32, this.#places[general] as number, gradients);
  }

  #pack(general: number, part: number): void {
    const n = 3 * general + part;
    const { core } = this.#holdings.runtime;
    let version = 0;
    for (const { parameter } of this.#parameters) version += parameter.version;
    if (version === this.#versions[n]) return;
    const level = this.#places[general] as number;
    this.#packs[n] ??= this.#holdings.take(core.pack(level, part, 0));
    core.pack(level, part, this.#packs[n]);
    this.#versions[n] = version;
  }
}
