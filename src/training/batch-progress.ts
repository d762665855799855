import { describe } from '../validation/errors.js';

/** The position of an iteration over batches, as plain data; integers as text. */
export interface BatchesState {
  readonly epoch: string;
  readonly position: string;
  readonly seed: string;
}

export type AnyBatches<Batch> = Iterable<Batch> | AsyncIterable<Batch>;

/** Batches that know their position, as `batches()` and `lanes()` return them. */
export interface Placed {
  /** Batches in an epoch. */
  readonly length: number;
  readonly source: { readonly options: { readonly epochs?: number } };
  stateDict(): BatchesState;
}

/** Batches whose position can also be set. */
interface Placeable<Batch> extends Placed, Iterable<Batch> {
  ended: boolean;
  loadStateDict(state: BatchesState): void;
}

/** Counts the batches of a run, and how many remain where that is known. */
export class BatchProgress<Batch> {
  readonly #batches: AnyBatches<Batch>;
  readonly #placed: Placed | undefined;
  #taken = 0;

  /** @throws TypeError if `batches` is not iterable */
  constructor(batches: AnyBatches<Batch>) {
    this.#batches = checkBatches('batches', batches);
    this.#placed = isPlaced(batches) ? batches : undefined;
  }

  /** Counts one more batch. */
  count(): void {
    this.#taken++;
  }

  /** The number of batches left, if known. */
  get remaining(): number | undefined {
    if (this.#placed) {
      const { length, source } = this.#placed;
      const { epoch, position } = this.#placed.stateDict();
      return ((source.options.epochs ?? 1) - Number(epoch)) * length - Number(position);
    }
    return Array.isArray(this.#batches) ? this.#batches.length - this.#taken : undefined;
  }

  /** Whether an epoch has just ended; undefined if the batches have no known end. */
  get epochOver(): boolean | undefined {
    if (this.#placed) return this.#placed.stateDict().position === '0';
    return Array.isArray(this.#batches) ? this.remaining === 0 : undefined;
  }
}

function isPlaced(batches: unknown): batches is Placed {
  const { stateDict, source } = batches as Partial<Placed>;
  return typeof stateDict === 'function' && source !== undefined;
}

/** @throws TypeError if `batches` is not iterable */
export function checkBatches<Batch>(name: string, batches: AnyBatches<Batch>): AnyBatches<Batch> {
  const iterable = batches as Partial<Iterable<unknown> & AsyncIterable<unknown>> | null;
  if (iterable?.[Symbol.iterator] || iterable?.[Symbol.asyncIterator]) return batches;
  throw new TypeError(`${name} expected an iterable of { input, target }, got ${describe(batches)}`);
}

/** Each batch once: the first epoch from its start, independent of the current position. */
export function onceThrough<Batch>(batches: AnyBatches<Batch>): AnyBatches<Batch> {
  return isPlaced(batches) ? firstEpoch(batches as unknown as Placeable<Batch>) : batches;
}

/** Restores the position afterwards. */
function* firstEpoch<Batch>(batches: Placeable<Batch>): Generator<Batch, void, undefined> {
  const { ended, length } = batches;
  const place = batches.stateDict();
  try {
    batches.loadStateDict({ ...place, epoch: '0', position: '0' });
    let left = length;
    for (const batch of batches) {
      yield batch;
      if (--left === 0) return;
    }
  } finally {
    batches.loadStateDict(place);
    batches.ended = ended;
  }
}
