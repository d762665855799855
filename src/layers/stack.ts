import type { Allocations } from '../runtime/memory.js';
import { refuseBytes } from '../runtime/runtime.js';
import { type Field, readInt, writeFields, writeInt } from '../runtime/struct.js';
import * as Merge from '../runtime/structs/merge.js';
import * as Pass from '../runtime/structs/pass.js';
import * as Plan from '../runtime/structs/plan.js';
import { sizeOf } from '../validation/tensor.js';
import { type Cell, parameterSpecs } from './cell.js';
import type { Masks } from './dropout.js';
import { orthogonalBytes } from './initialize.js';
import { Level } from './level.js';
import type { Parameter } from './parameter.js';
import type { Merge as MergeName } from './recurrent-options.js';
import type { SequenceSize } from './sequence-options.js';
import type { Stage, StageInput, StageState } from './stream.js';
import type { Block, Tape } from './tape.js';

const MERGES = { concat: Merge.CONCAT, sum: Merge.SUM, mul: Merge.MULTIPLY, average: Merge.AVERAGE };

type PassValues = readonly (readonly [Field<'i32'> | Field<'u32'>, number])[];

/** Addresses of states [levels, batch, ·], 0 for none. */
export interface StatePointers {
  readonly h: number;
  readonly c: number;
}

/** Sequences in the core [steps, batch, ·], with the addresses of their lengths and mask, 0 if every step counts. */
export interface CoreSequences extends SequenceSize {
  readonly lengths: number;
  readonly mask: number;
}

/** A forward pass in the core: its struct, the output, and the final states. */
export interface StackForward {
  readonly pass: number;
  readonly y: number;
  readonly final: StatePointers;
}

/**
 * Backward from the gradient of the output (0 for zeros). `final` holds the gradients of the final states, which are overwritten
 * with those of the initial states. Returns the gradient of the input, 0 if it is not wanted.
 */
export type StackBackward = (dy: number, final: StatePointers) => number;

/** The options of a stack. */
export interface StackOptions {
  readonly inputSize: number;
  readonly numLayers: number;
  /** The probability of dropout between levels. */
  readonly dropout: number;
  readonly bidirectional: boolean;
  readonly reverse: boolean;
  readonly merge: MergeName;
  readonly returnSequences: boolean;
  readonly maskedOutput: 'repeat' | 'zeros';
  /** How the weights will be drawn. */
  readonly init?: unknown;
}

/** The levels of a recurrent layer, which the core runs over sequences in a pass (assembly/stack/pass.ts). */
export class Stack {
  /** The number of values in a row of the output. */
  readonly width: number;
  readonly #allocations: Allocations;
  readonly #cell: Cell;
  readonly #masks: Masks | undefined;
  readonly #dropout: number;
  readonly #directions: number;
  /** One for each level and direction. */
  readonly #levels: readonly Level[];
  /** The fields that are the same in every pass. */
  readonly #common: PassValues;

