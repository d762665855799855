import type { Allocations } from '../runtime/memory.js';
import type { Cell } from './cell.js';
import type { Parameter } from './parameter.js';
import type { AxisOrder, SequenceOptions, SkippedSteps } from './sequence-options.js';

/** Values in the core. `shape` is that of the user's array; if `transposed`, its two leading axes are swapped in the core. */
export interface Block {
  readonly pointer: number;
  readonly shape: readonly number[];
  readonly transposed: boolean;
  /** Whether these are 32-bit ids, not floats. */
  readonly ids?: boolean;
}

/** From the gradient of a layer's output to that of its input; `undefined` where that is not wanted or has none. */
export type BackwardStep = (dOutput: Block) => Block | undefined;

/** What a layer records: it takes all that its backward needs, changes nothing yet, and gives the step itself. */
export type Prepare = (wantInput: boolean) => BackwardStep;

/** A traced pass of a recurrent layer, for inspection: its struct in the core, and the layout of the user's input. */
export interface TracedPass {
  readonly pointer: number;
  readonly type: string;
  readonly cell: Cell;
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly batched: boolean;
  readonly timeMajor: boolean;
}

interface Segment {
  readonly pointer: number;
  readonly bytes: number;
}

const ALIGNMENT = 64;

/**
 * The memory of one forward and its backward: a stack of blocks that all go at once. It keeps what it has taken, as one
 * piece, so that from the second time on nothing is allocated.
 */
export class Tape {
  training = false;
  recording = false;
  /** The lengths and mask of the sequences; each layer that reads them checks them. */
  sequence: SequenceOptions = {};
  /** The order of the input's axes, if `sequence` describes the input; undefined if a custom layer may change its steps first. */
  inputOrder: AxisOrder | undefined;
  /** The steps that no layer reads, of the latest layer's output. */
  skipped: SkippedSteps | undefined;
  /** Bytes for transposing the gradient of the input. */
  inputBytes = 0;
  /** Set to trace the pass: its recurrent layers add themselves, in forward order. */
  trace: TracedPass[] | undefined;
  /** What the layers recorded, in forward order. */
  readonly steps: Prepare[] = [];
  /** Whether backward has begun to write: what was recorded cannot be used again. */
  spent = false;
  readonly #allocations: Allocations;
  readonly #segments: Segment[] = [];
  #used = 0;
  #total = 0;

  constructor(allocations: Allocations) {
    this.#allocations = allocations;
  }

  /** `bytes` bytes until {@link clear}. @throws RangeError where memory runs out */
  allocate(bytes: number): number {
    const { pointer } = this.reserve(bytes);
    const start = pointer + this.#used;
    this.#used += aligned(bytes);
    this.#total += aligned(bytes);
    return start;
  }

  /**
   * A block for the arrays that `layOut` places: it gets the start of a block and returns how many bytes it takes. It is
   * called again only where what is left of the tape's memory is too small.
   */
  allocateFor(layOut: (base: number) => number): void {
    const last = this.#segments.at(-1);
    const next = last ? last.pointer + this.#used : 0;
    const start = this.allocate(layOut(next));
    if (start !== next) layOut(start);
  }

  allocateZeros(bytes: number): number {
    const pointer = this.allocate(bytes);
    this.#allocations.runtime.floats(pointer, bytes / 4).fill(0);
    return pointer;
  }

  /** Makes the next takes up to `bytes` bytes succeed. @throws RangeError where there is no room for them */
  reserve(bytes: number): Segment {
    let segment = this.#segments.at(-1);
    if (segment === undefined || this.#used + aligned(bytes) > segment.bytes) {
      segment = this.#add(aligned(bytes));
      this.#used = 0;
    }
    return segment;
  }

