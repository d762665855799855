import { describe, wrongValue } from '../validation/errors.js';
import { checkOneOf, checkOptions, checkSize } from '../validation/options.js';
import type { Tensor } from '../validation/tensor.js';
import { type Column, checkSeries, columnIndices, describePosition, type Series } from './series.js';
import { checkTotal } from './sizes.js';
import { gapError, gapsBefore } from './times.js';

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
  /**
   * For a window across a gap in the `times` of a series, a step from row to row of more than 1.5 typical ones: throw, leave the window
   * out, or take its rows for consecutive, as trading days are across weekends. Default `refuse`.
   */
  gaps?: 'refuse' | 'skip' | 'allow';
}

export interface Windows {
  /** [windows, steps, inputs]. */
  readonly input: Tensor;
  /**
   * The rows that follow each window, one after the other: [windows, horizon * targets], the shape of the output of
   * `new Linear(hidden, horizon * targets)`.
   */
  readonly target: Tensor;
  /** The index of each window's first row in its series; its target begins `steps` rows later. */
  readonly starts: Int32Array;
  /** The index of each window's series; 0 for a single one. */
  readonly series: Int32Array;
  /** The values of the target columns in the last row of each input, [windows, targets]: NaN if missing. */
  readonly last: Series;
}

const STRIDE = ': take a larger stride';

const OPTIONS = ['steps', 'horizon', 'stride', 'inputs', 'targets', 'missing', 'gaps'];

/**
 * Cuts a series of one or more columns into windows: `steps` rows as input, and the `horizon` rows that follow as target. Each window
 * lies within one series, so after a split no window reaches into another part, and none crosses from one series to the next.
 *
 * @param series - [time, columns]; NaN is a missing value. Or several with the same columns, of which one that is too short has no windows
 * @throws TypeError for the wrong kind or an unknown option; RangeError for an unknown column, a series shorter than steps + horizon, a
 *   missing value (`missing: 'refuse'`), a gap in time (`gaps: 'refuse'`), or if every window has one
 * @example
 * ```ts
 * import { windows } from 'lstm-wasm/data';
 * const series = { data: Float32Array.of(0, 10, 1, 11, 2, 12, 3, 13), shape: [4, 2], columns: ['a', 'b'] };
 * const { input, target } = windows(series, { steps: 2, targets: ['b'] });
 * console.log(input.shape, [...input.data.slice(0, 4)], [...target.data]); // [ 2, 2, 2 ] [ 0, 10, 1, 11 ] [ 12, 13 ]
 *
 * const other = { data: Float32Array.of(5, 50, 6, 60, 7, 70), shape: [3, 2], columns: ['a', 'b'] };
 * console.log([...windows([series, other], { steps: 2, targets: ['b'] }).target.data]); // [ 12, 13, 70 ]
 * ```
 */
export function windows(series: Series | readonly Series[], options: WindowsOptions): Windows {
  checkOptions(options, OPTIONS, 'windows');
  const parts = checkParts(series);
  const [{ series: first }] = parts as [Part];
  const width = first.shape[1] as number;
  const plan: Plan = {
    steps: checkSize('steps', options.steps),
    horizon: checkSize('horizon', options.horizon ?? 1),
    stride: checkSize('stride', options.stride ?? 1),
    inputs: columnIndices('inputs', options.inputs, width, first.columns),
    targets: columnIndices('targets', options.targets, width, first.columns),
    missing: checkOneOf('missing', options.missing ?? 'refuse', ['refuse', 'skip']),
    gaps: checkOneOf('gaps', options.gaps ?? 'refuse', ['refuse', 'skip', 'allow']),
  };
  checkLengths(parts, plan);
  const starts = parts.map((part) => startsOf(part, plan));
  if (starts.every(({ length }) => length === 0)) {
    const count = parts.reduce((sum, { series: { shape } }) => sum + countOf(shape[0] as number, plan), 0);
    throw new RangeError(
      `series expected a window without a missing value or a gap in time, got ${count} ${count === 1 ? 'window' : 'windows'}, each with one`,
    );
  }
  return copyWindows(parts, starts, plan);
}

/** A series, and its name in messages. */
interface Part {
  readonly name: string;
  readonly series: Series;
}

/** Checked options. */
interface Plan extends Required<Omit<WindowsOptions, 'inputs' | 'targets'>> {
  readonly inputs: readonly number[];
  readonly targets: readonly number[];
}

/** @throws TypeError for the wrong kind, RangeError for no series or different columns */
function checkParts(given: Series | readonly Series[]): Part[] {
  if (!Array.isArray(given)) return [{ name: 'series', series: checkSeries('series', given) }];
  if (given.length === 0) throw new RangeError('series expected at least one, got none');
  const parts = Array.from(given as readonly Series[], (one, n) => {
    const name = `series[${n}]`;
    return { name, series: checkSeries(name, one) };
  });
  const { shape, columns } = (parts[0] as Part).series;
  for (const { name, series } of parts) {
    if (series.shape[1] !== shape[1])
      throw wrongValue(name, `${shape[1]} columns as series[0]`, `${series.shape[1]}`);
    const n = series.columns?.findIndex((column, place) => columns && column !== columns[place]) ?? -1;
    if (n >= 0)
      throw wrongValue(
        `${name}.columns[${n}]`,
        `${describe(columns?.[n])} as series[0]`,
        describe(series.columns?.[n]),
      );
  }
  return parts;
}

