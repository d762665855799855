import { describe } from '../border/errors.js';
import { checkOptions, checkSize } from '../border/options.js';
import { checkTensorOf, type IntegerArray, isIntegerArray, type Tensor } from '../border/tensor.js';
import { Holdings } from '../runtime/memory.js';
import type { Runtime } from '../runtime/runtime.js';

/** What a stage reads: `rows` rows of `width` values, or of one 32-bit id each. */
export interface StageInput {
  readonly pointer: number;
  readonly rows: number;
  readonly width: number;
  /** How many ids there are, where rows are ids. */
  readonly ids?: number;
  /** How many ids there are, where a step may give them in place of one-hot rows. */
  readonly oneHot?: number;
}

/** One step of one layer, planned once: it reads its input, and leaves its output, where they always lie. */
export interface Stage {
  readonly output: StageInput;
  readonly states: readonly StageState[];
  /** `oneHot`: the input holds an id for each row. */
  run(oneHot: boolean): void;
}

/** A state that a stage carries: one block [rows, width] for each of its layers. */
export interface StageState {
  readonly name: string;
  readonly pointers: readonly number[];
  readonly width: number;
  /** What each begins with [width], where that was learned; else zeros. */
  readonly initial: readonly number[];
}

export interface StreamOptions {
  /** How many sequences run side by side; without it one, and shapes have no batch axis. */
  batch?: number;
}

/** What a stream takes at each step: one value, or one id, for each input of each sequence. */
export type StepInput = Float32Array | IntegerArray;

/**
 * A model that runs step by step and keeps its state. Made by `layer.stream()`; a step gives, bit for bit, what the whole
 * sequence gives at that time. Changes of the weights take effect at the next step.
 */
export class Stream {
  readonly runtime: Runtime;
  readonly #holdings: Holdings;
  readonly #batch: number | undefined;
  readonly #rows: number;
  readonly #input: StageInput;
  readonly #stage: Stage;

  /** @internal */
  constructor(
    runtime: Runtime,
    batch: number | undefined,
    input: Omit<StageInput, 'pointer' | 'rows'>,
    open: (input: StageInput, holdings: Holdings) => Stage,
  ) {
    this.runtime = runtime;
    this.#batch = batch;
    this.#rows = batch ?? 1;
    this.#holdings = new Holdings(runtime, this);
    try {
      const pointer = this.#holdings.takeZeros(this.#rows * input.width * 4);
      this.#input = { pointer, rows: this.#rows, ...input };
      this.#stage = open(this.#input, this.#holdings);
      this.reset();
    } catch (error) {
      this.#holdings.dispose('Stream');
      throw error;
    }
  }

  /**
   * One step.
   *
   * @param x - batch * inputSize values, one sequence after the other; or batch ids, for a model that begins with an Embedding,
   *   or in place of one-hot rows for one that begins with a recurrent layer
   * @param out - takes the output and is returned; with it a step allocates nothing
   * @returns batch * outputSize values
   * @throws TypeError for another kind, RangeError for another length or an id out of range, Error after `dispose`
   */
  step(x: StepInput, out?: Float32Array): Float32Array {
    this.#holdings.check();
    const oneHot = this.#write(x);
    const { pointer, rows, width } = this.#stage.output;
    if (out !== undefined) checkArray('out', out, rows * width, 'batch * outputSize', rows, width);
    this.#stage.run(oneHot);
    const result = out ?? new Float32Array(rows * width);
    const values = this.runtime.f32;
    const start = pointer >>> 2;
    for (let n = 0; n < result.length; n++) result[n] = values[start + n] as number;
    return result;
  }

