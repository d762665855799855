import { describe } from '../border/errors.js';
import { checkBoolean, checkNumber, checkOptions, checkSeed, checkSize } from '../border/options.js';
import {
  arrayLike,
  checkIntegers,
  checkTensor,
  type Integers,
  type IntegerTensor,
  sizeOf,
  type Tensor,
} from '../border/tensor.js';
import { checkRuntime, type Runtime } from '../runtime/runtime.js';

/** Where an iteration stands, as plain data; whole numbers as text. */
export interface BatchesState {
  readonly epoch: string;
  readonly position: string;
  readonly seed: string;
}

export interface BatchesOptions {
  batchSize: number;
  /** Whether each epoch goes through the rows in an order of its own. Default true. */
  shuffle?: boolean;
  /** Whether to leave out what does not fill a batch at an epoch's end. Default false. */
  dropLast?: boolean;
  /** How many times to go through the rows; `Infinity` never ends. Default 1. */
  epochs?: number;
  /** The seed of the orders. Default: the runtime's. */
  seed?: number;
  runtime?: Runtime;
}

type Rows = Tensor | IntegerTensor;

/** What an iteration was made of, so that another thread can make it again. */
export type BatchesSource =
  | {
      readonly of: 'rows';
      readonly arrays: readonly [input: Rows, target: Rows];
      readonly options: BatchesOptions;
    }
  | { readonly of: 'lanes'; readonly arrays: readonly [ids: IntegerTensor]; readonly options: LanesOptions };

/** @internal */
export function batchesFrom(source: BatchesSource, runtime: Runtime): Batches<unknown> {
  if (source.of === 'lanes') return lanes(source.arrays[0], source.options);
  const [input, target] = source.arrays;
  return batches({ input, target }, { ...source.options, runtime });
}

/** Rows of one tensor; the kind of array stays. */
function take<T extends Rows>({ data, shape }: T, rows: ArrayLike<number>): T {
  const size = sizeOf(shape.slice(1));
  const taken = arrayLike(data, rows.length * size);
  for (let n = 0; n < rows.length; n++) {
    const from = (rows[n] as number) * size;
    taken.set(data.subarray(from, from + size), n * size);
  }
  return { data: taken, shape: [rows.length, ...shape.slice(1)] } as unknown as T;
}

/**
 * An iteration that knows its epoch and its place, and can go on from them. The state is that of the batch that comes
 * next, so saving inside the loop after a step resumes behind it.
 */
export class Batches<Batch> implements Iterable<Batch> {
  /** @internal */
  readonly source: BatchesSource;
  /** @internal Whether the next iteration begins anew. */
  ended = false;
  readonly #perEpoch: number;
  readonly #epochs: number;
  readonly #seed: number;
  readonly #make: (epoch: number) => (position: number) => Batch;
  #epoch = 0;
  #position = 0;

  /** @internal `make` prepares an epoch; what it gives makes the batch at a place of it. */
  constructor(
    perEpoch: number,
    epochs: number,
    seed: number,
    source: BatchesSource,
    make: (epoch: number) => (position: number) => Batch,
  ) {
    this.source = source;
    this.#perEpoch = perEpoch;
    this.#epochs = epochs;
    this.#seed = seed;
    this.#make = make;
  }

  /** Batches in one epoch. */
  get length(): number {
    return this.#perEpoch;
  }

