import { isFloat32 } from '../validation/arrays.js';
import { isObject } from '../validation/errors.js';
import { checkOptions, checkSize } from '../validation/options.js';
import {
  type AnyTensor,
  checkIntegers,
  type Integers,
  type IntegerTensor,
  isIntegerArray,
  isIntegers,
  showShape,
  type Tensor,
} from '../validation/tensor.js';
import { Batches, checkEpochs } from './iteration.js';
import { type Column, checkSeries, columnNumbers, placeIn, type Series } from './series.js';

export interface LanesOptions {
  /** How many lanes run side by side. */
  batch: number;
  /** How many steps a batch has. */
  steps: number;
  /** How many times to go through the sequence; `Infinity` never ends. Default 1. */
  epochs?: number;
}

export interface SeriesLanesOptions extends LanesOptions {
  /** How many rows behind a step are its target. Default 1. */
  horizon?: number;
  /** The columns of the input. Default: all. */
  inputs?: readonly Column[];
  /** The columns of the target. Default: all. */
  targets?: readonly Column[];
}

/** A tensor of values, or of ids, as the sequence is. */
export type Lanes<S extends Series | Integers> = S extends Series ? Tensor : IntegerTensor;

/**
 * One long sequence as batches for truncated backpropagation through time: cut into `batch` lanes of equal length, of
 * which each batch takes the next `steps`. A lane goes on where the batch before ended, so that a model with
 * `stateful: true` reads through; `reset` marks an epoch's beginning. What does not fill a batch at a lane's end is left out.
 *
 * Of ids, the target is the input one step later. Of a series, [time, columns], it is for each step the `horizon` rows that follow,
 * [batch, steps, horizon * targets], row after row as in {@link windows}. Of `{ input, target }`, series or ids [time] that run
 * side by side, it is what the step itself has.
 *
 * @throws TypeError for another kind or an unknown option; RangeError for a column that is not there, a missing value, an input and a
 *   target of different lengths, or where the sequence is too short for one batch
 * @example
 * ```ts
 * import { lanes } from 'lstm-wasm/data';
 * const [first] = lanes(Int32Array.from({ length: 9 }, (_, n) => n), { batch: 2, steps: 3 });
 * console.log([...first!.input.data], [...first!.target.data]); // [ 0, 1, 2, 4, 5, 6 ] [ 1, 2, 3, 5, 6, 7 ]
 *
 * const series = { data: Float32Array.from({ length: 18 }, (_, n) => n / 2), shape: [9, 2], columns: ['a', 'b'] };
 * const [batch] = lanes(series, { batch: 2, steps: 3, targets: ['a'] });
 * console.log(batch!.input.shape, [...batch!.target.data]); // [ 2, 3, 2 ] [ 1, 2, 3, 5, 6, 7 ]
 * ```
 */
export function lanes(
  ids: Integers,
  options: LanesOptions,
): Batches<{ input: IntegerTensor; target: IntegerTensor; reset: boolean }>;
export function lanes(
  series: Series,
  options: SeriesLanesOptions,
): Batches<{ input: Tensor; target: Tensor; reset: boolean }>;
export function lanes<Input extends Series | Integers, Target extends Series | Integers>(
  sequences: { input: Input; target: Target },
  options: LanesOptions,
): Batches<{ input: Lanes<Input>; target: Lanes<Target>; reset: boolean }>;
export function lanes(
  given: unknown,
  options: SeriesLanesOptions,
): Batches<{ input: AnyTensor; target: AnyTensor; reset: boolean }> {
  const { arrays, input, target, ahead, own } = readingsOf(given, options);
  const batch = checkSize('batch', options.batch);
  const steps = checkSize('steps', options.steps);
  const { length, name } = input;
  const lane = Math.floor((length - ahead.steps) / batch);
  const perEpoch = Math.floor(lane / steps);
  if (perEpoch < 1) {
    const least = `batch * steps${ahead.words} = ${batch * steps + ahead.steps}`;
    throw new RangeError(`${name} expected at least ${least}, got ${length}`);
  }
  const source = {
    of: 'lanes',
    arrays,
    options: { batch, steps, epochs: options.epochs ?? 1, ...own },
  } as const;
  return new Batches(perEpoch, checkEpochs(options.epochs), 0, source, () => (position) => {
    const starts = Array.from({ length: batch }, (_, b) => b * lane + position * steps);
    return { input: cut(input, starts, steps), target: cut(target, starts, steps), reset: position === 0 };
  });
}

/** @internal Lanes of what others were made of. */
export function lanesFrom(arrays: readonly AnyTensor[], options: SeriesLanesOptions): Batches<unknown> {
  const [input, target] = arrays as readonly [Series, Series?];
  return target ? lanes({ input, target }, options) : lanes(input, options);
}