  /** Runs what takes; where it fails, what it took is given back. */
  attempt<T>(run: () => T): T {
    const [count, used, total] = [this.#segments.length, this.#used, this.#total];
    try {
      return run();
    } catch (error) {
      this.#drop(count);
      this.#used = used;
      this.#total = total;
      throw error;
    }
  }

  /** Forgets everything; several pieces become one that holds as much. */
  clear(): void {
    const total = this.#total;
    this.steps.length = 0;
    this.sequence = {};
    this.skipped = undefined;
    this.spent = false;
    this.#used = 0;
    this.#total = 0;
    if (this.#segments.length < 2) return;
    this.#drop(0);
    try {
      this.#add(total);
    } catch {
      // No room for one piece: the next forward takes several again.
    }
  }

  #add(bytes: number): Segment {
    const segment = { pointer: this.#allocations.allocate(bytes), bytes };
    this.#segments.push(segment);
    return segment;
  }

  /** Gives back all pieces but the first `count`. */
  #drop(count: number): void {
    for (const { pointer } of this.#segments.splice(count)) this.#allocations.free(pointer);
  }
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** A forward that waits for its backward. */
export interface Pending {
  readonly tape: Tape;
  /** The gradient that backward takes has its shape. */
  readonly output: Block;
  /** The version of each parameter that it used. */
  readonly versions: readonly number[];
}

/** What a pass of a model uses. */
interface Model {
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** The memory of its layers, and its own. */
  readonly memory: readonly Allocations[];
}

/** What {@link Recordings.during} runs gives its recordings to. */
let collecting: Recordings | undefined;

/** The forwards that one piece of work records, in any model: what its backward did not take can be dropped. */
export class Recordings {
  #drops: (() => void)[] = [];

  /** @internal */
  add(drop: () => void): void {
    this.#drops.push(drop);
  }

  during<T>(work: () => T): T {
    const outer = collecting;
    collecting = this;
    try {
      return work();
    } finally {
      collecting = outer;
    }
  }

  drop(): void {
    for (const drop of this.#drops.splice(0)) drop();
  }
}

/** The tapes of one model: those that wait for their backward, the latest last, and those free for the next forward. */
export class TapePool {
  readonly #allocations: Allocations;
  readonly #model: Model;
  readonly #free: Tape[] = [];
  readonly #pending: Pending[] = [];

  constructor(allocations: Allocations, model: Model) {
    this.#allocations = allocations;
    this.#model = model;
  }

  /** Runs a forward. Its tape waits for backward if it recorded, and is free again if it did not or failed. */
  forward<T extends { block: Block }>(training: boolean, recording: boolean, run: (tape: Tape) => T): T {
    if (recording) this.#freeStale();
    return this.#keeping('a forward pass', () => {
      const tape = this.#free.pop() ?? new Tape(this.#allocations);
      tape.training = training;
      tape.recording = recording;
      let waits = false;
      try {
        const result = tape.attempt(() => run(tape));
        if (recording) this.#wait(tape, result.block);
        waits = recording;
        return result;
      } finally {
        if (!waits) this.#recycle(tape);
      }
    });
  }

  /** What the next backward takes. @throws Error if nothing is recorded or a parameter has changed since */
  get latest(): Pending {
    const latest = this.#pending.at(-1);
    if (latest === undefined) {
      throw new Error(
        'backward expected a recorded forward before it: forward(input, { record: true }) or { training: true }',
      );
    }
    const changed = this.#changedSince(latest);
    if (changed === undefined) return latest;
    throw new Error(`backward expected unchanged parameters, but "${changed}" changed after the forward`);
  }

  /** Runs the backward of the latest recorded forward, which is then gone, unless it failed before it wrote anything. */
  backward<T>(run: (tape: Tape, output: Block) => T): T {
    const pending = this.latest;
    const { tape, output } = pending;
    return this.#keeping('a backward pass', () => {
      try {
        return tape.attempt(() => run(tape, output));
      } finally {
        if (tape.spent) this.#drop(pending);
      }
    });
  }

  /**
   * Keeps all that a pass uses while it runs. Layers of the user's own, and the getters of what a user passes, run in the
   * middle of it: what they would change throws, and what they dispose of is freed afterwards.
   *
   * @throws Error if something was disposed of
   */
  #keeping<T>(use: string, run: () => T): T {
    for (const one of this.#model.memory) one.check();
    const kept = this.#model.memory.filter(({ lock }) => !lock?.closed || lock.pass);
    const outer = kept.map(({ lock }) => lock);
    for (const one of kept) one.lock = { use, closed: true, pass: this };
    try {
      return run();
    } finally {
      for (const [n, one] of kept.entries()) one.lock = outer[n];
    }
  }

  #wait(tape: Tape, output: Block): void {
    const versions = Array.from(this.#model.parameters.values(), ({ version }) => version);
    const pending = { tape, output, versions };
    this.#pending.push(pending);
    collecting?.add(() => this.#drop(pending));
  }

  /** Those from before a parameter changed, which no backward can use any more. They are the earliest. */
  #freeStale(): void {
    for (let one = this.#pending[0]; one && this.#changedSince(one); one = this.#pending[0]) this.#drop(one);
  }

  /** The name of a parameter that is not what it was. */
  #changedSince({ versions }: Pending): string | undefined {
    return [...this.#model.parameters].find(([, { version }], n) => version !== versions[n])?.[0];
  }

  #drop(pending: Pending): void {
    const place = this.#pending.indexOf(pending);
    if (place >= 0) this.#recycle((this.#pending.splice(place, 1)[0] as Pending).tape);
  }

  #recycle(tape: Tape): void {
    tape.clear();
    this.#free.push(tape);
  }
}
