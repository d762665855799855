import type { Runtime } from '../runtime/runtime.js';
import type { BatchesState } from '../training/batch-progress.js';
import { describe } from '../validation/errors.js';
import { checkNumber } from '../validation/options.js';
import type { AnyTensor } from '../validation/tensor.js';

/** What batches were made from, so that a worker can make them again: the function, its arrays and its options. */
export interface BatchesSource {
  readonly of: 'rows' | 'lanes' | 'buckets';
  readonly arrays: readonly AnyTensor[];
  readonly options: object & { readonly epochs?: number };
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

  /** @internal */
  get 'lstm-wasm'(): string {
    return 'Batches';
  }

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

export function checkEpochs(epochs = 1): number {
  if (epochs === Number.POSITIVE_INFINITY) return epochs;
  return checkNumber(
    'epochs',
    epochs,
    'a whole number from 1, or Infinity',
    (n) => Number.isInteger(n) && n >= 1,
  );
}

/** The streams of shuffles; their parts are the epochs. */
export const SHUFFLES = 0xfffffffd;
export const SHUFFLES_OF_BATCHES = 0xfffffffc;

/** 0 … count − 1 in the order that a seed and an epoch give. */
export function permutation(
  runtime: Runtime,
  count: number,
  seed: number,
  epoch: number,
  stream = SHUFFLES,
): Int32Array {
  const pointer = runtime.scratch(count * 4);
  runtime.core.fillPermutation(pointer, count, runtime.source(seed, stream, epoch));
  return runtime.i32.slice(pointer >>> 2, (pointer >>> 2) + count);
}

export function upTo(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, n) => n);
}

/** A whole number from its text; NaN where it is none. */
function wholeOf(text: unknown): number {
  return typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : Number.NaN;
}
