import type { Runtime } from '../runtime/runtime.js';
import type { BatchesState } from '../training/batch-progress.js';
import { describe } from '../validation/errors.js';
import { checkSizeOrInfinity, parseWhole } from '../validation/options.js';
import type { AnyTensor } from '../validation/tensor.js';

/** What batches were made from, so that a worker can make them again: the function, its arrays and its options. */
export interface BatchesSource {
  readonly of: 'rows' | 'lanes' | 'buckets';
  readonly arrays: readonly AnyTensor[];
  readonly options: object & { readonly epochs?: number };
}

/**
 * An iterable of batches whose position (epoch and batch) can be saved and restored. The position is that of the next batch, so a state
 * that is saved in the loop, after a step, resumes after that step.
 */
export class Batches<Batch> implements Iterable<Batch> {
  /** @internal */
  readonly source: BatchesSource;
  /** @internal Whether the last epoch is over, so that the next iteration starts from the beginning. */
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

  /** @internal `make` prepares an epoch and returns a function that makes the batch at a position. */
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

  /** From the current position to the end of the last epoch; after that, the next iteration starts from the beginning. */
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

  /** @throws TypeError for the wrong kind, RangeError for a position out of range or a state of another seed */
  loadStateDict(state: BatchesState): void {
    if (state === null || typeof state !== 'object')
      throw new TypeError(`state expected the stateDict() of batches, got ${describe(state)}`);
    const [epoch, position, seed] = [state.epoch, state.position, state.seed].map(parseWhole) as [
      number,
      number,
      number,
    ];
    if (seed !== this.#seed)
      throw new RangeError(
        `state.seed expected ${this.#seed}, got ${describe(state.seed)}: the order of the rows would change`,
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

export function checkEpochs(epochs: unknown = 1): number {
  return checkSizeOrInfinity('epochs', epochs);
}

/** The random streams of shuffles of rows and of batches; each epoch is a part of its stream. */
export const ROW_SHUFFLES = 0xfffffffd;
export const BATCH_SHUFFLES = 0xfffffffc;

/** 0 … count − 1, shuffled; the order depends on the seed, the epoch and the stream only. */
export function permutation(
  runtime: Runtime,
  count: number,
  seed: number,
  epoch: number,
  stream = ROW_SHUFFLES,
): Int32Array {
  const pointer = runtime.scratch(count * 4);
  runtime.core.fillPermutation(pointer, count, runtime.source(seed, stream, epoch));
  return runtime.i32.slice(pointer >>> 2, (pointer >>> 2) + count);
}

export function range(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, n) => n);
}
