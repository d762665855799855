import { describe, isObject } from './errors.js';

/**
 * Names the class of an object of this package, even if another copy of the package created it: minifiers rename classes, and
 * `instanceof` is false for the same class of another copy.
 */
export interface Marked {
  readonly 'lstm-wasm': string;
}

/**
 * Whether a value is an instance of one of this package's base classes.
 *
 * @throws TypeError for an instance from another copy of the package
 */
export function isOf<T extends Marked>(
  name: string,
  value: unknown,
  // biome-ignore lint/suspicious/noExplicitAny: any constructor
  Kind: abstract new (...given: any) => T,
): value is T {
  if (value instanceof Kind) return true;
  const mark = isObject(value) ? (value as Partial<Marked>)['lstm-wasm'] : undefined;
  if (mark === undefined || mark !== Kind.prototype['lstm-wasm']) return false;
  throw new TypeError(
    `${name} expected ${describe(value)} of the same copy of the package, got one of another: two copies of lstm-wasm are loaded`,
  );
}