/** @throws RangeError if no series has a window */
function checkLengths(parts: readonly Part[], { steps, horizon }: Plan): void {
  const longest = parts.reduce((most, { series }) => Math.max(most, series.shape[0] as number), 0);
  if (longest >= steps + horizon) return;
  const name = parts.length > 1 ? 'series expected one of' : 'series expected';
  throw new RangeError(
    `${name} at least steps + horizon = ${steps} + ${horizon} = ${steps + horizon} rows, got ${longest}`,
  );
}

/** The number of windows in `rows` rows. */
function countOf(rows: number, { steps, horizon, stride }: Plan): number {
  return Math.max(0, Math.floor((rows - steps - horizon) / stride) + 1);
}

/** The first rows of the windows of a series. @throws RangeError for a missing value or a gap that is refused */
function startsOf({ name, series }: Part, plan: Plan): Int32Array {
  const { steps, horizon, stride, inputs, targets, missing, gaps } = plan;
  const rows = series.shape[0] as number;
  const count = countOf(rows, plan);
  const all = Int32Array.from({ length: count }, (_, n) => n * stride);
  const inInputs = missingBefore(series, inputs);
  const inTargets = missingBefore(series, targets);
  const isComplete = (start: number) =>
    inInputs[start + steps] === inInputs[start] &&
    inTargets[start + steps + horizon] === inTargets[start + steps];
  const complete = all.filter(isComplete);
  if (missing === 'refuse' && complete.length < count) {
    const start = all.find((one) => !isComplete(one)) as number;
    throwMissing(name, series, start, plan);
  }
  if (gaps === 'allow' || !series.times) return complete;
  const before = gapsBefore(series.times);
  const last = steps + horizon - 1;
  const starts = complete.filter((start) => before[start + last] === before[start]);
  if (gaps === 'refuse' && starts.length < complete.length) {
    const start = complete.find((one) => before[one + last] !== before[one]) as number;
    throw gapError(name, series.times, before.indexOf((before[start] as number) + 1), GAPS);
  }
  return starts;
}

const GAPS =
  "leave out windows across gaps with gaps: 'skip', or take the rows for consecutive with gaps: 'allow'";

/** @throws RangeError for more values than an array may have */
function copyWindows(parts: readonly Part[], starts: readonly Int32Array[], plan: Plan): Windows {
  const { steps, horizon, inputs, targets } = plan;
  const count = starts.reduce((sum, { length }) => sum + length, 0);
  checkTotal('series', 'windows * steps * inputs', [count, steps, inputs.length], STRIDE);
  checkTotal('series', 'windows * horizon * targets', [count, horizon, targets.length], STRIDE);
  const input = new Float32Array(count * steps * inputs.length);
  const target = new Float32Array(count * horizon * targets.length);
  const last = new Float32Array(count * targets.length);
  const [from, series] = [new Int32Array(count), new Int32Array(count)];
  let done = 0;
  for (const [n, own] of starts.entries()) {
    const { series: part } = parts[n] as Part;
    copyRows(input, done * steps * inputs.length, part, own, [0, steps], inputs);
    copyRows(target, done * horizon * targets.length, part, own, [steps, horizon], targets);
    copyRows(last, done * targets.length, part, own, [steps - 1, 1], targets);
    from.set(own, done);
    series.fill(n, done, done + own.length);
    done += own.length;
  }
  const { columns } = (parts[0] as Part).series;
  const names = columns && targets.map((column) => columns[column] as string);
  return {
    input: { data: input, shape: [count, steps, inputs.length] },
    target: { data: target, shape: [count, horizon * targets.length] },
    starts: from,
    series,
    last: { data: last, shape: [count, targets.length], ...(names && { columns: names }) },
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
function throwMissing(name: string, series: Series, start: number, plan: Plan): never {
  const { steps, horizon, inputs, targets } = plan;
  const width = series.shape[1] as number;
  let row = start;
  const isMissing = (column: number) => Number.isNaN(series.data[row * width + column]);
  const columns = () => (row < start + steps ? inputs : targets);
  while (row < start + steps + horizon && !columns().some(isMissing)) row++;
  const column = columns().find(isMissing) as number;
  throw new RangeError(
    `${describePosition(name, series, row * width + column)} expected a number, got NaN: fill it with fillMissing(), or leave out such windows with missing: 'skip'`,
  );
}

/** Copies `count` rows of each window, from `offset` on, one window after another. */
function copyRows(
  out: Float32Array,
  at: number,
  { data, shape }: Series,
  starts: Int32Array,
  [offset, count]: readonly [offset: number, count: number],
  columns: readonly number[],
): void {
  const width = shape[1] as number;
  let n = at;
  for (const start of starts) {
    for (let row = start + offset; row < start + offset + count; row++) {
      for (const column of columns) out[n++] = data[row * width + column] as number;
    }
  }
}
