import { checkRuntime, type Runtime } from '../runtime/runtime.js';
import { describe } from '../validation/errors.js';
import { checkBoolean, checkNumber, checkOptions, checkSeed, checkSize } from '../validation/options.js';
import {
  type AnyTensor,
  type Integers,
  type IntegerTensor,
  isIntegerArray,
  sizeOf,
  type Tensor,
} from '../validation/tensor.js';
import { Batches, checkEpochs, permutation, SHUFFLES_OF_BATCHES, upTo } from './iteration.js';
import { checkRows, gatherRows } from './rows.js';
import {
  checkPadding,
  type Packed,
  type Padded,
  pack,
  packedOf,
  padded,
  type Sequences,
} from './sequences.js';

export interface BucketsOptions {
  batchSize: number;
  /**
   * How many batches' examples are sorted by length together: more of them pad less, fewer of them mix more. Default 50;
   * `Infinity` sorts all.
   */
  pool?: number;
  /** Whether each epoch has pools and an order of batches of its own. Default true. */
  shuffle?: boolean;
  /** Whether to leave out, at an epoch's end, the examples that do not fill a batch. Default false. */
  dropLast?: boolean;
  /** How many times to go through the examples; `Infinity` never ends. Default 1. */
  epochs?: number;
  /** The seed of the orders. Default: the runtime's. */
  seed?: number;
  /** What inputs are filled up with. Default 0. */
  padding?: number;
  /** What targets that are sequences are filled up with. Default: −100 for ids, which `crossEntropy` ignores; 0 for values. */
  targetPadding?: number;
  runtime?: Runtime;
}

/** Examples of one batch, the longest first. */
export interface Bucket<Input, Target> {
  /** [examples, longest, features], or ids [examples, longest]. */
  readonly input: Input;
  /** The examples' rows; of sequences, as `input`. */
  readonly target: Target;
  /** The steps of each input. */
  readonly lengths: number[];
  /** The steps of each target, where targets are sequences. */
  readonly targetLengths?: number[];
  /** 1 for what is there, 0 for what is filled up, as long as the target; where targets are sequences. */
  readonly mask?: Uint8Array;
}

type PaddedTarget<T> = T extends Sequences ? Padded<T> : T extends Tensor ? Tensor : IntegerTensor;

const OPTIONS = ['batchSize', 'pool', 'shuffle', 'dropLast', 'epochs', 'seed'];

/**
 * Minibatches of sequences of different lengths, for layers that take `lengths`: examples of like length come together, so that
 * little is padded. An epoch shuffles the examples, sorts each pool of `pool` batches by length, cuts it into batches, and
 * shuffles those; seed and epoch give the order, the same everywhere. Its place can be saved, as that of `batches`.
 *
 * @param examples - `input`: sequences, values [time, features] or ids [time]; `target`: a row for each (classes, values), or a
 *   sequence for each
 * @returns an iterable of `{ input, target, lengths }`; with sequences for targets `{ targetLengths, mask }` as well
 * @throws TypeError for another kind or an unknown option, RangeError where the counts differ or a sequence has no step
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
  const input = pack('input', examples.input);
  const target = Array.isArray(examples.target)
    ? pack('target', examples.target)
    : checkRows('target', examples.target);
  return make(input, target, options) as Batches<never>;
}

/** @internal The same from what an iteration was made of. */
export function bucketsFrom(
  [values, lengths, target, targetLengths]: readonly AnyTensor[],
  options: BucketsOptions,
  runtime: Runtime,
): Batches<unknown> {
  const packed = (one: unknown, its: unknown) =>
    packedOf(one as AnyTensor, (its as { data: Int32Array }).data);
  const goal = targetLengths ? packed(target, targetLengths) : (target as AnyTensor);
  return make(packed(values, lengths), goal, { ...options, runtime });
}

