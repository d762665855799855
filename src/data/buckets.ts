import { checkRuntime, type Runtime } from '../runtime/runtime.js';
import { describe } from '../validation/errors.js';
import {
  checkBoolean,
  checkOptions,
  checkSeed,
  checkSize,
  checkSizeOrInfinity,
} from '../validation/options.js';
import {
  type AnyTensor,
  type Integers,
  type IntegerTensor,
  isIntegerArray,
  sizeOf,
  type Tensor,
} from '../validation/tensor.js';
import { BATCH_SHUFFLES, Batches, checkEpochs, permutation, range } from './iteration.js';
import { checkRows, gatherRows } from './rows.js';
import {
  checkPadded,
  checkPaddingValue,
  type PackedSequences,
  type Padded,
  packSequences,
  padRows,
  type Sequences,
  withStarts,
} from './sequences.js';

export interface BucketsOptions {
  batchSize: number;
  /**
   * The number of batches whose examples are sorted by length together: more pad less, fewer shuffle better. Default 50;
   * `Infinity` sorts all examples.
   */
  pool?: number;
  /** Whether each epoch has new pools and a new order of batches. Default true. */
  shuffle?: boolean;
  /** Whether to drop the last batch of an epoch if it is incomplete. Default false. */
  dropLast?: boolean;
  /** The number of passes over the examples; `Infinity` never ends. Default 1. */
  epochs?: number;
  /** The seed of the shuffles. Default: the runtime's. */
  seed?: number;
  /** The value that pads inputs. Default 0. */
  padding?: number;
  /** The value that pads targets, if they are sequences. Default: −100 for ids, which `crossEntropy` ignores; 0 for values. */
  targetPadding?: number;
  runtime?: Runtime;
}

/** The examples of one batch, the longest first. */
export interface Bucket<Input, Target> {
  /** [examples, longest, features], or ids [examples, longest]. */
  readonly input: Input;
  /** The examples' rows; for sequences, as `input`. */
  readonly target: Target;
  /** The number of steps of each input. */
  readonly lengths: number[];
  /** The number of steps of each target, if targets are sequences. */
  readonly targetLengths?: number[];
  /** 1 for values, 0 for padding, as long as the target; if targets are sequences. */
  readonly mask?: Uint8Array;
}

type PaddedTarget<T> = T extends Sequences ? Padded<T> : T extends Tensor ? Tensor : IntegerTensor;

const OPTIONS = ['batchSize', 'pool', 'shuffle', 'dropLast', 'epochs', 'seed'];

/**
 * Minibatches of sequences of different lengths, for layers that take `lengths`: examples of similar length share a batch, to pad
 * little. Each epoch shuffles the examples, sorts each pool of `pool` batches by length, cuts it into batches, and shuffles
 * those; the order depends on seed and epoch only. Its position can be saved, as with `batches`.
 *
 * @param examples - `input`: sequences, values [time, features] or ids [time]; `target`: a row (classes, values)
 *   or a sequence for each input
 * @returns an iterable of `{ input, target, lengths }`, and of `{ targetLengths, mask }` if targets are sequences
 * @throws TypeError for the wrong kind or an unknown option, RangeError if the numbers of inputs and targets differ or a sequence is empty
 * @example
 * ```ts
 * import { bucketBatches } from 'lstm-wasm/data';
 * const input = [3, 1, 4, 1, 5].map((length) => new Int32Array(length).fill(7));
 * const all = bucketBatches({ input, target: Uint8Array.of(0, 1, 2, 3, 4) }, { batchSize: 2, shuffle: false });
 * console.log([...all].map(({ lengths }) => lengths)); // [ [ 5, 4 ], [ 3, 1 ], [ 1 ] ]
 * ```
 */
export function bucketBatches<Input extends Sequences, Target extends Sequences | Tensor | Integers>(
  examples: { input: Input; target: Target },
  options: BucketsOptions,
): Batches<Bucket<Padded<Input>, PaddedTarget<Target>>> {
  checkOptions(options, [...OPTIONS, 'padding', 'targetPadding', 'runtime'], 'bucketBatches');
  if (examples === null || typeof examples !== 'object')
    throw new TypeError(`examples expected { input, target }, got ${describe(examples)}`);
  const input = packSequences('input', examples.input);
  const target = Array.isArray(examples.target)
    ? packSequences('target', examples.target)
    : checkRows('target', examples.target);
  return makeBuckets(input, target, options) as Batches<never>;
}

/** @internal The same batches from the arrays and options of a source. */
export function bucketsFrom(
  [values, lengths, target, targetLengths]: readonly AnyTensor[],
  options: BucketsOptions,
  runtime: Runtime,
): Batches<unknown> {
  const pack = (values: unknown, lengths: unknown) =>
    withStarts(values as AnyTensor, (lengths as { data: Int32Array }).data);
  const packedTarget = targetLengths ? pack(target, targetLengths) : (target as AnyTensor);
  return makeBuckets(pack(values, lengths), packedTarget, { ...options, runtime });
}

