import { describe } from '../validation/errors.js';
import { checkNumber, checkOneOf, checkOptions } from '../validation/options.js';
import { checkSeries, columnName, placeIn, type Series, seriesLike } from './series.js';
import { meansOf } from './statistics.js';

interface NeighbourOptions {
  /** The longest gap that is filled, in rows; longer ones stay missing. Default `Infinity`. */
  maxGap?: number;
  /** What becomes of a gap that lacks a neighbour: an error, or it takes the one from its other side. Default `refuse`. */
  edges?: 'refuse' | 'nearest';
}

/** How {@link fillMissing} fills. */
export type FillOptions =
  /** The last value before. It takes nothing from the future. */
  | ({ method: 'forward' } & NeighbourOptions)
  /** A straight line between the values before and behind. It looks ahead: fill each part of a split on its own. */
  | ({ method: 'interpolate' } & NeighbourOptions)
  /** The column's mean in `of`, which is to be the training part. */
  | { method: 'mean'; of: Series; maxGap?: number };

/**
 * How many values are missing in each column of a series.
 *
 * @throws TypeError for another kind, RangeError for another shape
 * @example
 * ```ts
 * import { countMissing } from 'lstm-wasm/data';
 * console.log(countMissing({ data: Float32Array.of(1, NaN, 2, NaN), shape: [2, 2] })); // [ 0, 2 ]
 * ```
 */
export function countMissing(series: Series): number[] {
  const { data, shape } = checkSeries('series', series);
  const counts: number[] = new Array(shape[1] as number).fill(0);
  for (let n = 0; n < data.length; n++) if (Number.isNaN(data[n])) (counts[n % counts.length] as number)++;
  return counts;
}

/**
 * A copy of a series with its missing values, NaN, filled in by the method that you name: the last value (`forward`), a line
 * between two (`interpolate`), or the mean of the training part (`mean`). Nothing is left missing but gaps longer than `maxGap` rows,
 * where you give one.
 *
 * Where `forward` or `interpolate` has no value on one side, at the beginning or the end, it is an error; `edges: 'nearest'` takes
 * the nearest one instead, at the beginning from the future.
 *
 * @param series - [time, columns]
 * @throws TypeError for another kind or an unknown option; RangeError for a column without any value, or an edge
 * @example
 * ```ts
 * import { fillMissing } from 'lstm-wasm/data';
 * const series = { data: Float32Array.of(1, NaN, NaN, 4), shape: [4, 1] };
 * console.log([...fillMissing(series, { method: 'forward' }).data]); // [ 1, 1, 1, 4 ]
 * console.log([...fillMissing(series, { method: 'interpolate' }).data]); // [ 1, 2, 3, 4 ]
 * console.log([...fillMissing(series, { method: 'mean', of: series }).data]); // [ 1, 2.5, 2.5, 4 ]
 * ```
 */
export function fillMissing(series: Series, options: FillOptions): Series {
  checkOptions(options, ['method', 'maxGap', 'edges', 'of'], 'fillMissing');
  const checked = checkSeries('series', series);
  const method = checkOneOf('method', options.method, ['forward', 'interpolate', 'mean']);
  const { maxGap = Number.POSITIVE_INFINITY } = options;
  if (maxGap !== Number.POSITIVE_INFINITY)
    checkNumber('maxGap', maxGap, 'a whole number from 1, or Infinity', (n) => Number.isInteger(n) && n >= 1);
  const fill = method === 'mean' ? byMeans(checked, options) : byNeighbours(checked, options, method);
  const filled = seriesLike(checked, checked.data.slice());
  for (const gap of gapsIn(checked)) if (gap.to - gap.from <= maxGap) fill(filled.data, gap);
  return filled;
}

/** Rows `from` up to `to` of a column, all missing, and as many as there are side by side. */
interface Gap {
  readonly column: number;
  readonly from: number;
  readonly to: number;
}

type Fill = (data: Float32Array, gap: Gap) => void;

function* gapsIn({ data, shape }: Series): Generator<Gap, void, undefined> {
  const [rows, width] = shape as [number, number];
  for (let column = 0; column < width; column++) {
    let from = -1;
    for (let row = 0; row <= rows; row++) {
      const missing = row < rows && Number.isNaN(data[row * width + column]);
      if (missing && from < 0) from = row;
      if (missing || from < 0) continue;
      yield { column, from, to: row };
      from = -1;
    }
  }
}

function byMeans(series: Series, options: { of?: unknown; edges?: unknown }): Fill {
  if (options.edges !== undefined)
    throw new TypeError("edges expected method: 'forward' or 'interpolate', got 'mean', which has no edges");
  if (options.of === undefined)
    throw new TypeError("of expected the training part, whose means method: 'mean' fills in, got undefined");
  const of = checkSeries('of', options.of);
  const width = series.shape[1] as number;
  if (of.shape[1] !== width)
    throw new RangeError(`of expected as many columns as series = ${width}, got ${of.shape[1]}`);
  const means = meansOf(of.data, width);
  return (data, { column, from, to }) => {
    const { count, mean } = means[column] as { count: number; mean: number };
    if (count === 0) throw nothingIn('of', of, column);
    for (let row = from; row < to; row++) data[row * width + column] = mean;
  };
}

function byNeighbours(
  series: Series,
  options: { of?: unknown; edges?: unknown },
  method: 'forward' | 'interpolate',
): Fill {
  if (options.of !== undefined)
    throw new TypeError(`of expected method: 'mean', got '${method}', which takes nothing from elsewhere`);
  const edges = checkOneOf('edges', options.edges ?? 'refuse', ['refuse', 'nearest']);
  const [rows, width] = series.shape as [number, number];
  return (data, gap) => {
    const { column, from, to } = gap;
    const at = (row: number) => series.data[row * width + column] as number;
    if (from === 0 && to === rows) throw nothingIn('series', series, column);
    const lacksOne = from === 0 || (method === 'interpolate' && to === rows);
    if (edges === 'refuse' && lacksOne) throw edgeOf(series, gap);
    const before = from > 0 ? at(from - 1) : at(to);
    const after = method === 'interpolate' && to < rows ? at(to) : before;
    const step = (after - before) / (to - from + 1);
    for (let row = from; row < to; row++) data[row * width + column] = before + step * (row - from + 1);
  };
}

function edgeOf(series: Series, { column, from, to }: Gap): RangeError {
  const [rows, width] = series.shape as [number, number];
  const side = from === 0 ? 'before' : 'behind';
  return new RangeError(
    `${placeIn('series', series, from * width + column)} expected a value ${side} it, got none in rows ${from} to ${to - 1} of ${rows}: edges: 'nearest' takes the one from the other side`,
  );
}

function nothingIn(name: string, { columns }: Series, column: number): RangeError {
  return new RangeError(
    `${name} expected a value in column ${columnName(columns, column)}, got ${describe(Number.NaN)} in every row`,
  );
}
