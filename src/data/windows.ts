import { checkOneOf, checkOptions, checkSize } from '../validation/options.js';
import type { Tensor } from '../validation/tensor.js';
import { type Column, checkSeries, columnNumbers, placeIn, type Series } from './series.js';

export interface WindowsOptions {
  /** How many rows the input of a window has. */
  steps: number;
  /** How many rows behind the input are its target. Default 1. */
  horizon?: number;
  /** How many rows lie between the beginnings of two windows. Default 1. */
  stride?: number;
  /** The columns of the input. Default: all. */
  inputs?: readonly Column[];
  /** The columns of the target. Default: all. */
  targets?: readonly Column[];
  /** What becomes of a window in which a value is missing: an error, or it is left out. Default `refuse`. */
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
  /** The row of the series that each window begins with; its target begins `steps` rows later. */
  readonly starts: Int32Array;
}

const OPTIONS = ['steps', 'horizon', 'stride', 'inputs', 'targets', 'missing'];

/**
 * Windows over a series of one or more columns: `steps` rows to look at, and the `horizon` rows that follow to predict. Windows lie
 * wholly in the series that is given; of a series that was split first, none reaches into another part.
 *
 * @param series - [time, columns]; NaN is a missing value
 * @throws TypeError for another kind or an unknown option; RangeError for a column that is not there, a series shorter than
 *   steps + horizon, a missing value (`missing: 'refuse'`), or where one is in every window
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
  const inputs = columnNumbers('inputs', options.inputs, width, checked.columns);
  const targets = columnNumbers('targets', options.targets, width, checked.columns);
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
  const isWhole = (start: number) =>
    inInputs[start + steps] === inInputs[start] &&
    inTargets[start + steps + horizon] === inTargets[start + steps];
  const starts = all.filter(isWhole);
  if (missing === 'refuse' && starts.length < count) {
    const start = all.find((one) => !isWhole(one)) as number;
    refuse(checked, start, start + steps, start + steps + horizon, inputs, targets);
  }
  if (starts.length === 0)
    throw new RangeError(`series expected a window without a missing value, got ${count} with one each`);
  checkRoom(starts.length, Math.max(steps * inputs.length, horizon * targets.length));
  const input = cut(checked, starts, 0, steps, inputs);
  const target = cut(checked, starts, steps, horizon, targets);
  return {
    input: { data: input, shape: [starts.length, steps, inputs.length] },
    target: { data: target, shape: [starts.length, horizon * targets.length] },
    starts,
  };
}

/** For each row how many values are missing in some columns of the rows before it; one more, for the end. */
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

/** Names the first missing value of a window. */
function refuse(
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
    `${placeIn('series', series, row * width + column)} expected a number, got NaN: fillMissing() fills, missing: 'skip' leaves out such windows`,
  );
}

/** Some rows of each window, one window behind the other. */
function cut(
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

/** @throws RangeError for more values than an array should have */
function checkRoom(count: number, each: number): void {
  if (count * each > 1_073_741_824)
    throw new RangeError(
      `series expected at most 2^30 values in all windows, got ${count} * ${each}: take a larger stride`,
    );
}
