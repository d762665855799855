import { checkNumber, checkOptions, checkSize } from '../validation/options.js';
import { checkSeries, type Series, seriesLike } from './series.js';

/** A stretch of a series. */
export interface SeriesPart extends Series {
  /** The row of the whole series that it begins with. */
  readonly from: number;
}

export interface SplitOptions {
  /** How much of the series' end, before the test part, is held out for validation; as `test`. Default 0. */
  validation?: number;
  /** How much of the series' end is held out: below 1 a fraction, rounded to whole rows, from 1 up a number of rows. Default 0. */
  test?: number;
  /**
   * How many rows of the past validation and test begin with, so that there is something to predict their first own row from: the
   * `steps` of `windows`. No more than that, and no target of one part is a target of another. Default 0: no row is in two parts.
   */
  context?: number;
}

/**
 * A series in two or three parts, in the order of time: what comes later is never trained on. A random split leaks, since the
 * neighbours of a moment say almost all about it. Fit scalers and fill with means on `train` alone.
 *
 * @param series - [time, columns]
 * @returns copies, each with `from`, the row that it begins with; a part of which nothing was asked has no rows
 * @throws TypeError for another kind or an unknown option; RangeError where no row is left to train on, a part would be without
 *   rows, or `context` reaches back before the series
 * @example
 * ```ts
 * import { chronologicalSplit } from 'lstm-wasm/data';
 * const series = { data: Float32Array.from({ length: 20 }, (_, t) => t), shape: [20, 1] };
 * const { train, validation, test } = chronologicalSplit(series, { validation: 3, test: 0.2 });
 * console.log(train.shape, validation.from, [...test.data]); // [ 13, 1 ] 13 [ 16, 17, 18, 19 ]
 * ```
 */
export function chronologicalSplit(
  series: Series,
  options: SplitOptions,
): { train: SeriesPart; validation: SeriesPart; test: SeriesPart } {
  checkOptions(options, ['validation', 'test', 'context'], 'chronologicalSplit');
  const checked = checkSeries('series', series);
  const rows = checked.shape[0] as number;
  const validation = rowsOf('validation', options.validation ?? 0, rows);
  const test = rowsOf('test', options.test ?? 0, rows);
  const context = checkSize('context', options.context ?? 0, 0);
  const train = rows - validation - test;
  if (train < 1) {
    throw new RangeError(
      `series expected more rows than validation + test = ${validation} + ${test}, got ${rows}: none is left to train on`,
    );
  }
  if (context > train)
    throw new RangeError(`context expected at most the rows of train = ${train}, got ${context}`);
  const part = (from: number, count: number): SeriesPart => {
    const first = from === 0 || count === 0 ? from : from - context;
    return { ...slice(checked, first, from + count), from: first };
  };
  return { train: part(0, train), validation: part(train, validation), test: part(train + validation, test) };
}

function slice(series: Series, from: number, to: number): Series {
  const width = series.shape[1] as number;
  return seriesLike(series, series.data.slice(from * width, to * width));
}

function rowsOf(name: string, share: unknown, rows: number): number {
  const range = 'a fraction in [0, 1) or a whole number of rows';
  const given = checkNumber(name, share, range, (x) => x >= 0 && (x < 1 || Number.isInteger(x)));
  if (given >= 1 || given === 0) return given;
  const count = Math.round(given * rows);
  if (count === 0) {
    throw new RangeError(`${name} expected a fraction of at least one of ${rows} rows, got ${given}`);
  }
  return count;
}
