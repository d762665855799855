// @ts-expect-error: plain JavaScript, without declarations
import { dateOf, dayNumber, season, weekday } from '../../examples/series/calendar.js';

/* Days for the tests of examples/series, made of sums and products, as CSV. */

/** Numbers in [0, 1), by a generator of 31 bits. */
export function uniforms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** Nearly normal: of mean 0 and deviation 1. */
export const normal = (next: () => number) => (next() + next() + next() + next() - 2) * Math.sqrt(3);

/** The day that each begins with. */
export const FIRST = dayNumber('2001-01-01');

/** Weeks with a weekend, and more from day to day; `change` may turn single days into others. */
export function birthsCsv(days: number, change = (_: number, y: number) => y): string {
  const next = uniforms(3);
  const rows = Array.from({ length: days }, (_, n) => {
    const weekend = weekday(FIRST + n) % 6 === 0 ? -200 : 0;
    return `${dateOf(FIRST + n)},${change(n, Math.round(1000 + n / 10 + weekend + 20 * normal(next)))}`;
  });
  return ['date,births', ...rows].join('\n');
}

/** A year with a summer; some values are missing. */
export function weatherCsv(days: number): string {
  const next = uniforms(5);
  let apart = 0;
  const rows = Array.from({ length: days }, (_, n) => {
    apart = 0.5 * apart + 2 * normal(next);
    const most = 15 - 8 * season(FIRST + n)[1] + apart;
    return `${dateOf(FIRST + n)},${n % 3},${most.toFixed(1)},${n % 50 === 3 ? 'NA' : (most - 6).toFixed(1)},2,rain`;
  });
  return ['date,precipitation,temp_max,temp_min,wind,weather', ...rows].join('\n');
}

/** An index that calm and wild times take turns in. */
export function stocksCsv(days: number): string {
  const next = uniforms(7);
  let close = 1000;
  const rows = Array.from({ length: days }, (_, n) => {
    const open = close;
    close *= 1 + (Math.floor(n / 60) % 2 === 0 ? 0.004 : 0.02) * normal(next);
    const [low, high] = [Math.min(open, close) - 1, Math.max(open, close) + 1];
    return `${dateOf(FIRST + n)},${open},${high},${low},${close},${1000 + Math.floor(500 * next())}`;
  });
  return ['date,open,high,low,close,volume', ...rows].join('\n');
}
