import { describe } from '../validation/errors.js';
import { checkOneOf, checkOptions, checkSizeOrInfinity } from '../validation/options.js';
import { checkSeries, columnName, describePosition, type Series, seriesLike } from './series.js';
import { meansOf } from './statistics.js';

interface NeighbourOptions {
  /** The longest gap to fill, in rows; longer ones stay missing. Default `Infinity`. */
  maxGap?: number;
  /** For a gap without a neighbour on one side: throw, or take the neighbour on the other side. Default `refuse`. */
  edges?: 'refuse' | 'nearest';
}

/** The method of {@link fillMissing}, with its options. */
export type FillOptions =
  /** The last value before the gap. It uses nothing from the future. */
  | ({ method: 'forward' } & NeighbourOptions)
  /** A straight line between the values before and after the gap, over the `times` if the series has them. It uses the future: fill each part of a split separately. */
  | ({ method: 'interpolate' } & NeighbourOptions)
  /** The column's mean in `of`, which should be the training part. */
  | { method: 'mean'; of: Series; maxGap?: number };

/**
 * Counts the missing values in each column of a series.
 *
 * @throws TypeError for the wrong kind, RangeError for a wrong shape
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
 * Copies a series and fills its missing values, NaN, by the given method: the last value (`forward`), a line between two
 * (`interpolate`), or the mean of the training part (`mean`). Only gaps longer than `maxGap` rows stay missing.
 *
 * A gap at the beginning or the end lacks a value that `forward` or `interpolate` needs, which is an error; `edges: 'nearest'` takes the
 * nearest value instead, at the beginning from the future.
 *
 * @param series - [time, columns]
 * @throws TypeError for the wrong kind or an unknown option; RangeError for a column without any value, or a gap at an edge
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
  checkSizeOrInfinity('maxGap', maxGap);
  const fill = method === 'mean' ? byMeans(checked, options) : byNeighbours(checked, options, method);
  const filled = seriesLike(checked, checked.data.slice());
  for (const gap of gapsIn(checked)) if (gap.to - gap.from <= maxGap) fill(filled.data, gap);
  return filled;
}

/** A maximal run of missing values: rows `from` up to but not including `to` of a column. */
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
    throw new TypeError(
      "edges expected method: 'forward' or 'interpolate', got 'mean', which ignores neighbours",
    );
  if (options.of === undefined)
    throw new TypeError("of expected the training part for method: 'mean', got undefined");
  const of = checkSeries('of', options.of);
  const width = series.shape[1] as number;
  if (of.shape[1] !== width)
    throw new RangeError(`of expected as many columns as series = ${width}, got ${of.shape[1]}`);
  const means = meansOf(of.data, width);
  return (data, { column, from, to }) => {
    const { count, mean } = means[column] as { count: number; mean: number };
    if (count === 0) throw emptyColumn('of', of, column);
    for (let row = from; row < to; row++) data[row * width + column] = mean;
  };
}

function byNeighbours(
  series: Series,
  options: { of?: unknown; edges?: unknown },
  method: 'forward' | 'interpolate',
): Fill {
  if (options.of !== undefined)
    throw new TypeError(`of expected method: 'mean', got '${method}', which uses the series alone`);
  const edges = checkOneOf('edges', options.edges ?? 'refuse', ['refuse', 'nearest']);
  const [rows, width] = series.shape as [number, number];
  return (data, gap) => {
    const { column, from, to } = gap;
    const at = (row: number) => series.data[row * width + column] as number;
    if (from === 0 && to === rows) throw emptyColumn('series', series, column);
    const lacksOne = from === 0 || (method === 'interpolate' && to === rows);
    if (edges === 'refuse' && lacksOne) throw edgeGap(series, gap);
    const before = from > 0 ? at(from - 1) : at(to);
    const after = method === 'interpolate' && to < rows ? at(to) : before;
    const { times } = series;
    if (times && after !== before) return fillByTime(data, gap, width, times, before, after);
    const step = (after - before) / (to - from + 1);
    for (let row = from; row < to; row++) data[row * width + column] = before + step * (row - from + 1);
  };
}

/** A straight line over times, which may be uneven. */
function fillByTime(
  data: Float32Array,
  { column, from, to }: Gap,
  width: number,
  times: Float64Array,
  before: number,
  after: number,
): void {
  const start = times[from - 1] as number;
  const slope = (after - before) / ((times[to] as number) - start);
  for (let row = from; row < to; row++)
    data[row * width + column] = before + slope * ((times[row] as number) - start);
}

function edgeGap(series: Series, { column, from, to }: Gap): RangeError {
  const [rows, width] = series.shape as [number, number];
  const side = from === 0 ? 'before' : 'after';
  return new RangeError(
    `${describePosition('series', series, from * width + column)} expected a value ${side} it, got none in rows ${from} to ${to - 1} of ${rows}: set edges: 'nearest' to take the value from the other side`,
  );
}

function emptyColumn(name: string, { columns }: Series, column: number): RangeError {
  return new RangeError(
    `${name} expected a value in column ${columnName(columns, column)}, got ${describe(Number.NaN)} in every row`,
  );
}
