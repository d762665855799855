import type { Allocations } from '../runtime/memory.js';
import type { Cell } from './cell.js';
import type { Parameter } from './parameter.js';
import type { AxisOrder, SequenceOptions, SkippedSteps } from './sequence-options.js';

/** Values in the core. `shape` is the shape of the user's array; if `transposed`, its two leading axes are swapped in the core. */
export interface Block {
  readonly pointer: number;
  readonly shape: readonly number[];
  readonly transposed: boolean;
  /** Whether these are 32-bit ids, not floats. */
  readonly ids?: boolean;
}

/** The axes of a block in front of its features; all axes of ids. */
export function leadingOf({ shape, ids }: Block): readonly number[] {
  return ids ? shape : shape.slice(0, -1);
}

/** Computes the gradient of a layer's input from that of its output; `undefined` if it is not wanted or the input has no gradient. */
export type BackwardStep = (dOutput: Block) => Block | undefined;

/** What a layer records: allocates everything that its backward needs and returns the backward step, without changing anything. */
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
 * The memory of one forward and its backward: a stack allocator whose blocks are freed together. It reuses its memory as one segment,
 * so that nothing is allocated from the second use on.
 */
export class Tape {
  training = false;
  recording = false;
  /** The lengths and mask of the sequences; each layer that reads them checks them. */
  sequence: SequenceOptions = {};
  /** The order of the input's axes, if `sequence` describes the input; undefined if a custom layer may change its steps first. */
  inputOrder: AxisOrder | undefined;
  /** The steps of the latest layer's output that no layer reads. */
  skipped: SkippedSteps | undefined;
  /** Bytes for transposing the gradient of the input. */
  inputBytes = 0;
  /** Set to trace the pass: its recurrent layers add themselves, in forward order. */
  trace: TracedPass[] | undefined;
  /** What the layers recorded, in forward order. */
  readonly steps: Prepare[] = [];
  /** Whether backward has started to write: the recording cannot be used again. */
  spent = false;
  readonly #allocations: Allocations;
  readonly #segments: Segment[] = [];
  #used = 0;
  #total = 0;

  constructor(allocations: Allocations) {
    this.#allocations = allocations;
  }

  /** Allocates a block until {@link clear}. @throws RangeError if memory runs out */
  allocate(bytes: number): number {
    const { pointer } = this.reserve(bytes);
    const start = pointer + this.#used;
    this.#used += aligned(bytes);
    this.#total += aligned(bytes);
    return start;
  }

  /**
   * Allocates a block for the arrays that `layOut` places: it receives the start of the block and returns its size in bytes. It is called
   * again only if the current segment is too small.
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

  /** Ensures that the next `bytes` bytes can be allocated. @throws RangeError if memory runs out */
  reserve(bytes: number): Segment {
    let segment = this.#segments.at(-1);
    if (segment === undefined || this.#used + aligned(bytes) > segment.bytes) {
      segment = this.#add(aligned(bytes));
      this.#used = 0;
    }
    return segment;
  }

  /** Runs a function; if it throws, frees what it allocated. */
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

  /** Frees all blocks and merges several segments into one of the same total size. */
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
      // No contiguous memory: the next forward uses several segments again.
    }
  }

  #add(bytes: number): Segment {
    const segment = { pointer: this.#allocations.allocate(bytes), bytes };
    this.#segments.push(segment);
    return segment;
  }

  /** Frees all segments except the first `count`. */
  #drop(count: number): void {
    for (const { pointer } of this.#segments.splice(count)) this.#allocations.free(pointer);
  }
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** A recorded forward whose backward has not run yet. */
export interface Pending {
  readonly tape: Tape;
  /** The gradient for backward has the same shape. */
  readonly output: Block;
  /** The version of each parameter that it used. */
  readonly versions: readonly number[];
}

/** What a pass of a model uses. */
interface Model {
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** Its own memory and that of its layers. */
  readonly memory: readonly Allocations[];
}

/** Collects the recordings made while {@link Recordings.during} runs. */
let collecting: Recordings | undefined;

/** The forwards that one function records, in any model, so that those without a backward can be freed. */
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

/** The tapes of one model: pending ones, the latest last, and free ones for the next forward. */
export class TapePool {
  readonly #allocations: Allocations;
  readonly #model: Model;
  readonly #free: Tape[] = [];
  readonly #pending: Pending[] = [];

  constructor(allocations: Allocations, model: Model) {
    this.#allocations = allocations;
    this.#model = model;
  }

  /** Runs a forward. Its tape is kept for backward if it recorded, and is free again otherwise or if it failed. */
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

  /** The recording that the next backward uses. @throws Error if nothing is recorded or a parameter has changed since */
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

  /** Runs the backward of the latest recorded forward and frees the recording, unless it fails before it writes anything. */
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
   * Locks everything that a pass uses while it runs. Custom layers, and getters of objects that a user passes, run in the middle of a
   * pass: their changes throw, and what they dispose of is freed afterwards.
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

  /** Frees the recordings from before a parameter changed, which no backward can use. They are the earliest ones. */
  #freeStale(): void {
    for (let one = this.#pending[0]; one && this.#changedSince(one); one = this.#pending[0]) this.#drop(one);
  }

  /** The name of a parameter that has changed since. */
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