function makeBuckets(input: PackedSequences, target: PackedSequences | AnyTensor, options: BucketsOptions) {
  const count = input.lengths.length;
  const targets = 'lengths' in target ? target.lengths.length : (target.shape[0] as number);
  if (targets !== count) throw new RangeError(`target expected as many as inputs = ${count}, got ${targets}`);
  const batchSize = checkSize('batchSize', options.batchSize);
  const { shuffle = true, dropLast = false, pool = 50, padding = 0 } = options;
  checkBoolean('shuffle', shuffle);
  checkBoolean('dropLast', dropLast);
  checkSizeOrInfinity('pool', pool);
  checkPaddingValue('padding', padding, input);
  const targetPadding = targetPaddingOf(target, options.targetPadding);
  const runtime = checkRuntime(options.runtime);
  const { seed = runtime.seed, epochs = 1 } = options;
  checkSeed('seed', seed);
  const perEpoch = dropLast ? Math.floor(count / batchSize) : Math.ceil(count / batchSize);
  if (perEpoch === 0)
    throw new RangeError(`input expected at least batchSize = ${batchSize} sequences, got ${count}`);
  checkLargest('input', input, Math.min(batchSize, count));
  if ('lengths' in target) checkLargest('target', target, Math.min(batchSize, count));
  const order: Order = { batchSize, perEpoch, pool: Math.min(pool, perEpoch), shuffle, seed };
  const stored = {
    ...{ batchSize, pool, shuffle, dropLast, seed, epochs, padding },
    ...('lengths' in target && { targetPadding }),
  };
  const source = {
    of: 'buckets',
    arrays: [...arraysOf(input), ...arraysOf(target)],
    options: stored,
  } as const;
  return new Batches(perEpoch, checkEpochs(epochs), seed, source, (epoch) => {
    const batches = orderOf(runtime, input.lengths, order, epoch);
    return (position) => bucketOf(input, target, batches[position] as Int32Array, padding, targetPadding);
  });
}

/** Checks the batch with the longest sequence before training begins. @throws RangeError */
function checkLargest(name: string, { values, lengths }: PackedSequences, rows: number): void {
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  checkPadded(name, rows, longest, sizeOf(values.shape.slice(1)));
}

function targetPaddingOf(target: PackedSequences | AnyTensor, given: number | undefined): number {
  if ('lengths' in target)
    return checkPaddingValue(
      'targetPadding',
      given ?? (isIntegerArray(target.values.data) ? -100 : 0),
      target,
    );
  if (given !== undefined)
    throw new TypeError('targetPadding expected sequences for targets, got one row for each example');
  return 0;
}

function arraysOf(part: PackedSequences | AnyTensor): AnyTensor[] {
  if (!('lengths' in part)) return [part];
  return [part.values, { data: part.lengths, shape: [part.lengths.length] }];
}

/** What the order of an epoch depends on. */
interface Order {
  readonly batchSize: number;
  readonly perEpoch: number;
  /** In batches. */
  readonly pool: number;
  readonly shuffle: boolean;
  readonly seed: number;
}

/** The indices of the examples of each batch of an epoch. Sorting is stable, so the order is the same everywhere. */
function orderOf(runtime: Runtime, lengths: Int32Array, order: Order, epoch: number): Int32Array[] {
  const { batchSize, perEpoch, pool, shuffle, seed } = order;
  const count = lengths.length;
  const shuffled = shuffle ? permutation(runtime, count, seed, epoch) : range(count);
  const examples = Array.from(shuffled).slice(0, perEpoch * batchSize);
  const batches: Int32Array[] = [];
  for (let from = 0; from < examples.length; from += pool * batchSize) {
    const pooled = examples.slice(from, from + pool * batchSize);
    pooled.sort((a, b) => (lengths[b] as number) - (lengths[a] as number));
    for (let n = 0; n < pooled.length; n += batchSize)
      batches.push(Int32Array.from(pooled.slice(n, n + batchSize)));
  }
  if (!shuffle) return batches;
  const shuffledBatches = permutation(runtime, perEpoch, seed, epoch, BATCH_SHUFFLES);
  return Array.from(shuffledBatches, (n) => batches[n] as Int32Array);
}

function bucketOf(
  input: PackedSequences,
  target: PackedSequences | AnyTensor,
  examples: Int32Array,
  padding: number,
  targetPadding: number,
): Bucket<AnyTensor, AnyTensor> {
  const lengthsOf = (part: PackedSequences) => Array.from(examples, (n) => part.lengths[n] as number);
  const padded = { input: padRows(input, examples, padding), lengths: lengthsOf(input) };
  if (!('lengths' in target)) return { ...padded, target: gatherRows(target, examples) };
  const targetLengths = lengthsOf(target);
  const paddedTarget = padRows(target, examples, targetPadding);
  const mask = maskOf(paddedTarget.shape, targetLengths);
  return { ...padded, target: paddedTarget, targetLengths, mask };
}

/** 1 in the first `lengths[n]` steps of row n of [rows, steps, …]. */
function maskOf([rows, steps, ...features]: readonly number[], lengths: readonly number[]): Uint8Array {
  const size = sizeOf(features);
  const mask = new Uint8Array((rows as number) * (steps as number) * size);
  for (const [n, length] of lengths.entries()) {
    const from = n * (steps as number) * size;
    mask.fill(1, from, from + length * size);
  }
  return mask;
}
