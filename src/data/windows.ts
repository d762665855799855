import { checkOneOf, checkOptions, checkSize } from '../validation/options.js';
import type { Tensor } from '../validation/tensor.js';
import { type Column, checkSeries, columnIndices, describePosition, type Series } from './series.js';
import { checkTotal } from './sizes.js';

export interface WindowsOptions {
  /** The number of rows in a window's input. */
  steps: number;
  /** The number of rows after the input that are its target. Default 1. */
  horizon?: number;
  /** The number of rows from the start of a window to the next. Default 1. */
  stride?: number;
  /** The columns of the input. Default: all. */
  inputs?: readonly Column[];
  /** The columns of the target. Default: all. */
  targets?: readonly Column[];
  /** For a window with a missing value: throw, or leave the window out. Default `refuse`. */
  missing?: 'refuse' | 'skip';
}

export interface Windows {
  /** [windows, steps, inputs]. */
  readonly input: Tensor;
  /**
   * The rows that follow each window, one after the other: [windows, horizon * targets], the shape of the output of
   * `new Linear(hidden, horizon * targets)`.
   */
  readonly target: Tensor;
  /** The index of each window's first row in the series; its target begins `steps` rows later. */
  readonly starts: Int32Array;
}

const STRIDE = ': take a larger stride';

const OPTIONS = ['steps', 'horizon', 'stride', 'inputs', 'targets', 'missing'];

/**
 * Cuts a series of one or more columns into windows: `steps` rows as input, and the `horizon` rows that follow as target. Each window
 * lies within the given series, so after a split no window reaches into another part.
 *
 * @param series - [time, columns]; NaN is a missing value
 * @throws TypeError for the wrong kind or an unknown option; RangeError for an unknown column, a series shorter than steps + horizon, a
 *   missing value (`missing: 'refuse'`), or if every window has one
 * @example
 * ```ts
 * import { windows } from 'lstm-wasm/data';
 * const series = { data: Float32Array.of(0, 10, 1, 11, 2, 12, 3, 13), shape: [4, 2], columns: ['a', 'b'] };
 * const { input, target } = windows(series, { steps: 2, targets: ['b'] });
 * console.log(input.shape, [...input.data.slice(0, 4)], [...target.data]); // [ 2, 2, 2 ] [ 0, 10, 1, 11 ] [ 12, 13 ]
 * ```
 */
export function windows(series: Series, options: WindowsOptions): Windows {
  checkOptions(options, OPTIONS, 'windows');
  const checked = checkSeries('series', series);
  const [rows, width] = checked.shape as [number, number];
  const steps = checkSize('steps', options.steps);
  const horizon = checkSize('horizon', options.horizon ?? 1);
  const stride = checkSize('stride', options.stride ?? 1);
  const inputs = columnIndices('inputs', options.inputs, width, checked.columns);
  const targets = columnIndices('targets', options.targets, width, checked.columns);
  const missing = checkOneOf('missing', options.missing ?? 'refuse', ['refuse', 'skip']);
  if (rows < steps + horizon) {
    throw new RangeError(
      `series expected at least steps + horizon = ${steps} + ${horizon} = ${steps + horizon} rows, got ${rows}`,
    );
  }
  const count = Math.floor((rows - steps - horizon) / stride) + 1;
  const all = Int32Array.from({ length: count }, (_, n) => n * stride);
  const inInputs = missingBefore(checked, inputs);
  const inTargets = missingBefore(checked, targets);
  const isComplete = (start: number) =>
    inInputs[start + steps] === inInputs[start] &&
    inTargets[start + steps + horizon] === inTargets[start + steps];
  const starts = all.filter(isComplete);
  if (missing === 'refuse' && starts.length < count) {
    const start = all.find((one) => !isComplete(one)) as number;
    throwMissing(checked, start, start + steps, start + steps + horizon, inputs, targets);
  }
  if (starts.length === 0)
    throw new RangeError(
      `series expected a window without a missing value, got ${count} windows, each with one`,
    );
  checkTotal('series', 'windows * steps * inputs', [starts.length, steps, inputs.length], STRIDE);
  checkTotal('series', 'windows * horizon * targets', [starts.length, horizon, targets.length], STRIDE);
  const input = copyRows(checked, starts, 0, steps, inputs);
  const target = copyRows(checked, starts, steps, horizon, targets);
  return {
    input: { data: input, shape: [starts.length, steps, inputs.length] },
    target: { data: target, shape: [starts.length, horizon * targets.length] },
    starts,
  };
}

/** For each row, and for the end, the number of missing values in some columns of the rows before. */
function missingBefore({ data, shape }: Series, columns: readonly number[]): Float64Array {
  const [rows, width] = shape as [number, number];
  const before = new Float64Array(rows + 1);
  for (let row = 0; row < rows; row++) {
    let count = before[row] as number;
    for (const column of columns) if (Number.isNaN(data[row * width + column])) count++;
    before[row + 1] = count;
  }
  return before;
}

/** @throws RangeError that names the first missing value of a window */
function throwMissing(
  series: Series,
  start: number,
  middle: number,
  end: number,
  inputs: readonly number[],
  targets: readonly number[],
): never {
  const width = series.shape[1] as number;
  let row = start;
  const isMissing = (column: number) => Number.isNaN(series.data[row * width + column]);
  while (row < end && !(row < middle ? inputs : targets).some(isMissing)) row++;
  const column = (row < middle ? inputs : targets).find(isMissing) as number;
  throw new RangeError(
    `${describePosition('series', series, row * width + column)} expected a number, got NaN: fill it with fillMissing(), or leave out such windows with missing: 'skip'`,
  );
}

/** Copies rows of each window, one window after another. */
function copyRows(
  { data, shape }: Series,
  starts: Int32Array,
  offset: number,
  rows: number,
  columns: readonly number[],
): Float32Array {
  const width = shape[1] as number;
  const out = new Float32Array(starts.length * rows * columns.length);
  let n = 0;
  for (const start of starts) {
    for (let row = start + offset; row < start + offset + rows; row++) {
      for (const column of columns) out[n++] = data[row * width + column] as number;
    }
  }
  return out;
}
