import { sizeOf } from '../border/tensor.js';
import type { Holdings } from '../runtime/memory.js';
import { refuseBytes } from '../runtime/runtime.js';
import { type Cell, parameterShapes } from './cell.js';
import type { Directions, Track } from './directions.js';
import type { Masks } from './dropout.js';
import { Level } from './level.js';
import type { Parameter } from './parameter.js';
import type { Extent } from './ragged.js';
import { type Context, Run, type StatePointers } from './run.js';
import type { Block, Tape } from './tape.js';

/** What a forward over one level left. */
export interface LevelRun {
  /** One for each direction. */
  readonly runs: readonly Run[];
  /** The output [steps, batch, width]. */
  readonly y: number;
  /** Which mask of the dropout between levels lies on this level's input. */
  readonly mask: number | undefined;
}

/**
 * Backward from dy [steps, batch, width] (0 for zeros), from the top level down. `final` holds the gradients of the last
 * states, which become those of the first ones. Gives dx, 0 where it is not wanted.
 */
export type StackBackward = (dy: number, final: StatePointers) => number;

/** Sizes of a stack. */
export interface StackSizes {
  readonly inputSize: number;
  readonly numLayers: number;
  /** The probability of dropout between levels. */
  readonly dropout: number;
}

/** Bytes of all parameters, told before the first is made: a count of layers may be wrong by orders of magnitude. */
function stackBytes(cell: Cell, { inputSize, numLayers }: StackSizes, { count, width }: Directions): number {
  const values = (inputs: number) => {
    const shapes = parameterShapes(cell, inputs).map(([, shape]) => sizeOf(shape));
    return shapes.reduce((sum, size) => sum + size, 0);
  };
  return 4 * count * (values(inputSize) + (numLayers - 1) * Math.max(values(width), 16));
}

/** The levels of a recurrent layer over time, forward and backward, on pointers alone. */
export class Stack {
  /** For each level its directions. */
  readonly levels: readonly (readonly Level[])[];
  readonly #context: Context;
  readonly #directions: Directions;
  readonly #dropout: number;

  /** `named` gets the parameters. */
  constructor(
    holdings: Holdings,
    cell: Cell,
    sizes: StackSizes,
    directions: Directions,
    masks: Masks | undefined,
    named: Map<string, Parameter>,
  ) {
    this.#context = { holdings, cell, masks };
    this.#directions = directions;
    this.#dropout = sizes.dropout;
    refuseBytes(stackBytes(cell, sizes, directions));
    this.levels = Array.from({ length: sizes.numLayers }, (_, n) => {
      const inputSize = n === 0 ? sizes.inputSize : directions.width;
      return directions.reversed.map((_, d) => {
        const suffix = `_l${n}${d > 0 ? '_reverse' : ''}`;
        return new Level(holdings, cell, inputSize, d, named, suffix);
      });
    });
  }

  /** Forward from x [steps, batch, inputSize], or from ids [steps, batch], level by level. */
  forward(x: Pick<Block, 'pointer' | 'ids'>, extent: Extent, initial: StatePointers, tape: Tape): LevelRun[] {
    const { steps, batch } = extent;
    const { masks } = this.#context;
    const done: LevelRun[] = [];
    for (const n of this.levels.keys()) {
      let input = n === 0 ? x : { pointer: (done[n - 1] as LevelRun).y };
      let mask: number | undefined;
      if (n > 0 && tape.training && this.#dropout > 0 && masks) {
        const count = steps * batch * this.#directions.width;
        const dropped = tape.take(count * 4);
        mask = masks.draw(dropped, input.pointer, count, this.#dropout);
        input = { pointer: dropped };
      }
      done.push({ ...this.#forwardLevel(n, input, extent, initial, tape), mask });
    }
    return done;
  }

  #forwardLevel(
    n: number,
    input: Pick<Block, 'pointer' | 'ids'>,
    extent: Extent,
    initial: StatePointers,
    tape: Tape,
  ): Omit<LevelRun, 'mask'> {
    const { tracks, output } = this.#directions.place(extent, tape);
    const levels = this.levels[n] as readonly Level[];
    const runs = levels.map((level, d) => {
      const reverse = this.#directions.reversed[d] === true;
      const own = this.#statesAt(n, d, extent, initial);
      return new Run(this.#context, level, tracks[d] as Track, reverse, input, extent, own, tape);
    });
    this.#directions.merge(
      output,
      runs.map((run) => run.y),
      extent.steps * extent.batch * this.#context.cell.stateSize,
    );
    return { runs, y: output };
  }

  /** Where the states of one level and direction lie among all. */
  #statesAt(n: number, d: number, { batch }: Extent, { h, c }: StatePointers): StatePointers {
    const at = (n * this.#directions.count + d) * batch * 4;
    const { stateSize, hiddenSize } = this.#context.cell;
    return { h: h && h + at * stateSize, c: c && c + at * hiddenSize };
  }

  /** Takes all that backward over these runs needs, and gives the step: nothing can fail in it. */
  prepareBackward(done: readonly LevelRun[], extent: Extent, wantInput: boolean, tape: Tape): StackBackward {
    const { steps, batch } = extent;
    const { cell, holdings } = this.#context;
    const rows = cell.blocks * cell.hiddenSize;
    const gradients = this.levels.map(([level], n) => {
      const { inputSize } = level as Level;
      const dx = n > 0 || wantInput ? tape.take(steps * batch * inputSize * 4) : 0;
      const scratch = tape.take(
        holdings.runtime.core.gradientScratch(rows, Math.max(inputSize, cell.hiddenSize)),
      );
      const { runs } = done[n] as LevelRun;
      for (const run of runs) run.prepareBackward(dx, scratch, tape);
      const sources = runs.map((run) => run.y);
      const split = this.#directions.prepareBackward(sources, steps * batch * cell.stateSize, tape);
      return { dx, split };
    });
    return (dy, final) => {
      let gradient = dy;
      for (let n = done.length - 1; n >= 0; n--) {
        const { dx, split } = gradients[n] as (typeof gradients)[0];
        this.#backwardLevel(n, done[n] as LevelRun, extent, dx, split(gradient), final);
        gradient = dx;
      }
      return gradient;
    };
  }

  #backwardLevel(
    n: number,
    { runs, mask }: LevelRun,
    extent: Extent,
    dx: number,
    dOutputs: readonly number[],
    final: StatePointers,
  ): void {
    const { f32 } = this.#context.holdings.runtime;
    const [level] = this.levels[n] as readonly [Level];
    const count = extent.steps * extent.batch * level.inputSize;
    if (dx) f32.fill(0, dx >>> 2, (dx >>> 2) + count);
    for (const [d, run] of runs.entries())
      run.backward(dx, dOutputs[d] ?? 0, this.#statesAt(n, d, extent, final));
    if (mask !== undefined) this.#context.masks?.again(dx, dx, count, this.#dropout, mask);
  }
}
