import { suggestion } from './edit-distance.js';
import { clip, describe, isObject, wrongKind, wrongValue } from './errors.js';

/** @throws TypeError for anything but an object; arrays do not count as objects */
export function checkObject(name: string, value: unknown): asserts value is object {
  if (!isObject(value) || Array.isArray(value) || ArrayBuffer.isView(value))
    throw wrongKind(name, 'an object', value);
}

/** Checks that `options` is an object and has no other properties than the known ones. @throws TypeError */
export function checkOptions(options: unknown, known: readonly string[], owner: string): void {
  checkObject(`${owner}: options`, options);
  for (const name of Object.keys(options)) {
    if (!known.includes(name))
      throw new TypeError(`${owner}: unknown option "${clip(name)}"; ${suggestion(name, known)}`);
  }
}

/** A function that checks an option, or the names that are allowed. */
type Check = ((name: string, value: unknown) => unknown) | readonly string[];

type Checked<C> = C extends readonly (infer T)[] ? T : C extends (...given: never) => infer T ? T : never;

/** Checks the options in a table of [default, check]; undefined options get their default. */
export function checkEach<const Table extends Readonly<Record<string, readonly [unknown, Check]>>>(
  options: object,
  table: Table,
): { [Name in keyof Table]: Table[Name][0] | Checked<Table[Name][1]> } {
  const checked = Object.entries(table).map(([name, [fallback, check]]) => {
    const value = (options as Record<string, unknown>)[name];
    if (value === undefined) return [name, fallback];
    return [name, typeof check === 'function' ? check(name, value) : checkOneOf(name, value, check)];
  });
  return Object.fromEntries(checked);
}

/** @throws TypeError for a combination of options that is not allowed */
export function refuse(combined: boolean, message: string): void {
  if (combined) throw new TypeError(message);
}

/** The number of floats that fill a 32-bit memory. */
const LARGEST_SIZE = 1_073_741_824;

/** A whole number from `least` up. @throws TypeError for another kind, RangeError for another value */
export function checkSize(name: string, value: unknown, least = 1): number {
  const inRange = (x: number) => Number.isInteger(x) && x >= least && x <= LARGEST_SIZE;
  return checkNumber(name, value, `a whole number from ${least} to 2^30`, inRange, 'a whole number');
}

/** Parses a whole number from 0 up that consists only of digits; NaN for anything else. */
export function parseWhole(text: unknown): number {
  const number = typeof text === 'string' && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) ? number : Number.NaN;
}

/** A whole number from `least` up, or Infinity. @throws TypeError for another kind, RangeError for another value */
export function checkSizeOrInfinity(name: string, value: unknown, least = 1): number {
  if (value === Number.POSITIVE_INFINITY) return value;
  const inRange = (x: number) => Number.isInteger(x) && x >= least;
  return checkNumber(name, value, `a whole number from ${least} up, or Infinity`, inRange);
}

/** Checks a finite number with `inRange`; `range` describes that condition in the message. */
export function checkNumber(
  name: string,
  value: unknown,
  range = 'a finite number',
  inRange = (_x: number) => true,
  kind = 'a number',
): number {
  if (typeof value !== 'number') throw wrongKind(name, kind, value);
  if (!Number.isFinite(value) || !inRange(value)) throw wrongValue(name, range, value);
  return value;
}

export function checkProbability(name: string, value: unknown): number {
  return checkNumber(name, value, 'a probability in [0, 1)', (p) => p >= 0 && p < 1);
}

export function checkPositive(name: string, value: unknown): number {
  return checkNumber(name, value, 'a number above 0', (x) => x > 0);
}

export function checkNotNegative(name: string, value: unknown): number {
  return checkNumber(name, value, 'a number from 0 up', (x) => x >= 0);
}

export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw wrongKind(name, 'true or false', value);
  return value;
}

export function checkOneOf<T extends string>(name: string, value: unknown, known: readonly T[]): T {
  if (known.includes(value as T)) return value as T;
  const expected = `one of ${known.join(', ')}`;
  if (typeof value !== 'string') throw wrongKind(name, expected, value);
  throw wrongValue(name, expected, `${describe(value)}; ${suggestion(value, known)}`);
}

/** A seed: a whole number that a double holds exactly. */
export function checkSeed(name: string, value: unknown): number {
  return checkNumber(
    name,
    value,
    'a whole number from 0 to 2^53 - 1',
    (x) => Number.isSafeInteger(x) && x >= 0,
  );
}

export function checkSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined || typeof (signal as AbortSignal | null)?.aborted === 'boolean')
    return signal as AbortSignal | undefined;
  throw wrongKind('signal', 'an AbortSignal', signal);
}

/** @throws the reason of an aborted signal. `AbortSignal.throwIfAborted` exists only since Chrome 100 */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw signal.reason ?? Object.assign(new Error('This operation was aborted'), { name: 'AbortError' });
}
