import { describe, isObject } from './errors.js';

/**
 * What an object of this package is, whichever copy of the package made it: a minifier shortens the names of classes, and
 * the same class of a second copy is another one to `instanceof`.
 */
export interface Marked {
  readonly 'lstm-wasm': string;
}

/**
 * Whether a value is an instance of one of this package's base classes.
 *
 * @throws TypeError where it is one of the same class in another copy of the package
 */
export function isOf<T extends Marked>(
  name: string,
  value: unknown,
  // biome-ignore lint/suspicious/noExplicitAny: whatever its constructor takes
  Kind: abstract new (...given: any) => T,
): value is T {
  if (value instanceof Kind) return true;
  const mark = isObject(value) ? (value as Partial<Marked>)['lstm-wasm'] : undefined;
  if (mark === undefined || mark !== Kind.prototype['lstm-wasm']) return false;
  throw new TypeError(
    `${name} expected ${describe(value)} of the same copy of the package, got one of another: two copies of lstm-wasm are loaded`,
  );
}