/** What a batch has of a sequence: for each step some columns of `rows` rows, the first of them `offset` rows later. */
interface Reading {
  readonly name: string;
  readonly data: AnyTensor['data'];
  readonly length: number;
  readonly width: number;
  /** None of ids. */
  readonly columns?: readonly number[];
  readonly offset: number;
  readonly rows: number;
}

interface Readings {
  readonly input: Reading;
  readonly target: Reading;
  /** How many steps a target reaches beyond its input, in words as well. */
  readonly ahead: { readonly steps: number; readonly words: string };
  /** What lanes are made of again. */
  readonly arrays: readonly AnyTensor[];
  readonly own?: Pick<SeriesLanesOptions, 'horizon' | 'inputs' | 'targets'>;
}

const OPTIONS = ['batch', 'steps', 'epochs'];

function readingsOf(given: unknown, options: SeriesLanesOptions): Readings {
  if (isObject(given) && isFloat32((given as { data?: unknown }).data)) {
    checkOptions(options, [...OPTIONS, 'horizon', 'inputs', 'targets'], 'lanes');
    return ofSeries(given, options);
  }
  checkOptions(options, OPTIONS, 'lanes');
  if (isObject(given) && 'input' in given) return sideBySide(given);
  const ids = checkIntegers('ids', given);
  const input = readingOfIds('ids', ids);
  return { input, target: { ...input, offset: 1 }, ahead: { steps: 1, words: ' + 1' }, arrays: [ids] };
}

function ofSeries(given: unknown, options: SeriesLanesOptions): Readings {
  const series = checkSeries('series', given);
  const [, width = 0] = series.shape;
  const horizon = checkSize('horizon', options.horizon ?? 1);
  const inputs = columnNumbers('inputs', options.inputs, width, series.columns);
  const targets = columnNumbers('targets', options.targets, width, series.columns);
  return {
    input: readingOfSeries('series', series, inputs),
    target: { ...readingOfSeries('series', series, targets), offset: 1, rows: horizon },
    ahead: { steps: horizon, words: ' + horizon' },
    arrays: [series],
    own: { horizon, inputs, targets },
  };
}

function sideBySide(given: { input?: unknown; target?: unknown }): Readings {
  const [input, target] = [readingOf('input', given.input), readingOf('target', given.target)];
  if (target.length !== input.length)
    throw new RangeError(`target expected as many steps as input = ${input.length}, got ${target.length}`);
  const arrays = [input, target].map(
    ({ data, length, width, columns }) =>
      ({ data, shape: columns ? [length, width] : [length] }) as AnyTensor,
  );
  return { input, target, ahead: { steps: 0, words: '' }, arrays };
}

function readingOf(name: string, given: unknown): Reading {
  if (!isIntegers(given)) {
    const series = checkSeries(name, given);
    return readingOfSeries(
      name,
      series,
      columnNumbers(name, undefined, series.shape[1] as number, undefined),
    );
  }
  const ids = checkIntegers(name, given);
  if (ids.shape.length !== 1)
    throw new RangeError(`${name} expected ids of shape [time], got ${showShape(ids.shape)}`);
  return readingOfIds(name, ids);
}

function readingOfIds(name: string, { data }: IntegerTensor): Reading {
  return { name, data, length: data.length, width: 1, offset: 0, rows: 1 };
}

/** @throws RangeError for a missing value in one of the columns: a lane has no gaps */
function readingOfSeries(name: string, series: Series, columns: readonly number[]): Reading {
  const { data, shape } = series;
  const [length, width] = shape as [number, number];
  const missing = data.findIndex((x, n) => Number.isNaN(x) && columns.includes(n % width));
  if (missing < 0) return { name, data, length, width, columns, offset: 0, rows: 1 };
  throw new RangeError(`${placeIn(name, series, missing)} expected a number, got NaN: fillMissing() fills`);
}

/** The next steps of each lane: ids [lanes, steps], values [lanes, steps, rows * columns]. */
function cut(reading: Reading, starts: readonly number[], steps: number): AnyTensor {
  const { data, width, columns, offset, rows } = reading;
  const picked = columns ?? [0];
  const size = rows * picked.length;
  const out = new (isIntegerArray(data) ? Int32Array : Float32Array)(starts.length * steps * size);
  let n = 0;
  for (const start of starts) {
    for (let step = start + offset; step < start + offset + steps; step++) {
      for (let row = step; row < step + rows; row++)
        for (const column of picked) out[n++] = data[row * width + column] as number;
    }
  }
  return { data: out, shape: [starts.length, steps, ...(columns ? [size] : [])] } as AnyTensor;
}
