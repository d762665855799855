import { arrayKind, isDetached, lengthOf } from './arrays.js';

/** The maximum length of a passed value in a message, about one line. */
const LINE = 120;

/** Truncates a text for a message to one line. */
export function clip(text: string): string {
  return text.length > LINE ? `${text.slice(0, LINE)}…` : text;
}

/** Lists names for a message, truncated to one line. */
export function listed(names: readonly string[]): string {
  const text = clip(names.slice(0, LINE).join(', '));
  return text.endsWith('…') ? `${text} (${names.length} in total)` : text;
}

/** The error for an argument of the wrong kind. */
export function wrongKind(name: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${clip(name)} expected ${expected}, got ${describe(value)}`);
}

/** The error for an argument with a wrong value; the message shows `got`. */
export function wrongValue(name: string, expected: string, got: unknown): RangeError {
  return new RangeError(
    `${clip(name)} expected ${expected}, got ${typeof got === 'string' ? got : describe(got)}`,
  );
}

/** A short description of a value, for messages. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40)) + (value.length > 40 ? '…' : '');
  if (typeof value === 'function') return 'a function';
  if (!isObject(value)) return clip(String(value));
  if (Array.isArray(value))
    return value.length <= 8 && !value.some(isObject)
      ? clip(`[${value.map((one) => (typeof one === 'string' ? clip(one) : describe(one))).join(', ')}]`)
      : `an array of length ${value.length}`;
  const name = nameOf(value);
  const kind = name === 'Object' ? 'an object' : `${/^([AEIO]|LSTM|RNN)/.test(name) ? 'an' : 'a'} ${name}`;
  if (arrayKind(value) === undefined) return kind;
  const array = value as ArrayBufferView;
  return isDetached(array) ? `${kind} whose buffer was transferred` : `${kind} of length ${lengthOf(array)}`;
}

/** The name of an object's class. None of the properties that it reads is guaranteed to be a string. */
function nameOf(value: object): string {
  const { type, constructor: made, 'lstm-wasm': mark } = value as Record<string, unknown>;
  // A minifier shortens the names of this package's classes.
  const name = (mark && (type ?? mark)) || (made as { name?: unknown } | undefined | null)?.name;
  return typeof name === 'string' && name !== '' ? clip(name) : 'Object';
}

export function isObject(value: unknown): value is object {
  return value !== null && typeof value === 'object';
}