  /** Adds the parameters to `named`. */
  constructor(
    allocations: Allocations,
    cell: Cell,
    options: StackOptions,
    masks: Masks | undefined,
    named: Map<string, Parameter>,
  ) {
    const { numLayers, dropout, bidirectional, reverse, merge, returnSequences, maskedOutput } = options;
    const directions = bidirectional ? 2 : 1;
    this.width = merge === 'concat' ? directions * cell.stateSize : cell.stateSize;
    this.#allocations = allocations;
    this.#cell = cell;
    this.#masks = masks;
    this.#dropout = dropout;
    this.#directions = directions;
    refuseBytes(stackBytes(cell, options, directions, this.width) + drawingBytes(cell, options.init));
    const count = numLayers * directions;
    const templates = allocations.allocateZeros(count * Plan.SIZE);
    this.#common = [
      [Pass.templates, templates],
      [Pass.planCount, count],
      [Pass.directions, directions],
      [Pass.reverse, +reverse],
      [Pass.merge, MERGES[merge]],
      [Pass.lastOnly, +!returnSequences],
      [Pass.zeroMasked, +(maskedOutput === 'zeros')],
    ];
    this.#levels = Array.from({ length: count }, (_, n) => {
      const d = n % directions;
      const inputSize = n < directions ? options.inputSize : this.width;
      const suffix = `_l${(n - d) / directions}${d > 0 ? '_reverse' : ''}`;
      return new Level(allocations, cell, inputSize, d, named, suffix, templates + n * Plan.SIZE);
    });
  }

  /** Forward over x [steps, batch, inputSize], or ids [steps, batch]. */
  forward(
    { pointer, ids }: Pick<Block, 'pointer' | 'ids'>,
    { steps, batch, lengths, mask }: CoreSequences,
    { h, c }: StatePointers,
    tape: Tape,
  ): StackForward {
    const { training, recording, trace } = tape;
    const pass = this.#begin(tape, [
      [Pass.lengths, lengths],
      [Pass.mask, mask],
      [Pass.h0, h],
      [Pass.c0, c],
      [Pass.x, ids ? 0 : pointer],
      [Pass.ids, ids ? pointer : 0],
      [Pass.T, steps],
      [Pass.B, batch],
      [Pass.recorded, +recording],
      [Pass.training, +training],
      [Pass.traced, +(trace !== undefined)],
    ]);
    const { core, i32 } = this.#allocations.runtime;
    core.stackForward(pass);
    const y = readInt(i32, pass, Pass.y);
    const final = { h: readInt(i32, pass, Pass.hN), c: readInt(i32, pass, Pass.cN) };
    return { pass, y, final };
  }

  /** Allocates everything that a pass needs and draws its masks, so that the pass cannot fail. */
  #begin(memory: Pick<Tape, 'allocateZeros' | 'allocateFor'>, values: PassValues): number {
    const { runtime } = this.#allocations;
    const { core } = runtime;
    const pass = memory.allocateZeros(Pass.SIZE + this.#levels.length * Plan.SIZE);
    writeFields(runtime.i32, pass, [...this.#common, ...values]);
    core.beginPass(pass, this.#dropout);
    for (const [n, level] of this.#levels.entries()) level.prepareForward(planAt(pass, n));
    memory.allocateFor((base) => core.layOutForward(pass, base));
    this.#masks?.drawFor(pass);
    return pass;
  }

  /** Allocates everything that backward needs, so that the returned function cannot fail. */
  prepareBackward({ pass }: StackForward, wantInput: boolean, tape: Tape): StackBackward {
    const { core } = this.#allocations.runtime;
    for (const [n, level] of this.#levels.entries())
      level.prepareBackward(planAt(pass, n), wantInput || n >= this.#directions);
    tape.allocateFor((base) => core.layOutBackward(pass, +wantInput, base));
    return (dy, { h, c }) => core.stackBackward(pass, dy, h, c);
  }

  /** A stage of a stream. All its steps use one pass over one step, since packed weights keep their addresses. */
  openStage(input: StageInput, allocations: Allocations): Stage {
    const { rows } = input;
    const { runtime } = allocations;
    const { hasCell, stateSize, hiddenSize } = this.#cell;
    const pass = this.#begin(allocations, [
      [Pass.T, 1],
      [Pass.B, rows],
    ]);
    const names = hasCell ? (['h', 'c'] as const) : (['h'] as const);
    const states = names.map((name): StageState => {
      const width = name === 'h' ? stateSize : hiddenSize;
      const initial = this.#levels.map((level) => level.initial(name));
      const field = name === 'h' ? Plan.y : Plan.c;
      const place = (n: number) => readInt(runtime.i32, planAt(pass, n), field);
      return { name, pointers: [...this.#levels.keys()].map(place), width, initial };
    });
    const weights = this.#levels.map((level, n) => level.forwardWeights(planAt(pass, n)));
    // Allocates nothing, as a step promises.
    const run = (oneHot: boolean) => {
      const { i32 } = runtime;
      writeInt(i32, pass, Pass.x, oneHot ? 0 : input.pointer);
      writeInt(i32, pass, Pass.ids, oneHot ? input.pointer : 0);
      for (const packed of weights) packed.current();
      runtime.core.stackStep(pass);
    };
    // Not the output of the pass, which may be only that of the last step.
    const top = (states[0] as StageState).pointers.at(-1) as number;
    return { output: { pointer: top, rows, width: stateSize }, states, run };
  }
}

/** The plan of a level and direction; the plans follow the pass. */
function planAt(pass: number, n: number): number {
  return pass + Pass.SIZE + n * Plan.SIZE;
}

/** Scratch memory for drawing the weights: those of a gate, or with Keras's init of all gates at once, are made orthogonal in it. */
function drawingBytes({ gates, hiddenSize, stateSize }: Cell, init: unknown): number {
  if (init !== 'orthogonal' && init !== 'keras') return 0;
  return orthogonalBytes(init === 'keras' ? gates * hiddenSize : hiddenSize, stateSize);
}

/** Bytes of all parameters, checked before the first is created: numLayers may be wrong by orders of magnitude. */
function stackBytes(
  cell: Cell,
  { inputSize, numLayers }: StackOptions,
  directions: number,
  width: number,
): number {
  const values = (inputs: number) =>
    parameterSpecs(cell, inputs).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return 4 * directions * (values(inputSize) + (numLayers - 1) * Math.max(values(width), 16));
}