  /** Sets the states, of all sequences or of the given ones, to what they began with: zeros, or what was learned. */
  reset(rows?: readonly number[]): void {
    this.#holdings.check();
    if (rows !== undefined && !Array.isArray(rows))
      throw new TypeError(`rows expected an array, got ${describe(rows)}`);
    for (const row of rows ?? []) {
      if (!Number.isInteger(row) || row < 0 || row >= this.#rows) {
        throw new RangeError(`rows expected whole numbers from 0 to ${this.#rows - 1}, got ${describe(row)}`);
      }
    }
    const { f32 } = this.runtime;
    for (const { pointers, width, initial } of this.#stage.states) {
      for (const [n, pointer] of pointers.entries()) {
        const first = (initial[n] ?? 0) >>> 2;
        for (const row of rows ?? Array.from({ length: this.#rows }, (_, n) => n)) {
          const start = (pointer >>> 2) + row * width;
          if (first) f32.copyWithin(start, first, first + width);
          else f32.fill(0, start, start + width);
        }
      }
    }
  }

  /**
   * Copies of the states, by name: `h` and `c`, each [numLayers, batch, hidden]; in a Sequential with the number of the
   * layer before them, as in `1.h`.
   */
  get state(): Record<string, Tensor> {
    this.#holdings.check();
    const state: Record<string, Tensor> = {};
    for (const { name, pointers, width } of this.#stage.states) {
      const size = this.#rows * width;
      const data = new Float32Array(pointers.length * size);
      for (const [layer, pointer] of pointers.entries()) {
        data.set(this.runtime.f32.subarray(pointer >>> 2, (pointer >>> 2) + size), layer * size);
      }
      state[name] = { data, shape: this.#stateShape(pointers.length, width) };
    }
    return state;
  }

  /**
   * Goes on from states that {@link state} gave, in this stream or another one of the same model and batch.
   *
   * @throws TypeError for a missing state, RangeError for another shape
   */
  setState(state: Record<string, Tensor>): void {
    this.#holdings.check();
    if (state === null || typeof state !== 'object')
      throw new TypeError(`state expected an object, got ${describe(state)}`);
    const { states } = this.#stage;
    checkOptions(
      state,
      states.map((one) => one.name),
      'setState',
    );
    for (const { name, pointers, width } of states) {
      checkTensorOf(
        name,
        state[name],
        this.#stateShape(pointers.length, width),
        '[numLayers, batch, hiddenSize]',
      );
    }
    for (const { name, pointers, width } of states) {
      const size = this.#rows * width;
      for (const [layer, pointer] of pointers.entries()) {
        const { data } = state[name] as Tensor;
        this.runtime.f32.set(data.subarray(layer * size, (layer + 1) * size), pointer >>> 2);
      }
    }
  }

  /** Gives the stream's memory back. The model is not touched. */
  dispose(): void {
    this.#holdings.dispose('Stream');
  }

  #stateShape(layers: number, width: number): number[] {
    return this.#batch === undefined ? [layers, width] : [layers, this.#batch, width];
  }

  /** Gives whether these are ids in place of one-hot rows. */
  #write(x: StepInput): boolean {
    const { pointer, rows, width, oneHot } = this.#input;
    const ids = this.#input.ids ?? (isIntegerArray(x) ? oneHot : undefined);
    if (ids === undefined) {
      checkArray('x', x, rows * width, 'batch * inputSize', rows, width);
      const values = this.runtime.f32;
      for (let n = 0, at = pointer >>> 2; n < x.length; n++) values[at + n] = x[n] as number;
      return false;
    }
    if (!isIntegerArray(x)) {
      throw new TypeError(`x expected an array of ids, got ${describe(x)}`);
    }
    if (x.length !== rows) throw new RangeError(`x expected batch = ${rows} ids, got ${x.length}`);
    for (let n = 0; n < rows; n++) {
      const id = x[n] as number;
      if (id < 0 || id >= ids) throw new RangeError(`x[${n}] expected an id from 0 to ${ids - 1}, got ${id}`);
    }
    const words = this.runtime.i32;
    for (let n = 0, at = pointer >>> 2; n < rows; n++) words[at + n] = x[n] as number;
    return oneHot !== undefined;
  }
}

function checkArray(
  name: string,
  x: unknown,
  size: number,
  formula: string,
  rows: number,
  width: number,
): void {
  if (!(x instanceof Float32Array))
    throw new TypeError(`${name} expected a Float32Array, got ${describe(x)}`);
  if (x.length !== size)
    throw new RangeError(`${name} expected ${formula} = ${rows} * ${width} values, got ${x.length}`);
}

export function checkBatch(batch: unknown): number | undefined {
  return batch === undefined ? undefined : checkSize('batch', batch);
}
