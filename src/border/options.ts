import { describe, suggestion } from './errors.js';

/** Refuses what is no plain object of known options. @throws TypeError */
export function checkOptions(options: unknown, known: readonly string[], owner: string): void {
  if (
    options === null ||
    typeof options !== 'object' ||
    Array.isArray(options) ||
    ArrayBuffer.isView(options)
  ) {
    throw new TypeError(`${owner}: options expected an object, got ${describe(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name))
      throw new TypeError(`${owner}: unknown option "${name}"; ${suggestion(name, known)}`);
  }
}

/** The largest size that a 32-bit memory could ever hold one value for. */
const LARGEST_SIZE = 1_073_741_824;

/** A whole number from `least` up. @throws TypeError for another kind, RangeError for another value */
export function checkSize(name: string, value: unknown, least = 1): number {
  if (typeof value !== 'number')
    throw new TypeError(`${name} expected a whole number, got ${describe(value)}`);
  if (!Number.isInteger(value) || value < least || value > LARGEST_SIZE) {
    throw new RangeError(`${name} expected a whole number from ${least} to 2^30, got ${value}`);
  }
  return value;
}

/** A finite number with `inRange(value)`; `range` says it in words. */
export function checkNumber(
  name: string,
  value: unknown,
  range: string,
  inRange: (x: number) => boolean,
): number {
  if (typeof value !== 'number') throw new TypeError(`${name} expected a number, got ${describe(value)}`);
  if (!Number.isFinite(value) || !inRange(value))
    throw new RangeError(`${name} expected ${range}, got ${value}`);
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
  if (typeof value !== 'boolean')
    throw new TypeError(`${name} expected true or false, got ${describe(value)}`);
  return value;
}

export function checkOneOf<T extends string>(name: string, value: unknown, known: readonly T[]): T {
  if (typeof value !== 'string')
    throw new TypeError(`${name} expected one of ${known.join(', ')}, got ${describe(value)}`);
  if (!(known as readonly string[]).includes(value)) {
    throw new RangeError(
      `${name} expected one of ${known.join(', ')}, got ${describe(value)}; ${suggestion(value, known)}`,
    );
  }
  return value as T;
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
  if (signal === undefined || typeof (signal as AbortSignal | null)?.throwIfAborted === 'function')
    return signal as AbortSignal | undefined;
  throw new TypeError(`signal expected an AbortSignal, got ${describe(signal)}`);
}
