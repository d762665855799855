import type { Holdings } from '../runtime/memory.js';
import type { SequenceOptions } from './ragged.js';

/** Values in the core. `shape` is the user's; where `turned`, the two leading axes lie the other way round. */
export interface Block {
  readonly pointer: number;
  readonly shape: readonly number[];
  readonly turned: boolean;
  /** Whether these are 32-bit ids, not floats. */
  readonly ids?: boolean;
}

/** From the gradient of a layer's output to that of its input; `undefined` where that is not wanted or has none. */
export type BackwardStep = (dOutput: Block) => Block | undefined;

/** What a layer records: it takes all that its backward needs, changes nothing yet, and gives the step itself. */
export type Prepare = (wantInput: boolean) => BackwardStep;

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
  /** What the user told of the sequences' lengths and masks: each recurrent layer checks it. */
  sequence: SequenceOptions = {};
  /** The room that turning the gradient of the input takes. */
  inputBytes = 0;
  /** What the layers recorded, in forward order. */
  readonly steps: Prepare[] = [];
  /** Whether backward has begun to write: what was recorded can not be used again. */
  spent = false;
  readonly #holdings: Holdings;
  readonly #segments: Segment[] = [];
  #used = 0;
  #total = 0;

  constructor(holdings: Holdings) {
    this.#holdings = holdings;
  }

  /** `bytes` bytes until {@link clear}. @throws RangeError where there is no room for them */
  take(bytes: number): number {
    const size = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    let segment = this.#segments.at(-1);
    if (segment === undefined || this.#used + size > segment.bytes) {
      segment = { pointer: this.#holdings.take(size), bytes: size };
      this.#segments.push(segment);
      this.#used = 0;
    }
    const pointer = segment.pointer + this.#used;
    this.#used += size;
    this.#total += size;
    return pointer;
  }

  takeZeros(bytes: number): number {
    const pointer = this.take(bytes);
    this.#holdings.runtime.f32.fill(0, pointer >>> 2, (pointer + bytes) >>> 2);
    return pointer;
  }

  /** Makes the next takes up to `bytes` bytes succeed. @throws RangeError where there is no room for them */
  reserve(bytes: number): void {
    const size = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    const segment = this.#segments.at(-1);
    if (size === 0 || (segment !== undefined && this.#used + size <= segment.bytes)) return;
    this.#segments.push({ pointer: this.#holdings.take(size), bytes: size });
    this.#used = 0;
  }

  /** Where the tape stands, for {@link release}. */
  mark(): Mark {
    return { segments: this.#segments.length, used: this.#used, total: this.#total };
  }

  /** Gives back what was taken since. */
  release(mark: Mark): void {
    for (const { pointer } of this.#segments.splice(mark.segments)) this.#holdings.give(pointer);
    this.#used = mark.used;
    this.#total = mark.total;
  }

  /** Forgets everything; several pieces become one that holds as much. */
  clear(): void {
    const total = this.#total;
    this.steps.length = 0;
    this.sequence = {};
    this.spent = false;
    this.#used = 0;
    this.#total = 0;
    if (this.#segments.length < 2) return;
    for (const { pointer } of this.#segments.splice(0)) this.#holdings.give(pointer);
    try {
      this.#segments.push({ pointer: this.#holdings.take(total), bytes: total });
    } catch {
      // No room for one piece: the next forward takes several again.
    }
  }
}

interface Mark {
  readonly segments: number;
  readonly used: number;
  readonly total: number;
}

/** Backward through what a tape recorded, the latest step first; every step takes what it needs before the first runs. */
export function runBackward(tape: Tape, dOutput: Block, wantInput: boolean): Block | undefined {
  const steps = tape.steps.map((prepare, n) => prepare(wantInput || n > 0));
  tape.reserve(tape.inputBytes);
  tape.spent = true;
  let gradient: Block | undefined = dOutput;
  for (let n = steps.length - 1; n >= 0 && gradient !== undefined; n--) {
    gradient = (steps[n] as BackwardStep)(gradient);
  }
  return gradient;
}

/** A recorded forward: its output's block tells the shape of the gradient that backward takes. */
export interface Pending {
  readonly tape: Tape;
  readonly output: Block;
}

/** The tapes of one model: those that wait for their backward, the latest last, and those free for the next forward. */
export class TapePool {
  readonly #holdings: Holdings;
  readonly #free: Tape[] = [];
  readonly #pending: Pending[] = [];

  constructor(holdings: Holdings) {
    this.#holdings = holdings;
  }

  /** Runs a forward. Its tape waits for backward if it recorded, and is free again if it did not or failed. */
  forward<T extends { block: Block }>(training: boolean, recording: boolean, run: (tape: Tape) => T): T {
    const tape = this.#free.pop() ?? new Tape(this.#holdings);
    const mark = tape.mark();
    tape.training = training;
    tape.recording = recording;
    try {
      const result = run(tape);
      if (recording) this.#pending.push({ tape, output: result.block });
      else this.#recycle(tape);
      return result;
    } catch (error) {
      tape.release(mark);
      this.#recycle(tape);
      throw error;
    }
  }

  /** What the next backward takes. @throws Error where nothing is recorded */
  get latest(): Pending {
    const latest = this.#pending.at(-1);
    if (latest !== undefined) return latest;
    throw new Error(
      'backward expected a recorded forward before it: forward(input, { record: true }) or { training: true }',
    );
  }

  /** Runs the backward of the latest recorded forward, which is then gone, unless it failed before it wrote anything. */
  backward<T>(run: (tape: Tape, output: Block) => T): T {
    const { tape, output } = this.latest;
    const mark = tape.mark();
    try {
      const result = run(tape, output);
      this.#pending.pop();
      this.#recycle(tape);
      return result;
    } catch (error) {
      tape.release(mark);
      if (tape.spent) {
        this.#pending.pop();
        this.#recycle(tape);
      }
      throw error;
    }
  }

  /** Drops what waits for a backward. */
  drop(): void {
    for (const { tape } of this.#pending.splice(0)) this.#recycle(tape);
  }

  #recycle(tape: Tape): void {
    tape.clear();
    this.#free.push(tape);
  }
}
