import type { Holdings } from '../runtime/memory.js';
import { refuseBytes } from '../runtime/runtime.js';
import type { Directions, Track } from './directions.js';
import type { Masks } from './dropout.js';
import { type Cell, Level } from './level.js';
import type { Parameter } from './parameter.js';
import { PLAN_BYTES, Plan } from './plan.js';
import type { Block, Tape } from './tape.js';

/** How far a sequence reaches in the core, where it lies [steps, batch, ·]. */
export interface Extent {
  readonly steps: number;
  readonly batch: number;
}

/** Where states lie, [levels, batch, hiddenSize] each; 0 for zeros. */
export interface StatePointers {
  readonly h: number;
  readonly c: number;
}

/** What a forward over one level left, in one direction. */
export interface Run {
  readonly plan: Plan;
  /** The outputs [steps, batch, ·], and the states after the last step, [batch, hiddenSize]. */
  readonly y: number;
  readonly hN: number;
  readonly cN: number;
}

/** The same in all directions. */
export interface LevelRun {
  readonly runs: readonly Run[];
  /** The output [steps, batch, width]. */
  readonly y: number;
  /** Which mask lies on this level's input. */
  readonly mask: number | undefined;
}

/**
 * Backward from dy [steps, batch, hiddenSize] (0 for zeros), from the top level down. `final` holds the gradients of the last
 * states, which become those of the first ones. Gives dx, 0 where it is not wanted.
 */
export type StackBackward = (dy: number, final: StatePointers) => number;

/** Values of the input product that one call computes ahead of its steps: they stay in the second-level cache. */
const PRODUCT_VALUES = 65536;

/** Sizes of a stack. */
export interface StackSizes {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
}

/** Bytes of all parameters, told before the first is made: a count of layers may be wrong by orders of magnitude. */
function stackBytes(gates: number, sizes: StackSizes, { count, width }: Directions): number {
  const { inputSize, hiddenSize, numLayers, bias } = sizes;
  const above = gates * hiddenSize * (width + hiddenSize + (bias ? 2 : 0));
  return 4 * count * (numLayers * Math.max(above, 16) + gates * hiddenSize * (inputSize - width));
}

/** The levels of a recurrent layer over time, forward and backward, on pointers alone. */
export class Stack {
  /** For each level its directions. */
  readonly levels: readonly (readonly Level[])[];
  readonly #holdings: Holdings;
  readonly #cell: Cell;
  readonly #hiddenSize: number;
  readonly #directions: Directions;
  readonly #masks: Masks | undefined;

  /** `named` gets the parameters. */
  constructor(
    holdings: Holdings,
    cell: Cell,
    sizes: StackSizes,
    directions: Directions,
    masks: Masks | undefined,
    named: Map<string, Parameter>,
  ) {
    this.#holdings = holdings;
    this.#cell = cell;
    this.#hiddenSize = sizes.hiddenSize;
    this.#directions = directions;
    this.#masks = masks;
    const { hiddenSize, bias } = sizes;
    refuseBytes(stackBytes(cell.gates, sizes, directions));
    this.levels = Array.from({ length: sizes.numLayers }, (_, n) => {
      const inputSize = n === 0 ? sizes.inputSize : directions.width;
      return directions.reversed.map((_, d) => {
        const suffix = `_l${n}${d > 0 ? '_reverse' : ''}`;
        return new Level(holdings, cell, { inputSize, hiddenSize, bias }, named, suffix);
      });
    });
  }

  /** Forward from x [steps, batch, inputSize], or from ids [steps, batch], level by level. */
  forward(x: Pick<Block, 'pointer' | 'ids'>, extent: Extent, initial: StatePointers, tape: Tape): LevelRun[] {
    const { steps, batch } = extent;
    const done: LevelRun[] = [];
    for (const [n, levels] of this.levels.entries()) {
      let input = n === 0 ? x : { pointer: (done[n - 1] as LevelRun).y };
      let mask: number | undefined;
      if (n > 0 && tape.training && this.#masks) {
        const count = steps * batch * this.#directions.width;
        const dropped = tape.take(count * 4);
        mask = this.#masks.draw(dropped, input.pointer, count);
        input = { pointer: dropped };
      }
      done.push({ ...this.#forwardLevel(n, levels, input, extent, initial, tape), mask });
    }
    return done;
  }

  #forwardLevel(
    n: number,
    levels: readonly Level[],
    input: Pick<Block, 'pointer' | 'ids'>,
    extent: Extent,
    initial: StatePointers,
    tape: Tape,
  ): Omit<LevelRun, 'mask'> {
    const size = extent.batch * this.#hiddenSize * 4;
    const { tracks, output } = this.#directions.place(extent, tape);
    const runs = levels.map((level, d) => {
      const at = (n * levels.length + d) * size;
      const own = { h: initial.h && initial.h + at, c: initial.c && initial.c + at };
      return this.#run(level, d, tracks[d] as Track, input, extent, own, tape);
    });
    this.#directions.merge(
      output,
      runs.map((run) => run.y),
      (extent.steps * size) / 4,
    );
    return { runs, y: output };
  }

