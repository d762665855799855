import { checkRuntime, type Runtime } from '../runtime/runtime.js';
import { describe } from '../validation/errors.js';
import { checkBoolean, checkOptions, checkSeed, checkSize } from '../validation/options.js';
import type { AnyTensor, Integers, IntegerTensor, Tensor } from '../validation/tensor.js';
import { type BucketsOptions, bucketsFrom } from './buckets.js';
import { Batches, type BatchesSource, checkEpochs, permutation, range } from './iteration.js';
import { lanesFrom, type SeriesLanesOptions } from './lanes.js';
import { checkRows, gatherRows } from './rows.js';

export type { BatchesState } from '../training/batch-progress.js';
export { Batches, type BatchesSource } from './iteration.js';

export interface BatchesOptions {
  batchSize: number;
  /** Whether each epoch has a new order of the rows. Default true. */
  shuffle?: boolean;
  /** Whether to drop the last batch of an epoch if it is incomplete. Default false. */
  dropLast?: boolean;
  /** The number of passes over the rows; `Infinity` never ends. Default 1. */
  epochs?: number;
  /** The seed of the shuffles. Default: the runtime's. */
  seed?: number;
  runtime?: Runtime;
}

/** @internal The same batches as those that a source describes, over its arrays. */
export function batchesFrom({ of, arrays, options }: BatchesSource, runtime: Runtime): Batches<unknown> {
  if (of === 'lanes') return lanesFrom(arrays, options as SeriesLanesOptions);
  if (of === 'buckets') return bucketsFrom(arrays, options as BucketsOptions, runtime);
  const [input, target] = arrays as readonly [AnyTensor, AnyTensor];
  return batches({ input, target }, { ...(options as BatchesOptions), runtime });
}

/**
 * Minibatches of rows: the first axis of `input` and `target` counts the examples.
 *
 * @returns an iterable of `{ input, target }`; its `stateDict()` saves the position
 * @throws TypeError for the wrong kind or an unknown option, RangeError if the numbers of rows differ
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
  const source = {
    of: 'rows',
    arrays: [input, target],
    options: { batchSize, shuffle, dropLast, seed, epochs: options.epochs ?? 1 },
  } as const;
  return new Batches(perEpoch, checkEpochs(options.epochs), seed, source, (epoch) => {
    const order = shuffle ? permutation(runtime, count, seed, epoch) : range(count);
    return (position) => {
      const picked = order.subarray(position * batchSize, Math.min(count, (position + 1) * batchSize));
      return { input: gatherRows(input, picked), target: gatherRows(target, picked) as never };
    };
  });
}