  /** From where the state stands to the end of the last epoch; once that is reached, the next iteration begins anew. */
  *[Symbol.iterator](): Generator<Batch, void, undefined> {
    if (this.ended) this.#epoch = 0;
    this.ended = false;
    while (this.#epoch < this.#epochs) {
      const make = this.#make(this.#epoch);
      const epoch = this.#epoch;
      while (this.#epoch === epoch) {
        const batch = make(this.#position);
        this.#position++;
        if (this.#position >= this.#perEpoch) {
          this.#position = 0;
          this.#epoch++;
        }
        yield batch;
      }
    }
    this.ended = true;
  }

  stateDict(): BatchesState {
    return { epoch: String(this.#epoch), position: String(this.#position), seed: String(this.#seed) };
  }

  /** @throws RangeError for a place that this data does not have, or orders of another seed */
  loadStateDict(state: BatchesState): void {
    if (state === null || typeof state !== 'object')
      throw new TypeError(`state expected that of batches, got ${describe(state)}`);
    const [epoch, position, seed] = [state.epoch, state.position, state.seed].map(wholeOf) as [
      number,
      number,
      number,
    ];
    if (seed !== this.#seed)
      throw new RangeError(
        `state.seed expected ${this.#seed}, got ${state.seed}: the order of the rows would change`,
      );
    if (
      !Number.isSafeInteger(epoch) ||
      epoch < 0 ||
      !Number.isInteger(position) ||
      position < 0 ||
      position >= this.#perEpoch
    ) {
      throw new RangeError(
        `state expected a position from 0 to ${this.#perEpoch - 1}, got ${describe(state.position)} of epoch ${describe(state.epoch)}`,
      );
    }
    this.#epoch = epoch;
    this.#position = position;
    this.ended = false;
  }
}

/**
 * Minibatches of rows: the first axis of `input` and `target` counts the examples.
 *
 * @returns an iterable of `{ input, target }` whose state can be saved
 * @throws TypeError for another kind or an unknown option, RangeError where the counts of rows differ
 * @example
 * ```ts
 * import { batches } from 'lstm-wasm/data';
 * const input = { data: new Float32Array(10 * 4), shape: [10, 4] };
 * const sizes = [...batches({ input, target: new Uint8Array(10) }, { batchSize: 4 })].map((batch) => batch.target.shape[0]);
 * console.log(sizes); // [ 4, 4, 2 ]
 * ```
 */
export function batches<Target extends Tensor | Integers>(
  rows: { input: Tensor | Integers; target: Target },
  options: BatchesOptions,
): Batches<{ input: Tensor | IntegerTensor; target: Target extends Tensor ? Tensor : IntegerTensor }> {
  checkOptions(options, ['batchSize', 'shuffle', 'dropLast', 'epochs', 'seed', 'runtime'], 'batches');
  if (rows === null || typeof rows !== 'object')
    throw new TypeError(`rows expected { input, target }, got ${describe(rows)}`);
  const input = checkRows('input', rows.input);
  const target = checkRows('target', rows.target);
  const count = input.shape[0] as number;
  if (target.shape[0] !== count)
    throw new RangeError(`target expected as many rows as input = ${count}, got ${target.shape[0]}`);
  const batchSize = checkSize('batchSize', options.batchSize);
  const { shuffle = true, dropLast = false } = options;
  checkBoolean('shuffle', shuffle);
  checkBoolean('dropLast', dropLast);
  const runtime = checkRuntime(options.runtime);
  const { seed = runtime.seed } = options;
  checkSeed('seed', seed);
  const perEpoch = dropLast ? Math.floor(count / batchSize) : Math.ceil(count / batchSize);
  if (perEpoch === 0)
    throw new RangeError(`rows expected at least ${dropLast ? `batchSize = ${batchSize}` : 1}, got ${count}`);
  const source: BatchesSource = {
    of: 'rows',
    arrays: [input, target],
    options: { batchSize, shuffle, dropLast, seed, epochs: options.epochs ?? 1 },
  };
  return new Batches(perEpoch, checkEpochs(options.epochs), seed, source, (epoch) => {
    const order = shuffle
      ? permutation(runtime, count, seed, epoch)
      : Int32Array.from({ length: count }, (_, n) => n);
    return (position) => {
      const picked = order.subarray(position * batchSize, Math.min(count, (position + 1) * batchSize));
      return { input: take(input, picked), target: take(target, picked) as never };
    };
  });
}

export interface LanesOptions {
  /** How many lanes run side by side. */
  batch: number;
  /** How many steps a batch has. */
  steps: number;
  /** How many times to go through the text; `Infinity` never ends. Default 1. */
  epochs?: number;
}

/**
 * One long sequence of ids as batches for truncated backpropagation through time: cut into `batch` lanes of equal length, of
 * which each batch takes the next `steps`. A lane goes on where the batch before ended, so that a model with
 * `stateful: true` reads through; `reset` marks an epoch's beginning. The target is the input one step later.
 *
 * @throws TypeError for another kind or an unknown option, RangeError where the text is too short for one batch
 * @example
 * ```ts
 * import { lanes } from 'lstm-wasm/data';
 * const [first] = lanes(Int32Array.from({ length: 9 }, (_, n) => n), { batch: 2, steps: 3 });
 * console.log([...first!.input.data], [...first!.target.data]); // [ 0, 1, 2, 4, 5, 6 ] [ 1, 2, 3, 5, 6, 7 ]
 * ```
 */
export function lanes(
  ids: Integers,
  options: LanesOptions,
): Batches<{ input: IntegerTensor; target: IntegerTensor; reset: boolean }> {
  checkOptions(options, ['batch', 'steps', 'epochs'], 'lanes');
  const checked = checkIntegers('ids', ids);
  const { data } = checked;
  const batch = checkSize('batch', options.batch);
  const steps = checkSize('steps', options.steps);
  const lane = Math.floor((data.length - 1) / batch);
  const perEpoch = Math.floor(lane / steps);
  if (perEpoch < 1)
    throw new RangeError(
      `ids expected at least batch * steps + 1 = ${batch * steps + 1}, got ${data.length}`,
    );
  const source: BatchesSource = {
    of: 'lanes',
    arrays: [checked],
    options: { batch, steps, epochs: options.epochs ?? 1 },
  };
  return new Batches(perEpoch, checkEpochs(options.epochs), 0, source, () => (position) => {
    const window = (offset: number): IntegerTensor => {
      const cut = new Int32Array(batch * steps);
      for (let b = 0; b < batch; b++) {
        const from = b * lane + position * steps + offset;
        cut.set(data.subarray(from, from + steps), b * steps);
      }
      return { data: cut, shape: [batch, steps] };
    };
    return { input: window(0), target: window(1), reset: position === 0 };
  });
}

function checkEpochs(epochs = 1): number {
  if (epochs === Number.POSITIVE_INFINITY) return epochs;
  return checkNumber(
    'epochs',
    epochs,
    'a whole number from 1, or Infinity',
    (n) => Number.isInteger(n) && n >= 1,
  );
}

function checkRows(name: string, rows: unknown): Rows {
  const isFloat =
    rows !== null && typeof rows === 'object' && 'data' in rows && rows.data instanceof Float32Array;
  const checked = isFloat ? checkTensor(name, rows) : checkIntegers(name, rows);
  if (checked.shape.length === 0)
    throw new RangeError(`${name} expected at least one axis, which counts the rows`);
  return checked;
}

function permutation(runtime: Runtime, count: number, seed: number, epoch: number): Int32Array {
  const pointer = runtime.scratch(count * 4);
  runtime.core.fillPermutation(pointer, count, runtime.source(seed, SHUFFLES, epoch));
  return runtime.i32.slice(pointer >>> 2, (pointer >>> 2) + count);
}

/** A whole number from its text; NaN where it is none. */
function wholeOf(text: unknown): number {
  return typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

/** The stream of shuffles; its parts are the epochs. */
const SHUFFLES = 0xfffffffd;