  /** One level in one direction. Everything that the steps need is taken before the first of them. */
  #run(
    level: Level,
    d: number,
    track: Track,
    input: Pick<Block, 'pointer' | 'ids'>,
    extent: Extent,
    initial: StatePointers,
    tape: Tape,
  ): Run {
    const { steps, batch } = extent;
    const { core } = this.#holdings.runtime;
    const reverse = this.#directions.reversed[d] === true;
    const row = this.#hiddenSize * 4;
    const columns = this.#cell.columns(this.#hiddenSize);
    const chunk = Math.max(1, Math.min(steps, Math.floor(PRODUCT_VALUES / (batch * columns))));
    const plan = this.#plan(track, input, extent, chunk * batch * columns * 4, tape);
    plan.reverse = reverse ? 1 : 0;
    const hN = tape.take(batch * row);
    level.planForward(plan, batch);
    plan.write(this.#holdings.runtime);
    const end = plan.c + (tape.recording ? steps : 0) * batch * row;
    core.copyRows(track.first, track.stride * 4, initial.h, row, batch, row);
    if (this.#cell.hasCell) core.copyRows(reverse ? end : plan.c, row, initial.c, row, batch, row);
    for (let done = 0; done < steps; done += chunk) {
      const next = Math.min(steps, done + chunk);
      if (reverse) this.#cell.forward(core, plan.pointer, steps - next, steps - done);
      else this.#cell.forward(core, plan.pointer, done, next);
    }
    core.copyRows(hN, row, track.last, track.stride * 4, batch, row);
    const y = reverse ? track.y : track.y + batch * track.stride * 4;
    return { plan, y, hN, cN: reverse ? plan.c : end };
  }

  /** The plan of a run with the room that its steps take, `productBytes` of it for the products ahead of them. */
  #plan(
    track: Track,
    { pointer, ids }: Pick<Block, 'pointer' | 'ids'>,
    { steps, batch }: Extent,
    productBytes: number,
    tape: Tape,
  ): Plan {
    const size = batch * this.#hiddenSize * 4;
    const kept = tape.recording ? steps : 0;
    const plan = new Plan(tape.take(PLAN_BYTES));
    plan[ids ? 'ids' : 'x'] = pointer;
    plan.y = track.y;
    plan.yStride = track.stride;
    if (this.#cell.kept > 1) {
      plan.product = tape.take(productBytes);
      if (kept > 0) plan.gates = tape.take(4 * kept * size);
    }
    if (this.#cell.hasCell) {
      plan.c = tape.take((kept + 1) * size);
      if (kept > 0) plan.squashed = tape.take(kept * size);
    }
    return plan;
  }

  /** Takes all that backward over these runs needs, and gives the step: nothing can fail in it. */
  prepareBackward(done: readonly LevelRun[], extent: Extent, wantInput: boolean, tape: Tape): StackBackward {
    const { steps, batch } = extent;
    const rows = this.#cell.kept * this.#hiddenSize;
    const { core } = this.#holdings.runtime;
    const split = this.levels.map((levels, n) => {
      const { runs } = done[n] as LevelRun;
      const [{ inputSize } = { inputSize: 0 }] = levels;
      const wantX = n > 0 || (wantInput && runs[0]?.plan.ids === 0);
      const dx = wantX ? tape.take(steps * batch * inputSize * 4) : 0;
      const scratch = tape.take(core.gradientScratch(rows, Math.max(inputSize, this.#hiddenSize)));
      for (const [d, level] of levels.entries()) {
        const { plan } = runs[d] as Run;
        plan.dx = dx;
        plan.gates ||= tape.take(steps * batch * rows * 4);
        plan.scratch = scratch;
        level.planBackward(plan, wantX);
      }
      return this.#directions.prepareBackward(
        runs.map((run) => run.y),
        steps * batch * this.#hiddenSize,
        tape,
      );
    });
    return (dy, final) => this.#backward(done, split, extent, dy, final);
  }

  #backward(
    done: readonly LevelRun[],
    split: readonly ((dOutput: number) => number[])[],
    { steps, batch }: Extent,
    dy: number,
    final: StatePointers,
  ): number {
    const size = batch * this.#hiddenSize * 4;
    const { runtime } = this.#holdings;
    let gradient = dy;
    for (let n = done.length - 1; n >= 0; n--) {
      const { runs, mask } = done[n] as LevelRun;
      const dOutputs = split[n]?.(gradient) ?? [];
      gradient = (runs[0] as Run).plan.dx;
      const count = steps * batch * ((this.levels[n] as Level[])[0] as Level).inputSize;
      if (gradient) runtime.f32.fill(0, gradient >>> 2, (gradient >>> 2) + count);
      for (const [d, { plan }] of runs.entries()) {
        const at = (n * runs.length + d) * size;
        plan.dy = dOutputs[d] ?? 0;
        plan.dh = final.h + at;
        plan.dc = final.c + at;
        plan.write(runtime);
        this.#cell.backward(runtime.core, plan.pointer, steps);
      }
      if (mask !== undefined) this.#masks?.again(gradient, gradient, count, mask);
    }
    return gradient;
  }
}
