import type { Holdings } from '../runtime/memory.js';
import { refuseBytes } from '../runtime/runtime.js';
import { type Field, readInt, writeInts } from '../runtime/struct.js';
import * as Merge from '../runtime/structs/merge.js';
import * as PassStruct from '../runtime/structs/pass.js';
import * as Plan from '../runtime/structs/plan.js';
import { sizeOf } from '../validation/tensor.js';
import { type Cell, parameterSpecs } from './cell.js';
import type { Masks } from './dropout.js';
import { Level } from './level.js';
import type { Parameter } from './parameter.js';
import type { Merge as MergeName } from './recurrent-options.js';
import type { Extent } from './sequence-options.js';
import type { Stage, StageInput, StageState } from './stream.js';
import type { Block, Tape } from './tape.js';

const MERGES = { concat: Merge.CONCAT, sum: Merge.SUM, mul: Merge.MULTIPLY, average: Merge.AVERAGE };

/** The part of a pass that is known when the stack is made. */
type PassValues = readonly (readonly [Field<'i32'> | Field<'u32'>, number])[];

/** Where states lie, [levels, batch, ·]; 0 for none. */
export interface StatePointers {
  readonly h: number;
  readonly c: number;
}

/** Sequences in the core [steps, batch, ·]; with where their lengths and the mask lie, 0 where every step counts. */
export interface Sequences extends Extent {
  readonly lengths: number;
  readonly mask: number;
}

/** A forward in the core, and what it left there: the output, and the states after the last step. */
export interface Pass {
  readonly pass: number;
  readonly general: number;
  readonly y: number;
  readonly final: StatePointers;
}

/**
 * Backward from the gradient of the output (0 for zeros). `final` holds the gradients of the last states, which become those
 * of the first ones. Gives that of the input, 0 where it is not wanted.
 */
export type StackBackward = (dy: number, final: StatePointers) => number;

/** What a stack is made from. */
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
}

/** The levels of a recurrent layer over time; the core runs them, over what assembly/stack/pass.ts describes. */
export class Stack {
  /** Values of the output, for each row. */
  readonly width: number;
  readonly #holdings: Holdings;
  readonly #cell: Cell;
  readonly #masks: Masks | undefined;
  readonly #dropout: number;
  readonly #directions: number;
  /** For each level its directions. */
  readonly #levels: readonly Level[];
  /** What their plans begin with, for the plain cell and behind that for the general one. */
  readonly #pointer: number;
  /** What all passes begin with. */
  readonly #common: PassValues;

