import { checkNumber, checkOptions, checkSize } from '../validation/options.js';
import { checkSeries, type Series, seriesLike } from './series.js';

/** Consecutive rows of a series. */
export interface SeriesPart extends Series {
  /** The index of its first row in the whole series. */
  readonly from: number;
}

export interface SplitOptions {
  /** The size of the validation part, which lies before the test part; as `test`. Default 0. */
  validation?: number;
  /** The size of the test part, at the end: below 1 a fraction, rounded to whole rows; otherwise a number of rows. Default 0. */
  test?: number;
  /**
   * The number of earlier rows that validation and test begin with, to predict their first own row from: the `steps` of `windows`. With
   * at most that many, no target of one part is a target of another. Default 0: no row is in two parts.
   */
  context?: number;
}

/**
 * Splits a series into two or three parts in the order of time, so that training never sees the future. A random split leaks, since the
 * neighbours of a row predict it almost exactly. Fit scalers and compute means for filling on `train` alone.
 *
 * @param series - [time, columns]
 * @returns copies, each with `from`, the index of its first row; a part that was not asked for has no rows
 * @throws TypeError for the wrong kind or an unknown option; RangeError if no row is left to train on, a part would be empty,
 *   or `context` reaches back before the series
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
  const validation = rowCount('validation', options.validation ?? 0, rows);
  const test = rowCount('test', options.test ?? 0, rows);
  const context = checkSize('context', options.context ?? 0, 0);
  const train = rows - validation - test;
  if (train < 1) {
    throw new RangeError(
      `series expected more rows than validation + test = ${validation} + ${test}, got ${rows}: no row is left to train on`,
    );
  }
  if (context > train)
    throw new RangeError(`context expected at most the number of rows in train = ${train}, got ${context}`);
  const part = (from: number, count: number): SeriesPart => {
    const first = from === 0 || count === 0 ? from : from - context;
    return { ...slice(checked, first, from + count), from: first };
  };
  return { train: part(0, train), validation: part(train, validation), test: part(train + validation, test) };
}

function slice(series: Series, from: number, to: number): Series {
  const width = series.shape[1] as number;
  return seriesLike(series, series.data.slice(from * width, to * width), from);
}

function rowCount(name: string, share: unknown, rows: number): number {
  const range = 'a fraction in [0, 1) or a whole number of rows';
  const given = checkNumber(name, share, range, (x) => x >= 0 && (x < 1 || Number.isInteger(x)));
  if (given >= 1 || given === 0) return given;
  const count = Math.round(given * rows);
  if (count === 0) {
    throw new RangeError(`${name} expected a fraction of at least one of ${rows} rows, got ${given}`);
  }
  return count;
}
