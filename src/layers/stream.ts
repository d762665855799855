import { Allocations } from '../runtime/memory.js';
import type { Runtime } from '../runtime/runtime.js';
import { isDetached, lengthOf } from '../validation/arrays.js';
import { describe, wrongKind, wrongValue } from '../validation/errors.js';
import { checkObject, checkOptions, checkSize } from '../validation/options.js';
import {
  checkId,
  checkTensorOf,
  type Floats,
  type IntegerArray,
  isFloats,
  isIntegerArray,
  type OwnTensor,
  sizeOf,
  type Tensor,
  wrongFloats,
} from '../validation/tensor.js';

/** The input of a stage: `rows` rows of `width` values, or of one 32-bit id each. */
export interface StageInput {
  /** Read at each step, since the input of the first stage is allocated after all stages. */
  readonly pointer: number;
  readonly rows: number;
  readonly width: number;
  /** The number of ids, if rows are ids. */
  readonly ids?: number;
  /** The number of ids, if a step accepts ids instead of one-hot rows. */
  readonly oneHot?: number;
}

/** One step of one layer, planned once: its input and output have fixed addresses. */
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
  /** The learned initial state [width] of each, 0 for zeros. */
  readonly initial: readonly number[];
}

export interface StreamOptions {
  /** The number of sequences to run side by side. Without it, there is one sequence and states have no batch axis. */
  batch?: number;
}

/** A model that can run step by step. */
interface Steppable {
  readonly runtime: Runtime;
  /** Its own memory and that of its layers. */
  readonly memory: readonly Allocations[];
  openStage(input: StageInput, allocations: Allocations): Stage;
}

/** The input of one step: inputSize values per sequence, or one id per sequence. */
export type StepInput = Float32Array | IntegerArray;

/**
 * Runs a model one step at a time and keeps its state. Created by `layer.stream()`. Each step gives the same bits as a forward over the
 * whole sequence. Changes to the weights take effect at the next step.
 */
export class Stream {
  declare readonly runtime: Runtime;
  declare [Symbol.dispose]: () => void;
  /** @internal */
  readonly type = 'Stream';
  /** @internal */
  declare readonly allocations: Allocations;
  /** @internal Its own memory and that of its layers. */
  declare readonly memory: readonly Allocations[];
  readonly #batch: number | undefined;
  readonly #rows: number;
  readonly #input: StageInput;
  readonly #stage: Stage;