  /** `named` gets the parameters. */
  constructor(
    holdings: Holdings,
    cell: Cell,
    options: StackOptions,
    masks: Masks | undefined,
    named: Map<string, Parameter>,
  ) {
    const { numLayers, dropout, bidirectional, reverse, merge, returnSequences, maskedOutput } = options;
    const directions = bidirectional ? 2 : 1;
    this.width = merge === 'concat' ? directions * cell.stateSize : cell.stateSize;
    this.#holdings = holdings;
    this.#cell = cell;
    this.#masks = masks;
    this.#dropout = dropout;
    this.#directions = directions;
    refuseBytes(stackBytes(cell, options, directions, this.width));
    const count = numLayers * directions;
    this.#pointer = holdings.takeZeros(2 * count * Plan.SIZE);
    this.#common = [
      [PassStruct.runs, count],
      [PassStruct.directions, directions],
      [PassStruct.reverse, +reverse],
      [PassStruct.merge, MERGES[merge]],
      [PassStruct.last, +!returnSequences],
      [PassStruct.zeros, +(maskedOutput === 'zeros')],
    ];
    this.#levels = Array.from({ length: count }, (_, n) => {
      const d = n % directions;
      const inputSize = n < directions ? options.inputSize : this.width;
      const suffix = `_l${(n - d) / directions}${d > 0 ? '_reverse' : ''}`;
      const place = this.#pointer + n * Plan.SIZE;
      return new Level(holdings, cell, inputSize, d, named, suffix, [place, place + count * Plan.SIZE]);
    });
  }

  /** Forward from x [steps, batch, inputSize], or from ids [steps, batch]. */
  forward(
    { pointer, ids }: Pick<Block, 'pointer' | 'ids'>,
    { steps, batch, lengths, mask }: Sequences,
    { h, c }: StatePointers,
    tape: Tape,
  ): Pass {
    const { plain, recurrentDropout } = this.#cell;
    const { training, recording } = tape;
    const traced = tape.trace !== undefined;
    const general = +(!plain || (training && recurrentDropout > 0) || mask !== 0 || traced);
    const pass = this.#open(tape, general, [
      [PassStruct.lengths, lengths],
      [PassStruct.mask, mask],
      [PassStruct.h0, h],
      [PassStruct.c0, c],
      [PassStruct.x, ids ? 0 : pointer],
      [PassStruct.ids, ids ? pointer : 0],
      [PassStruct.T, steps],
      [PassStruct.B, batch],
      [PassStruct.kept, +recording],
      [PassStruct.training, +training],
      [PassStruct.traced, +traced],
    ]);
    const { core, i32 } = this.#holdings.runtime;
    core.forward(pass);
    const y = readInt(i32, pass, PassStruct.y);
    const final = { h: readInt(i32, pass, PassStruct.hN), c: readInt(i32, pass, PassStruct.cN) };
    return { pass, general, y, final };
  }

  /** Takes all that a pass needs, and draws its masks: nothing can fail in it. */
  #open(memory: Pick<Tape, 'take'>, general: number, values: PassValues): number {
    const { runtime } = this.#holdings;
    const { core } = runtime;
    const count = this.#levels.length;
    for (const level of this.#levels) level.refresh(general);
    const pass = memory.take(PassStruct.SIZE + count * Plan.SIZE);
    writeInts(runtime.i32, pass, [
      [PassStruct.patterns, this.#pointer + general * count * Plan.SIZE],
      ...this.#common,
      ...values,
    ]);
    core.layOut(pass, this.#dropout, memory.take(core.layOut(pass, this.#dropout, 0)));
    if (this.#masks) this.#masks.drawFor(pass);
    else core.drawMasks(pass, 0, 0);
    return pass;
  }

  /** Takes all that backward needs, and gives the step: nothing can fail in it. */
  prepareBackward({ pass, general }: Pass, wantInput: boolean, tape: Tape): StackBackward {
    const { core } = this.#holdings.runtime;
    for (const [n, level] of this.#levels.entries())
      level.prepareBackward(general, wantInput || n >= this.#directions);
    const place = tape.take(core.layOutBackward(pass, +wantInput, 0));
    return (dy, { h, c }) => core.backward(pass, +wantInput, place, dy, h, c);
  }

  /** One step of a stream: a pass over one step, opened once, since packed weights stay where they are. */
  openStage({ pointer, rows }: StageInput, holdings: Holdings, check: () => void): Stage {
    const { runtime } = holdings;
    const { plain, hasCell, stateSize, hiddenSize } = this.#cell;
    const general = +!plain;
    const pass = this.#open(holdings, general, [
      [PassStruct.lengths, 0],
      [PassStruct.mask, 0],
      [PassStruct.h0, 0],
      [PassStruct.c0, 0],
      [PassStruct.x, pointer],
      [PassStruct.ids, 0],
      [PassStruct.T, 1],
      [PassStruct.B, rows],
      [PassStruct.kept, 0],
      [PassStruct.training, 0],
      [PassStruct.traced, 0],
    ]);
    const plans = pass + PassStruct.SIZE;
    const names = hasCell ? (['h', 'c'] as const) : (['h'] as const);
    const states = names.map((name): StageState => {
      const width = name === 'h' ? stateSize : hiddenSize;
      const initial = this.#levels.map((level) => level.initial(name));
      const field = name === 'h' ? Plan.y : Plan.c;
      const place = (n: number) => readInt(runtime.i32, plans + n * Plan.SIZE, field);
      return { name, pointers: [...this.#levels.keys()].map(place), width, initial };
    });
    const run = (oneHot: boolean) => {
      check();
      writeInts(runtime.i32, pass, [
        [PassStruct.x, oneHot ? 0 : pointer],
        [PassStruct.ids, oneHot ? pointer : 0],
      ]);
      for (const level of this.#levels) level.refresh(general);
      runtime.core.streamStep(pass);
    };
    // Not the output of the pass, which may be that of the last step alone.
    const top = (states[0] as StageState).pointers.at(-1) as number;
    return { output: { pointer: top, rows, width: stateSize }, states, run };
  }
}

/** Bytes of all parameters, told before the first is made: a count of layers may be wrong by orders of magnitude. */
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
