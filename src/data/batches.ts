import { checkRuntime, type Runtime } from '../runtime/runtime.js';
import { describe } from '../validation/errors.js';
import { checkBoolean, checkOptions, checkSeed, checkSize } from '../validation/options.js';
import type { Integers, IntegerTensor, Tensor } from '../validation/tensor.js';
import { type BucketsOptions, bucketsFrom } from './buckets.js';
import { Batches, checkEpochs, permutation, upTo } from './iteration.js';
import { lanesFrom, type SeriesLanesOptions } from './lanes.js';
import { checkRows, takeRows, type Values } from './rows.js';

export { Batches, type BatchesState } from './iteration.js';

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

/** What an iteration was made of, so that another thread can make it again. */
export type BatchesSource =
  | {
      readonly of: 'rows';
      readonly arrays: readonly [input: Values, target: Values];
      readonly options: BatchesOptions;
    }
  | { readonly of: 'lanes'; readonly arrays: readonly Values[]; readonly options: SeriesLanesOptions }
  | { readonly of: 'buckets'; readonly arrays: readonly Values[]; readonly options: BucketsOptions };

/** @internal */
export function batchesFrom(source: BatchesSource, runtime: Runtime): Batches<unknown> {
  if (source.of === 'lanes') return lanesFrom(source.arrays, source.options);
  if (source.of === 'buckets') return bucketsFrom(source.arrays, source.options, runtime);
  const [input, target] = source.arrays;
  return batches({ input, target }, { ...source.options, runtime });
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
    const order = shuffle ? permutation(runtime, count, seed, epoch) : upTo(count);
    return (position) => {
      const picked = order.subarray(position * batchSize, Math.min(count, (position + 1) * batchSize));
      return { input: takeRows(input, picked), target: takeRows(target, picked) as never };
    };
  });
}
