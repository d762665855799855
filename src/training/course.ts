import { describe } from '../border/errors.js';

export type AnyBatches<Batch> = Iterable<Batch> | AsyncIterable<Batch>;

/** What `batches()` and `lanes()` give, and what a worker wraps them in, knows of where it stands. */
export interface Placed {
  readonly remaining: number;
  readonly betweenEpochs: boolean;
}

/** Batches that a run goes through, and what is known of how many are to come. */
export class Course<Batch> {
  readonly #batches: AnyBatches<Batch> & Partial<Placed>;
  #taken = 0;

  /** @throws TypeError for what is no iterable */
  constructor(batches: AnyBatches<Batch>) {
    this.#batches = checkBatches('batches', batches);
  }

  /** How many batches are to come, where that is known. */
  get remaining(): number | undefined {
    const { remaining } = this.#batches;
    if (remaining !== undefined) return remaining;
    return Array.isArray(this.#batches) ? this.#batches.length - this.#taken : undefined;
  }

  /** Whether an epoch is over; undefined where nobody can tell before the run is over. */
  get epochOver(): boolean | undefined {
    const { betweenEpochs } = this.#batches;
    if (betweenEpochs !== undefined) return betweenEpochs;
    return Array.isArray(this.#batches) ? this.remaining === 0 : undefined;
  }

  /** One more was taken. */
  count(): void {
    this.#taken++;
  }
}

/** @throws TypeError for what is no iterable */
export function checkBatches<Batch>(name: string, batches: AnyBatches<Batch>): AnyBatches<Batch> {
  const iterable = batches as Partial<Iterable<unknown> & AsyncIterable<unknown>> | null;
  if (iterable?.[Symbol.iterator] || iterable?.[Symbol.asyncIterator]) return batches;
  throw new TypeError(`${name} expected an iterable of { input, target }, got ${describe(batches)}`);
}

/** Each batch once: of what has epochs, the first one from its beginning, whatever place it is at. */
export function onceThrough<Batch>(batches: AnyBatches<Batch>): AnyBatches<Batch> {
  const { firstEpoch } = batches as { firstEpoch?(): Iterable<Batch> };
  return firstEpoch ? firstEpoch.call(batches) : batches;
}
