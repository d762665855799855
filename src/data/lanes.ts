import { isFloat32 } from '../validation/arrays.js';
import { isObject } from '../validation/errors.js';
import { checkOneOf, checkOptions, checkSize } from '../validation/options.js';
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
import { checkSigned } from './sequences.js';
import { type Column, checkSeries, columnIndices, describePosition, type Series } from './series.js';
import { checkTotal } from './sizes.js';
import { checkGaps } from './times.js';

export interface LanesOptions {
  /** The number of lanes, which is the batch size. */
  batch: number;
  /** The number of steps in a batch. */
  steps: number;
  /** The number of passes over the sequence; `Infinity` never ends. Default 1. */
  epochs?: number;
  /** For a gap in the `times` of the series: throw, or take all rows for consecutive. Default `refuse`. See {@link windows}. */
  gaps?: 'refuse' | 'allow';
}

export interface SeriesLanesOptions extends LanesOptions {
  /** The number of rows after a step that are its target. Default 1. */
  horizon?: number;
  /** The columns of the input. Default: all. */
  inputs?: readonly Column[];
  /** The columns of the target. Default: all. */
  targets?: readonly Column[];
}

/** The kind of tensor in a batch: values or ids, as the sequence. */
export type Lanes<S extends Series | Integers> = S extends Series ? Tensor : IntegerTensor;

/**
 * Batches of one long sequence, for truncated backpropagation through time. The sequence is cut into `batch` lanes of equal length,
 * and each batch takes the next `steps` of every lane. A lane continues where the batch before ended, so a model with
 * `stateful: true` reads it as one sequence; `reset` marks the beginning of an epoch. Incomplete steps at the end of a lane are dropped.
 *
 * For ids, the target is the input one step later. For a series, [time, columns], it is the `horizon` rows that follow each step,
 * [batch, steps, horizon * targets], row by row as in {@link windows}. For `{ input, target }`, two series or ids [time] of equal
 * length, it is the target at the same step.
 *
 * @throws TypeError for the wrong kind or an unknown option; RangeError for an unknown column, a missing value, an input and a
 *   target of different lengths, or a sequence that is too short for one batch
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
  const { arrays, input, target, lookahead, seriesOptions } = sourcesOf(given, options);
  const batch = checkSize('batch', options.batch);
  const steps = checkSize('steps', options.steps);
  const { length, name } = input;
  const lane = Math.floor((length - lookahead.steps) / batch);
  const perEpoch = Math.floor(lane / steps);
  if (perEpoch < 1) {
    const least = `batch * steps${lookahead.formula} = ${batch * steps + lookahead.steps}`;
    throw new RangeError(`${name} expected at least ${least}, got ${length}`);
  }
  for (const { rows, columns = [0] } of [input, target])
    checkTotal('batch', 'batch * steps * rows * columns', [batch, steps, rows, columns.length]);
  const source = {
    of: 'lanes',
    arrays,
    options: { batch, steps, epochs: options.epochs ?? 1, ...seriesOptions },
  } as const;
  return new Batches(perEpoch, checkEpochs(options.epochs), 0, source, () => (position) => {
    const starts = Array.from({ length: batch }, (_, b) => b * lane + position * steps);
    return {
      input: copySteps(input, starts, steps),
      target: copySteps(target, starts, steps),
      reset: position === 0,
    };
  });
}

/** @internal The same batches from the arrays and options of a source. */
export function lanesFrom(arrays: readonly AnyTensor[], options: SeriesLanesOptions): Batches<unknown> {
  const [input, target] = arrays as readonly [Series, Series?];
  return target ? lanes({ input, target }, options) : lanes(input, options);
}

/** The sequence of an input or target: a batch takes for each step the columns of `rows` rows, starting `offset` rows later. */
interface LaneSource {
  readonly name: string;
  readonly data: AnyTensor['data'];
  readonly length: number;
  readonly width: number;
  /** Undefined for ids. */
  readonly columns?: readonly number[];
  readonly offset: number;
  readonly rows: number;
}

interface LaneSources {
  readonly input: LaneSource;
  readonly target: LaneSource;
  /** The number of steps that the target reaches beyond the input, and how a message writes it. */
  readonly lookahead: { readonly steps: number; readonly formula: string };
  /** The arrays of the batches' source. */
  readonly arrays: readonly AnyTensor[];
  /** The options that only a series has. */
  readonly seriesOptions?: Pick<SeriesLanesOptions, 'horizon' | 'inputs' | 'targets'>;
}