  /** @internal */
  constructor(layer: Steppable, batch: number | undefined, input: Omit<StageInput, 'pointer' | 'rows'>) {
    const { runtime } = layer;
    this.runtime = runtime;
    this.#batch = batch;
    this.#rows = batch ?? 1;
    this.allocations = new Allocations(runtime, this);
    this.memory = [this.allocations, ...layer.memory];
    try {
      this.#check();
      const first = { pointer: 0, rows: this.#rows, ...input };
      this.#stage = layer.openStage(first, this.allocations);
      first.pointer = this.allocations.allocate(this.#rows * input.width * 4);
      this.#input = first;
      this.reset();
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /**
   * Runs one step.
   *
   * @param x - batch * inputSize values, one sequence after the other; or one id per sequence if the model starts with an Embedding,
   *   or with a recurrent layer, instead of one-hot rows
   * @returns batch * outputSize values
   * @throws TypeError for an argument of the wrong type, RangeError for a wrong length or an id out of range, Error after `dispose`
   */
  step(x: StepInput): Floats;
  /** The same; `out` receives the output and is returned, and the step allocates nothing. */
  step<Out extends Float32Array>(x: StepInput, out: Out): Out;
  step(x: StepInput, out?: Float32Array): Float32Array {
    this.#check();
    const oneHot = this.#write(x);
    const { pointer, rows, width } = this.#stage.output;
    if (out !== undefined && !isFloats(out, rows * width))
      throw wrongFloats('out', out, `batch * outputSize = ${rows} * ${width} values`);
    this.#stage.run(oneHot);
    const result = out ?? new Float32Array(rows * width);
    const values = this.runtime.f32;
    const start = pointer >>> 2;
    // Not up to `result.length`, which a subclass may override.
    for (let n = 0; n < rows * width; n++) result[n] = values[start + n] as number;
    return result;
  }

  /** Resets the states of all sequences, or of the given rows, to the initial ones: zeros, or the learned states. */
  reset(rows?: readonly number[]): void {
    if (rows !== undefined && !Array.isArray(rows)) throw wrongKind('rows', 'an array', rows);
    const chosen = rows && [...rows];
    for (const row of chosen ?? []) {
      if (!Number.isInteger(row) || row < 0 || row >= this.#rows)
        throw wrongValue('rows', `whole numbers from 0 to ${this.#rows - 1}`, describe(row));
    }
    this.#check();
    for (const { pointers, width, initial } of this.#stage.states) {
      for (const [n, pointer] of pointers.entries()) {
        for (let k = 0; k < (chosen?.length ?? this.#rows); k++) {
          const state = this.runtime.floats(pointer + (chosen?.[k] ?? k) * width * 4, width);
          if (initial[n]) state.set(this.runtime.floats(initial[n], width));
          else state.fill(0);
        }
      }
    }
  }

  /**
   * Copies of the states by name: `h` and `c`, each [numLayers, batch, hidden]. In a Sequential, the number of the layer comes first, as
   * in `1.h`.
   */
  get state(): Record<string, OwnTensor> {
    this.#check();
    const state: Record<string, OwnTensor> = {};
    for (const one of this.#stage.states) {
      const shape = this.#shapeOf(one);
      const data = new Float32Array(sizeOf(shape));
      for (const [own, place] of this.#parts(data, one)) own.set(place);
      state[one.name] = { data, shape };
    }
    return state;
  }

  /**
   * Continues from states that {@link Stream.state} returned, in this stream or in another one of the same model and batch.
   *
   * @throws TypeError for a missing state, RangeError for another shape
   */
  setState(state: Record<string, Tensor>): void {
    checkObject('state', state);
    const { states } = this.#stage;
    checkOptions(
      state,
      states.map(({ name }) => name),
      'setState',
    );
    const checked = states.map((one) =>
      checkTensorOf(one.name, state[one.name], this.#shapeOf(one), '[numLayers, batch, hiddenSize]'),
    );
    this.#check();
    for (const [n, one] of states.entries()) {
      const { data } = checked[n] as Tensor;
      for (const [own, place] of this.#parts(data, one)) place.set(own);
    }
  }

  /** Releases the stream's memory. The model is unaffected. */
  dispose(): void {
    this.allocations.dispose(this.type);
  }

  /** @throws Error once the stream, or a layer that it runs, was disposed of */
  #check(): void {
    for (const one of this.memory) one.check();
  }

  #shapeOf({ pointers, width }: StageState): number[] {
    const rows = this.#batch === undefined ? [] : [this.#batch];
    return [pointers.length, ...rows, width];
  }

  /** For each layer of a state: its part of `data`, and its values in the core. */
  #parts(data: Float32Array, { pointers, width }: StageState) {
    const size = this.#rows * width;
    return pointers.map((pointer, n) => [
      data.subarray(n * size, (n + 1) * size),
      this.runtime.floats(pointer, size),
    ]) as [Float32Array, Float32Array][];
  }

  /** Checks the input and copies it into the core. @returns whether it holds ids instead of one-hot rows */
  #write(x: StepInput): boolean {
    const { pointer, rows, width, oneHot } = this.#input;
    const ids = this.#input.ids ?? (isIntegerArray(x) ? oneHot : undefined);
    const count = ids === undefined ? rows * width : rows;
    if (ids === undefined) {
      if (!isFloats(x, count)) throw wrongFloats('x', x, `batch * inputSize = ${rows} * ${width} values`);
    } else {
      if (!isIntegerArray(x) || isDetached(x)) throw wrongKind('x', 'an array of ids', x);
      if (lengthOf(x) !== count) throw wrongValue('x', `batch = ${rows} ids`, lengthOf(x));
    }
    const values = ids === undefined ? this.runtime.f32 : this.runtime.i32;
    const at = pointer >>> 2;
    for (let n = 0; n < count; n++) {
      // Read once: another thread may change it.
      const value = x[n] as number;
      if (ids !== undefined) checkId('x', n, value, ids);
      values[at + n] = value;
    }
    return ids !== undefined && oneHot !== undefined;
  }
}

export function checkStreamBatch(batch: unknown): number | undefined {
  return batch === undefined ? undefined : checkSize('batch', batch);
}