function make(input: Packed, target: Packed | AnyTensor, options: BucketsOptions) {
  const count = input.lengths.length;
  const targets = 'lengths' in target ? target.lengths.length : (target.shape[0] as number);
  if (targets !== count)
    throw new RangeError(`target expected one for each input = ${count}, got ${targets}`);
  const batchSize = checkSize('batchSize', options.batchSize);
  const { shuffle = true, dropLast = false, pool = 50, padding = 0 } = options;
  checkBoolean('shuffle', shuffle);
  checkBoolean('dropLast', dropLast);
  if (pool !== Number.POSITIVE_INFINITY) {
    const whole = (n: number) => Number.isInteger(n) && n >= 1;
    checkNumber('pool', pool, 'a whole number from 1, or Infinity', whole);
  }
  checkPadding('padding', padding, input);
  const targetPadding = targetPaddingOf(target, options.targetPadding);
  const runtime = checkRuntime(options.runtime);
  const { seed = runtime.seed, epochs = 1 } = options;
  checkSeed('seed', seed);
  const perEpoch = dropLast ? Math.floor(count / batchSize) : Math.ceil(count / batchSize);
  if (perEpoch === 0)
    throw new RangeError(`input expected at least batchSize = ${batchSize} sequences, got ${count}`);
  const plan: Plan = { batchSize, perEpoch, pool: Math.min(pool, perEpoch), shuffle, seed };
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
    const picks = picksOf(runtime, input.lengths, plan, epoch);
    return (position) => bucketOf(input, target, picks[position] as Int32Array, padding, targetPadding);
  });
}

function targetPaddingOf(target: Packed | AnyTensor, given: number | undefined): number {
  if ('lengths' in target)
    return checkPadding('targetPadding', given ?? (isIntegerArray(target.values.data) ? -100 : 0), target);
  if (given !== undefined)
    throw new TypeError('targetPadding expected sequences for targets, got a row for each example');
  return 0;
}

function arraysOf(part: Packed | AnyTensor): AnyTensor[] {
  if (!('lengths' in part)) return [part];
  return [part.values, { data: part.lengths, shape: [part.lengths.length] }];
}

interface Plan {
  readonly batchSize: number;
  readonly perEpoch: number;
  /** In batches. */
  readonly pool: number;
  readonly shuffle: boolean;
  readonly seed: number;
}

/** The examples of each batch of an epoch. Sorting is stable, so that one order comes out of it everywhere. */
function picksOf(runtime: Runtime, lengths: Int32Array, plan: Plan, epoch: number): Int32Array[] {
  const { batchSize, perEpoch, pool, shuffle, seed } = plan;
  const count = lengths.length;
  const shuffled = shuffle ? permutation(runtime, count, seed, epoch) : upTo(count);
  const order = Array.from(shuffled).slice(0, perEpoch * batchSize);
  const picks: Int32Array[] = [];
  for (let from = 0; from < order.length; from += pool * batchSize) {
    const pooled = order.slice(from, from + pool * batchSize);
    pooled.sort((a, b) => (lengths[b] as number) - (lengths[a] as number));
    for (let n = 0; n < pooled.length; n += batchSize)
      picks.push(Int32Array.from(pooled.slice(n, n + batchSize)));
  }
  if (!shuffle) return picks;
  const turns = permutation(runtime, perEpoch, seed, epoch, SHUFFLES_OF_BATCHES);
  return Array.from(turns, (n) => picks[n] as Int32Array);
}

function bucketOf(
  input: Packed,
  target: Packed | AnyTensor,
  picked: Int32Array,
  padding: number,
  targetPadding: number,
): Bucket<AnyTensor, AnyTensor> {
  const lengthsOf = (part: Packed) => Array.from(picked, (n) => part.lengths[n] as number);
  const filled = { input: padded(input, picked, padding), lengths: lengthsOf(input) };
  if (!('lengths' in target)) return { ...filled, target: gatherRows(target, picked) };
  const targetLengths = lengthsOf(target);
  const goal = padded(target, picked, targetPadding);
  return { ...filled, target: goal, targetLengths, mask: maskOf(goal.shape, targetLengths) };
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
