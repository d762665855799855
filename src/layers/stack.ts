import type { Holdings } from '../runtime/memory.js';
import { refuseBytes } from '../runtime/runtime.js';
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

/** What a forward over one level left. */
export interface Run {
  readonly plan: Plan;
  /** y [steps, batch, hiddenSize], and the states after the last step. */
  readonly y: number;
  readonly hN: number;
  readonly cN: number;
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

/** Bytes of all parameters, told before the first is made: a count of layers may be wrong by orders of magnitude. */
function stackBytes(
  gates: number,
  {
    inputSize,
    hiddenSize,
    numLayers,
    bias,
  }: { inputSize: number; hiddenSize: number; numLayers: number; bias: boolean },
): number {
  const above = gates * hiddenSize * (2 * hiddenSize + (bias ? 2 : 0));
  return 4 * (numLayers * Math.max(above, 16) + gates * hiddenSize * (inputSize - hiddenSize));
}

/** The levels of a recurrent layer over time, forward and backward, on pointers alone. */
export class Stack {
  readonly levels: readonly Level[];
  readonly #holdings: Holdings;
  readonly #cell: Cell;
  readonly #hiddenSize: number;
  readonly #masks: Masks | undefined;

  /** `named` gets the parameters. */
  constructor(
    holdings: Holdings,
    cell: Cell,
    sizes: { inputSize: number; hiddenSize: number; numLayers: number; bias: boolean },
    masks: Masks | undefined,
    named: Map<string, Parameter>,
  ) {
    this.#holdings = holdings;
    this.#cell = cell;
    this.#hiddenSize = sizes.hiddenSize;
    this.#masks = masks;
    const { hiddenSize, bias } = sizes;
    refuseBytes(stackBytes(cell.gates, sizes));
    this.levels = Array.from({ length: sizes.numLayers }, (_, n) => {
      const inputSize = n === 0 ? sizes.inputSize : hiddenSize;
      return new Level(holdings, cell, { inputSize, hiddenSize, bias }, named, `_l${n}`);
    });
  }

  /** Forward from x [steps, batch, inputSize], or from ids [steps, batch], level by level. */
  forward(x: Pick<Block, 'pointer' | 'ids'>, extent: Extent, initial: StatePointers, tape: Tape): Run[] {
    const { steps, batch } = extent;
    const size = batch * this.#hiddenSize * 4;
    const runs: Run[] = [];
    for (const [n, level] of this.levels.entries()) {
      let input = n === 0 ? x : { pointer: (runs[n - 1] as Run).y };
      let mask: number | undefined;
      if (n > 0 && tape.training && this.#masks) {
        const dropped = tape.take(steps * size);
        mask = this.#masks.draw(dropped, input.pointer, (steps * size) / 4);
        input = { pointer: dropped };
      }
      const own = { h: initial.h && initial.h + n * size, c: initial.c && initial.c + n * size };
      runs.push({ ...this.#forwardLevel(level, input, extent, own, tape), mask });
    }
    return runs;
  }

  /** Everything that the steps need is taken before the first of them. */
  #forwardLevel(
    level: Level,
    { pointer, ids }: Pick<Block, 'pointer' | 'ids'>,
    { steps, batch }: Extent,
    initial: StatePointers,
    tape: Tape,
  ) {
    const { hasCell } = this.#cell;
    const columns = this.#cell.columns(this.#hiddenSize);
    const size = batch * this.#hiddenSize * 4;
    const kept = tape.recording ? steps : 0;
    const chunk = Math.max(1, Math.min(steps, Math.floor(PRODUCT_VALUES / (batch * columns))));
    const plan = new Plan(tape.take(PLAN_BYTES));
    plan[ids ? 'ids' : 'x'] = pointer;
    plan.y = tape.take((steps + 1) * size);
    if (hasCell) {
      plan.c = tape.take((kept + 1) * size);
      plan.product = tape.take(chunk * batch * columns * 4);
      if (kept > 0) plan.gates = tape.take(4 * kept * size);
      if (kept > 0) plan.squashed = tape.take(kept * size);
    }
    level.planForward(plan, batch);
    const { runtime } = this.#holdings;
    plan.write(runtime);
    this.#place(plan.y, initial.h, size);
    if (hasCell) this.#place(plan.c, initial.c, size);
    for (let t = 0; t < steps; t += chunk) {
      this.#cell.forward(runtime.core, plan.pointer, t, Math.min(steps, t + chunk));
    }
    return { plan, y: plan.y + size, hN: plan.y + steps * size, cN: plan.c + kept * size };
  }

  /** Takes all that backward over these runs needs, and gives the step: nothing can fail in it. */
  prepareBackward(runs: readonly Run[], extent: Extent, wantInput: boolean, tape: Tape): StackBackward {
    const { steps, batch } = extent;
    const rows = this.#cell.gates * this.#hiddenSize;
    const { runtime } = this.#holdings;
    for (const [n, level] of this.levels.entries()) {
      const { plan } = runs[n] as Run;
      const wantX = n > 0 || (wantInput && plan.ids === 0);
      plan.dx = wantX ? tape.take(steps * batch * level.inputSize * 4) : 0;
      plan.gates ||= tape.take(steps * batch * rows * 4);
      plan.scratch = tape.take(
        runtime.core.gradientScratch(rows, Math.max(level.inputSize, this.#hiddenSize)),
      );
      level.planBackward(plan, wantX);
    }
    return (dy, final) => this.#backward(runs, extent, dy, final);
  }

  #backward(runs: readonly Run[], { steps, batch }: Extent, dy: number, final: StatePointers): number {
    const size = batch * this.#hiddenSize * 4;
    const { runtime } = this.#holdings;
    let gradient = dy;
    for (let n = runs.length - 1; n >= 0; n--) {
      const { plan, mask } = runs[n] as Run;
      plan.dy = gradient;
      plan.dh = final.h + n * size;
      plan.dc = final.c + n * size;
      plan.write(runtime);
      this.#cell.backward(runtime.core, plan.pointer, steps);
      if (mask !== undefined) this.#masks?.again(plan.dx, plan.dx, (steps * size) / 4, mask);
      gradient = plan.dx;
    }
    return gradient;
  }

  /** Writes `dLast` as the last of the steps of dy, with zeros before it. */
  spread(dy: number, dLast: number, { steps, batch }: Extent): void {
    const size = batch * this.#hiddenSize * 4;
    this.#place(dy, 0, (steps - 1) * size);
    this.#place(dy + (steps - 1) * size, dLast, size);
  }

  /** Copies a state to where a step reads it, zeros where there is none. */
  #place(to: number, from: number, bytes: number): void {
    const { f32 } = this.#holdings.runtime;
    if (from) f32.copyWithin(to >>> 2, from >>> 2, (from + bytes) >>> 2);
    else f32.fill(0, to >>> 2, (to + bytes) >>> 2);
  }
}
