import { arrayKind, bytesOf, lengthOf } from '../validation/arrays.js';
import { wrongKind, wrongValue } from '../validation/errors.js';
import { showDuration, showTime } from './dates.js';

/** A step of time longer than this many typical ones is a gap: months and years have no two lengths this different. */
const GAP = 1.5;

/**
 * A copy of the times of rows, in milliseconds since 1970.
 *
 * @param nameOf - the position of a row, for messages
 * @throws TypeError for anything but a Float64Array; RangeError for another length, a time that is not finite, or one that is not
 *   after that of the row before
 */
export function checkTimes(
  name: string,
  value: unknown,
  rows: number,
  nameOf = (row: number) => `${name}[${row}]`,
  hint = '',
): Float64Array {
  if (arrayKind(value) !== 'Float64Array')
    throw wrongKind(name, 'a Float64Array of milliseconds since 1970', value);
  const length = lengthOf(value as Float64Array);
  if (length !== rows) throw wrongValue(name, `a time for each of ${rows} rows`, length);
  const { buffer, byteOffset } = bytesOf(value as Float64Array);
  const times = new Float64Array(buffer, byteOffset, length).slice();
  for (let row = 0; row < rows; row++) {
    const [before, time] = [times[row - 1] ?? Number.NEGATIVE_INFINITY, times[row] as number];
    if (!Number.isFinite(time)) throw wrongValue(nameOf(row), 'a finite time', time);
    if (time <= before)
      throw wrongValue(
        nameOf(row),
        `a time after that of the row before, ${showTime(before)}`,
        `${time === before ? 'the same' : showTime(time)}${hint}`,
      );
  }
  return times;
}

/** The time that is typical from a row to the next, the median; NaN for fewer than two rows. */
function typicalStep(times: Float64Array): number {
  const steps = times.subarray(1).map((time, n) => time - (times[n] as number));
  return steps.sort()[steps.length >> 1] ?? Number.NaN;
}

/** For each row, the number of gaps at and before it. */
export function gapsBefore(times: Float64Array): Int32Array {
  const longest = GAP * typicalStep(times);
  const before = new Int32Array(times.length);
  for (let row = 1; row < times.length; row++) {
    const isGap = (times[row] as number) - (times[row - 1] as number) > longest;
    before[row] = (before[row - 1] as number) + (isGap ? 1 : 0);
  }
  return before;
}

/** The error for the first gap in some rows. */
export function gapError(name: string, times: Float64Array, row: number, hint: string): RangeError {
  const [before, time] = [times[row - 1] as number, times[row] as number];
  return new RangeError(
    `${name}, row ${row} expected to follow row ${row - 1}, ${showTime(before)}, by about ${showDuration(typicalStep(times))} as most rows do, ` +
      `got ${showTime(time)}, ${showDuration(time - before)} later: ${hint}`,
  );
}

/** @throws RangeError for rows that do not follow each other in time */
export function checkGaps(name: string, times: Float64Array, hint: string): void {
  const row = gapsBefore(times).indexOf(1);
  if (row > 0) throw gapError(name, times, row, hint);
}