const OPTIONS = ['batch', 'steps', 'epochs', 'gaps'];

const GAPS = "cut the series there, or take the rows for consecutive with gaps: 'allow'";

function sourcesOf(given: unknown, options: SeriesLanesOptions): LaneSources {
  if (isObject(given) && isFloat32((given as { data?: unknown }).data)) {
    checkOptions(options, [...OPTIONS, 'horizon', 'inputs', 'targets'], 'lanes');
    return seriesSources(given, options);
  }
  checkOptions(options, OPTIONS, 'lanes');
  if (isObject(given) && 'input' in given) return pairSources(given, checkGapsOption(options));
  const ids = checkIntegers('ids', given);
  const input = idSource('ids', ids);
  return { input, target: { ...input, offset: 1 }, lookahead: { steps: 1, formula: ' + 1' }, arrays: [ids] };
}

type Gaps = 'refuse' | 'allow';

function checkGapsOption({ gaps = 'refuse' }: LanesOptions): Gaps {
  return checkOneOf('gaps', gaps, ['refuse', 'allow']);
}

function seriesSources(given: unknown, options: SeriesLanesOptions): LaneSources {
  const series = checkSeries('series', given);
  const [, width = 0] = series.shape;
  const gaps = checkGapsOption(options);
  const horizon = checkSize('horizon', options.horizon ?? 1);
  const inputs = columnIndices('inputs', options.inputs, width, series.columns);
  const targets = columnIndices('targets', options.targets, width, series.columns);
  return {
    input: seriesSource('series', series, inputs, gaps),
    target: { ...seriesSource('series', series, targets, gaps), offset: 1, rows: horizon },
    lookahead: { steps: horizon, formula: ' + horizon' },
    arrays: [series],
    seriesOptions: { horizon, inputs, targets },
  };
}

function pairSources(given: { input?: unknown; target?: unknown }, gaps: Gaps): LaneSources {
  const [input, target] = [sourceOf('input', given.input, gaps), sourceOf('target', given.target, gaps)];
  if (target.length !== input.length)
    throw new RangeError(`target expected as many steps as input = ${input.length}, got ${target.length}`);
  const arrays = [input, target].map(
    ({ data, length, width, columns }) =>
      ({ data, shape: columns ? [length, width] : [length] }) as AnyTensor,
  );
  return { input, target, lookahead: { steps: 0, formula: '' }, arrays };
}

function sourceOf(name: string, given: unknown, gaps: Gaps): LaneSource {
  if (!isIntegers(given)) {
    const series = checkSeries(name, given);
    const columns = columnIndices(name, undefined, series.shape[1] as number, undefined);
    return seriesSource(name, series, columns, gaps);
  }
  const ids = checkIntegers(name, given);
  if (ids.shape.length !== 1)
    throw new RangeError(`${name} expected ids of shape [time], got ${showShape(ids.shape)}`);
  return idSource(name, ids);
}

function idSource(name: string, { data }: IntegerTensor): LaneSource {
  checkSigned(name, data);
  return { name, data, length: data.length, width: 1, offset: 0, rows: 1 };
}

/** @throws RangeError for a missing value in one of the columns, or a gap that is refused */
function seriesSource(name: string, series: Series, columns: readonly number[], gaps: Gaps): LaneSource {
  if (gaps === 'refuse' && series.times) checkGaps(name, series.times, GAPS);
  const { data, shape } = series;
  const [length, width] = shape as [number, number];
  const used = new Set(columns);
  const missing = data.findIndex((x, n) => Number.isNaN(x) && used.has(n % width));
  if (missing < 0) return { name, data, length, width, columns, offset: 0, rows: 1 };
  throw new RangeError(
    `${describePosition(name, series, missing)} expected a number, got NaN: fill it with fillMissing()`,
  );
}

/** Copies `steps` steps from each start: ids [lanes, steps], values [lanes, steps, rows * columns]. */
function copySteps(source: LaneSource, starts: readonly number[], steps: number): AnyTensor {
  const { data, width, columns, offset, rows } = source;
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
