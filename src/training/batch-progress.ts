import { describe } from '../validation/errors.js';

/** Where an iteration over batches stands, as plain data; whole numbers as text. */
export interface BatchesState {
  readonly epoch: string;
  readonly position: string;
  readonly seed: string;
}

export type AnyBatches<Batch> = Iterable<Batch> | AsyncIterable<Batch>;

/** What `batches()` and its like give, as far as it tells where it stands. */
export interface Placed {
  /** Batches in an epoch. */
  readonly length: number;
  readonly source: { readonly options: { readonly epochs?: number } };
  stateDict(): BatchesState;
}

/** The same, to be put elsewhere. */
interface Placeable<Batch> extends Placed, Iterable<Batch> {
  ended: boolean;
  loadStateDict(state: BatchesState): void;
}

/** Batches that a run goes through, and what is known of how many are to come. */
export class BatchProgress<Batch> {
  readonly #batches: AnyBatches<Batch>;
  readonly #placed: Placed | undefined;
  #taken = 0;

  /** @throws TypeError for what is no iterable */
  constructor(batches: AnyBatches<Batch>) {
    this.#batches = checkBatches('batches', batches);
    this.#placed = isPlaced(batches) ? batches : undefined;
  }

  /** One more was taken. */
  count(): void {
    this.#taken++;
  }

  /** How many batches are to come, where that is known. */
  get remaining(): number | undefined {
    if (this.#placed) {
      const { length, source } = this.#placed;
      const { epoch, position } = this.#placed.stateDict();
      return ((source.options.epochs ?? 1) - Number(epoch)) * length - Number(position);
    }
    return Array.isArray(this.#batches) ? this.#batches.length - this.#taken : undefined;
  }

  /** Whether an epoch is over; undefined where nobody can tell before the run is over. */
  get epochOver(): boolean | undefined {
    if (this.#placed) return this.#placed.stateDict().position === '0';
    return Array.isArray(this.#batches) ? this.remaining === 0 : undefined;
  }
}

function isPlaced(batches: unknown): batches is Placed {
  const { stateDict, source } = batches as Partial<Placed>;
  return typeof stateDict === 'function' && source !== undefined;
}

/** @throws TypeError for what is no iterable */
export function checkBatches<Batch>(name: string, batches: AnyBatches<Batch>): AnyBatches<Batch> {
  const iterable = batches as Partial<Iterable<unknown> & AsyncIterable<unknown>> | null;
  if (iterable?.[Symbol.iterator] || iterable?.[Symbol.asyncIterator]) return batches;
  throw new TypeError(`${name} expected an iterable of { input, target }, got ${describe(batches)}`);
}

/** Each batch once: of what has epochs, the first one from its beginning, whatever place it is at. */
export function onceThrough<Batch>(batches: AnyBatches<Batch>): AnyBatches<Batch> {
  return isPlaced(batches) ? firstEpoch(batches as unknown as Placeable<Batch>) : batches;
}

/** Afterwards the batches are at the place where they were. */
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
