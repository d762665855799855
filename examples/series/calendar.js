import { UsageError } from '../command.js';

const DAY = 86_400_000;

/** Days since 1970-01-01. @throws UsageError for what is no date */
export function dayNumber(date) {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00Z`) : Number.NaN;
  if (Number.isNaN(time)) throw new UsageError(`--data expected dates such as 2012-01-31, got "${date}"`);
  return time / DAY;
}

export function dateOf(day) {
  return new Date(day * DAY).toISOString().slice(0, 10);
}

/** 0 for Sunday. */
export function weekday(day) {
  return (((day + 4) % 7) + 7) % 7;
}

/** How far the year has gone, from 0 to 1. */
export function partOfYear(day) {
  const year = new Date(day * DAY).getUTCFullYear();
  const first = Date.UTC(year, 0, 1) / DAY;
  return (day - first) / (Date.UTC(year + 1, 0, 1) / DAY - first);
}

/**
 * Where in the year a day stands, as two numbers in which New Year's Eve is next to New Year. In place of sine and cosine, which
 * differ between engines in the last bits, arcs of a parabola.
 */
export function season(day) {
  const part = partOfYear(day);
  return [wave(part), wave((part + 0.25) % 1)];
}

function wave(part) {
  return part < 0.5 ? 16 * part * (0.5 - part) : -16 * (part - 0.5) * (1 - part);
}

/** The days of a table, each the one after the one before. @throws UsageError where one is left out */
export function consecutiveDays(dates) {
  const days = dates.map(dayNumber);
  const gap = days.findIndex((day, n) => n > 0 && day !== days[n - 1] + 1);
  if (gap > 0) throw new UsageError(`--data expected ${dateOf(days[gap - 1] + 1)} next, got ${dates[gap]}`);
  return days;
}
