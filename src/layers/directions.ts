import type { Runtime } from '../runtime/runtime.js';
import type { Extent } from './ragged.js';
import type { Tape } from './tape.js';

/** How the outputs of the two directions of a level become one: side by side, or element by element. */
export type Merge = 'concat' | 'sum' | 'mul' | 'average';

/** As assembly/merge.ts counts them. */
const KINDS = { sum: 0, mul: 1, average: 2 } as const;

/** Where one direction's states h lie: `y` as a plan has it, rows `stride` values apart. */
export interface Track {
  readonly y: number;
  readonly stride: number;
}

/** The directions that a recurrent layer runs in, and what becomes of their outputs. */
export class Directions {
  /** For each whether it runs from the last step to the first. */
  readonly reversed: readonly boolean[];
  /** Values of the output, for each row. */
  readonly width: number;
  readonly #runtime: Runtime;
  readonly #merge: Merge;
  readonly #stateSize: number;

  constructor(runtime: Runtime, stateSize: number, reversed: readonly boolean[], merge: Merge) {
    this.reversed = reversed;
    this.width = merge === 'concat' ? reversed.length * stateSize : stateSize;
    this.#runtime = runtime;
    this.#merge = merge;
    this.#stateSize = stateSize;
  }

  get count(): number {
    return this.reversed.length;
  }

  /** Room for the outputs of one level: those that stand side by side share their rows, [steps + 2, batch, width]. */
  place({ steps, batch }: Extent, tape: Tape): { tracks: Track[]; output: number } {
    const merged = this.#merged;
    const stride = merged === undefined ? this.width : this.#stateSize;
    const size = batch * stride * 4;
    const shared = merged === undefined ? tape.take((steps + this.count) * size) : 0;
    const tracks = this.reversed.map((_, n): Track => {
      const y = shared ? shared + n * (size + this.#stateSize * 4) : tape.take((steps + 1) * size);
      return { y, stride };
    });
    if (merged !== undefined) return { tracks, output: tape.take(steps * size) };
    // Behind the first initial state; a layer that only runs in reverse has its own at the end.
    return { tracks, output: shared + (this.reversed[0] ? 0 : size) };
  }

  /** Makes one output of `count` values of each direction, where that is more than leaving them side by side. */
  merge(output: number, sources: readonly number[], count: number): void {
    const [a = 0, b = 0] = sources;
    if (this.#merged !== undefined) this.#runtime.core.mergeForward(output, a, b, count, this.#merged);
  }

  /** Room for the gradients of both directions, where they are not part of the output's; gives how they come about. */
  prepareBackward(sources: readonly number[], count: number, tape: Tape): (dOutput: number) => number[] {
    const merged = this.#merged;
    if (merged === undefined)
      return (dOutput) => this.reversed.map((_, n) => dOutput && dOutput + n * this.#stateSize * 4);
    if (merged === KINDS.sum) return (dOutput) => [dOutput, dOutput];
    const rooms = sources.map(() => tape.take(count * 4));
    return (dOutput) =>
      rooms.map((room, n) => {
        if (dOutput === 0) return 0;
        this.#runtime.core.mergeBackward(room, dOutput, sources[1 - n] as number, count, merged);
        return room;
      });
  }

  /** The output after the last step [batch, width], from the last states. */
  last(states: readonly number[], batch: number, tape: Tape): number {
    if (this.count === 1) return states[0] as number;
    const output = tape.take(batch * this.width * 4);
    const row = this.#stateSize * 4;
    if (this.#merged !== undefined) this.merge(output, states, batch * this.#stateSize);
    else {
      for (const [n, state] of states.entries())
        this.#runtime.core.copyRows(output + n * row, this.width * 4, state, row, batch, row);
    }
    return output;
  }

  /** Adds `parts`, the gradients of both directions as {@link prepareBackward} gives them, to those of the last states. */
  addLast(dStates: number, parts: readonly number[], batch: number): void {
    const R = this.#stateSize;
    const stride = this.#merged === undefined ? this.width : R;
    const { f32 } = this.#runtime;
    for (const [n, part] of parts.entries()) {
      for (let b = 0; b < batch; b++) {
        const to = (dStates >>> 2) + (n * batch + b) * R;
        const from = (part >>> 2) + b * stride;
        for (let at = 0; at < R; at++) f32[to + at] = (f32[to + at] as number) + (f32[from + at] as number);
      }
    }
  }

  get #merged(): number | undefined {
    return this.count === 1 || this.#merge === 'concat' ? undefined : KINDS[this.#merge];
  }
}
