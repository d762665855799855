import { describe, wrongValue } from '../validation/errors.js';

/*
 * Dates and times as tables have them, in milliseconds since 1970-01-01T00:00Z. Without a zone they are UTC, so that a result does not depend
 * on where it is computed.
 */

const TIME =
  '(?:[T ] ?(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:[.,](\\d{1,9}))?)? ?([AaPp][Mm])? ?(Z|UTC|GMT|[+-]\\d{2}(?::?\\d{2})?)?)?$';
/** 2024-01-31, 2024/01/31, 2024.01.31, 2024-01. */
const YEAR_FIRST = new RegExp(`^(\\d{4})([-/.])(\\d{1,2})(?:\\2(\\d{1,2}))?${TIME}`);
/** 31.01.2024, 31/01/2024 or 01/31/2024. */
const YEAR_LAST = new RegExp(`^(\\d{1,2})([-/.])(\\d{1,2})\\2(\\d{4})${TIME}`);
/** 20240131, 2024. */
const COMPACT = /^(\d{4})(?:(\d{2})(\d{2}))?$/;
const NUMBER = /^-?\d{1,20}(?:\.\d{1,20})?$/;

const FORMATS = 'a date such as 2024-01-31, 2024-01-31 18:30:00, 31.01.2024 or 1706659200';

/** Parts of a date; `a` and `b` are day and month, in the order of the text. */
interface Written {
  readonly year: number;
  readonly a: number;
  readonly b: number;
  /** Milliseconds since midnight, UTC. */
  readonly time: number;
  /** undefined: the text does not say. */
  readonly dayFirst: boolean | undefined;
}

/** Numbers since 1970: from which size on, in which unit, and how many milliseconds that is. */
const UNITS = [
  { from: 1e17, unit: 'nanoseconds', milliseconds: 1e-6 },
  { from: 1e14, unit: 'microseconds', milliseconds: 1e-3 },
  { from: 1e11, unit: 'milliseconds', milliseconds: 1 },
  { from: 0, unit: 'seconds', milliseconds: 1000 },
] as const;

/** Whether a cell is a date that is not a number. */
export function isWrittenDate(cell: string): boolean {
  const text = cell.trim();
  return YEAR_FIRST.test(text) || YEAR_LAST.test(text);
}

/**
 * The dates of a column.
 *
 * @param nameOf - the position of a cell, for messages
 * @throws RangeError for a cell that is not a date, or days and months that could be either
 */
export function parseDates(
  cells: readonly string[],
  nameOf: (n: number) => string,
  dayFirst: boolean | undefined,
): Float64Array {
  const fail = (n: number, expected: string): never => {
    throw wrongValue(nameOf(n), expected, describe(cells[n]));
  };
  const parsed = cells.map((cell, n) => parseDate(cell.trim()) ?? fail(n, FORMATS));
  const order = dayFirst ?? isDayFirst(parsed, fail);
  let unit: (typeof UNITS)[number] | undefined;
  return Float64Array.from(parsed, (date, n) => {
    if (typeof date !== 'number') return timeOf(date, order) ?? fail(n, 'a day that the calendar has');
    const own = UNITS.find(({ from }) => Math.abs(date) >= from) as (typeof UNITS)[number];
    unit ??= own;
    return unit === own ? date * own.milliseconds : fail(n, `${unit.unit} since 1970 as before`);
  });
}

function parseDate(text: string): Written | number | undefined {
  const [, year, , month, day = '1', ...time] = YEAR_FIRST.exec(text) ?? [];
  if (year) return written(year, month as string, day, time, false);
  const [, a, separator, b, last, ...rest] = YEAR_LAST.exec(text) ?? [];
  if (last) return written(last, a as string, b as string, rest, separator === '.' ? true : undefined);
  const [, only, twoMonth = '1', twoDay = '1'] = COMPACT.exec(text) ?? [];
  if (only) return written(only, twoMonth, twoDay, [], false);
  return NUMBER.test(text) ? Number(text) : undefined;
}

type Time = readonly (string | undefined)[];

function written(
  year: string,
  a: string,
  b: string,
  time: Time,
  dayFirst: boolean | undefined,
): Written | undefined {
  const milliseconds = timeOfDay(time);
  if (milliseconds === undefined) return undefined;
  return { year: Number(year), a: Number(a), b: Number(b), time: milliseconds, dayFirst };
}

/** Milliseconds since midnight, UTC; undefined for a time that no clock shows. */
function timeOfDay([hours = '0', minutes = '0', seconds = '0', fraction = '', half, zone = 'Z']: Time):
  | number
  | undefined {
  const [h, m, s] = [Number(hours), Number(minutes), Number(seconds)];
  if (h > 23 || m > 59 || s > 59 || (half && (h < 1 || h > 12))) return undefined;
  const hour = half ? (h % 12) + (half.toLowerCase() === 'pm' ? 12 : 0) : h;
  const [, sign, zoneHours = '0', zoneMinutes = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  const offset = (Number(zoneHours) * 60 + Number(zoneMinutes)) * (sign === '-' ? -1 : 1);
  return ((hour * 60 + m - offset) * 60 + s) * 1000 + Number(fraction.padEnd(9, '0')) / 1e6;
}

/** Whether the day comes first in the dates that do not say. */
function isDayFirst(
  dates: readonly (Written | number)[],
  fail: (n: number, expected: string) => never,
): boolean {
  let dayFirst: boolean | undefined;
  let undecided: number | undefined;
  for (const [n, date] of dates.entries()) {
    if (typeof date === 'number' || date.dayFirst !== undefined) continue;
    if (date.a <= 12 && date.b <= 12) {
      if (date.a !== date.b) undecided ??= n;
      continue;
    }
    dayFirst ??= date.a > 12;
    if (dayFirst !== date.a > 12) fail(n, `the ${dayFirst ? 'day' : 'month'} first, as before`);
  }
  if (dayFirst === undefined && undecided !== undefined)
    fail(undecided, 'a date whose order of day and month is known: set dayFirst to true or false');
  return dayFirst ?? false;
}

function timeOf({ year, a, b, time, dayFirst }: Written, order: boolean): number | undefined {
  const [day, month] = (dayFirst ?? order) ? [a, b] : [b, a];
  if (year < 100 || month < 1 || month > 12 || day < 1) return undefined;
  const midnight = Date.UTC(year, month - 1, day);
  return new Date(midnight).getUTCDate() === day ? midnight + time : undefined;
}

/** A time for messages. */
export function showTime(time: number): string {
  if (Math.abs(time) > 8.64e15) return `${time} ms`;
  return new Date(time).toISOString().replace('T00:00:00.000Z', '').replace('.000Z', 'Z');
}

/** A duration for messages, in its largest unit. */
export function showDuration(milliseconds: number): string {
  const units = [
    ['days', 86_400_000],
    ['hours', 3_600_000],
    ['minutes', 60_000],
    ['seconds', 1000],
  ] as const;
  const [name, size] = units.find(([, one]) => milliseconds >= one) ?? ['milliseconds', 1];
  return `${Number((milliseconds / size).toPrecision(3))} ${name}`;
}
