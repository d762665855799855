import type { Allocations } from '../runtime/memory.js';
import { readInt, writeFields, writeInt } from '../runtime/struct.js';
import * as PackPart from '../runtime/structs/pack-part.js';
import * as Plan from '../runtime/structs/plan.js';
import { type Cell, type ParameterSpec, parameterSpecs } from './cell.js';
import { PackedWeights } from './packed-weights.js';
import { Parameter } from './parameter.js';

/** The fields of a cell's activations, in the order of its parts. */
const ACTIVATIONS = [
  [Plan.gateActivation, Plan.gateAlpha, Plan.gateBeta],
  [Plan.candidateActivation, Plan.candidateAlpha, Plan.candidateBeta],
  [Plan.outputActivation, Plan.outputAlpha, Plan.outputBeta],
] as const;

/** One level of a recurrent stack in one direction: its parameters, in PyTorch's names and layout, and their packed copies. */
export class Level {
  readonly #parameters: readonly (ParameterSpec & { readonly parameter: Parameter })[];
  readonly #allocations: Allocations;
  /** The plan that every pass copies: sizes, options and parameters. */
  readonly #template: number;
  /** For each kernel the parts of assembly/cells/packs.ts. */
  readonly #packs: PackedWeights[] = [];

  /** Adds the parameters to `named`, with `suffix` after their names; `template` points to a plan of zeros. */
  constructor(
    allocations: Allocations,
    cell: Cell,
    inputSize: number,
    direction: number,
    named: Map<string, Parameter>,
    suffix: string,
    template: number,
  ) {
    this.#allocations = allocations;
    this.#parameters = parameterSpecs(cell, inputSize).map((spec) => {
      const parameter = new Parameter(allocations, spec.shape);
      named.set(spec.name + suffix, parameter);
      return { ...spec, parameter };
    });
    this.#template = template;
    this.#writeTemplate(cell, inputSize, direction);
  }

  #writeTemplate(cell: Cell, inputSize: number, direction: number): void {
    const { f32, i32 } = this.#allocations.runtime;
    const plan = this.#template;
    const { own, zoneout } = cell;
    writeFields(i32, plan, [
      [Plan.cell, cell.kind],
      [Plan.I, inputSize],
      [Plan.H, cell.hiddenSize],
      [Plan.R, cell.stateSize],
      [Plan.planes, cell.blocks],
      [Plan.gateCount, cell.gates],
      [Plan.coupled, +(own.coupled ?? false)],
      [Plan.resetBefore, +!(own.resetAfter ?? true)],
      ...this.#parameters.map(({ field, parameter }) => [field, parameter.pointer] as const),
    ]);
    writeFields(f32, plan, [
      [Plan.clip, cell.clip],
      [Plan.cellClip, own.cellClip ?? 0],
      [Plan.epsilon, own.normEpsilon ?? 0],
      [Plan.inputDropout, cell.inputDropout],
      [Plan.recurrentDropout, cell.recurrentDropout],
      [Plan.zoneoutH, zoneout.h],
      [Plan.zoneoutC, zoneout.c],
    ]);
    for (const [n, { kind, alpha, beta }] of (cell.activations[direction] ?? []).entries()) {
      const [kindField, alphaField, betaField] = ACTIVATIONS[n] as (typeof ACTIVATIONS)[number];
      writeInt(i32, plan, kindField, kind);
      writeFields(f32, plan, [
        [alphaField, alpha],
        [betaField, beta],
      ]);
    }
  }

  /** The address of the learned initial state, 0 if it is not learned. */
  initial(name: 'h' | 'c'): number {
    const field = name === 'h' ? Plan.h0 : Plan.c0;
    return this.#parameters.find((own) => own.field === field)?.parameter.pointer ?? 0;
  }

  /** Writes the addresses of forward's packed parameters to the plan of a pass that has begun. */
  prepareForward(plan: number): void {
    this.#writePacked(plan, PackPart.FORWARD);
  }

  /** Forward's packed parameters, for a pass that runs more than once. */
  forwardWeights(plan: number): PackedWeights {
    return this.#packed(plan, PackPart.FORWARD);
  }

  /** Writes the addresses of backward's packed parameters and of the gradients to the plan. */
  prepareBackward(plan: number, wantInput: boolean): void {
    this.#writePacked(plan, PackPart.BACK);
    if (wantInput) this.#writePacked(plan, PackPart.INPUT_BACK);
    const gradients = this.#parameters.map(
      ({ gradientField, parameter }) => [gradientField, parameter.needGradient()] as const,
    );
    writeFields(this.#allocations.runtime.i32, plan, gradients);
  }

  #writePacked(plan: number, part: number): void {
    const { core } = this.#allocations.runtime;
    core.packWeights(plan, part, this.#general(plan), this.#packed(plan, part).current(), 0);
  }

  /** The packed copy that the plan's kernel reads. */
  #packed(plan: number, part: number): PackedWeights {
    const { core } = this.#allocations.runtime;
    const general = this.#general(plan);
    const n = 3 * general + part;
    this.#packs[n] ??= new PackedWeights(
      this.#allocations,
      this.#parameters.map(({ parameter }) => parameter),
      () => core.packWeights(this.#template, part, general, 0, 0),
      (to) => core.packWeights(this.#template, part, general, to, 1),
    );
    return this.#packs[n];
  }

  #general(plan: number): number {
    return readInt(this.#allocations.runtime.i32, plan, Plan.general);
  }
}
