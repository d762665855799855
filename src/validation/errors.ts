/** The error for an argument of the wrong kind. */
export function wrongKind(name: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${name} expected ${expected}, got ${describe(value)}`);
}

/** The error for an argument with a wrong value; `got` is what the message shows of it. */
export function wrongValue(name: string, expected: string, got: unknown): RangeError {
  return new RangeError(`${name} expected ${expected}, got ${got}`);
}

/** A short description of a value, for messages. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40)) + (value.length > 40 ? '…' : '');
  if (typeof value === 'function') return 'a function';
  if (!isObject(value)) return String(value);
  if (Array.isArray(value))
    return value.length <= 8 && !value.some(isObject)
      ? `[${value.join(', ')}]`
      : `an array of length ${value.length}`;
  const { type, 'lstm-wasm': mark } = value as { type?: unknown; 'lstm-wasm'?: unknown };
  // A minifier shortens the names of this package's classes.
  const name = String((mark && (type ?? mark)) ?? value.constructor?.name ?? 'Object');
  const kind = name === 'Object' ? 'an object' : `${/^([AEIO]|LSTM|RNN)/.test(name) ? 'an' : 'a'} ${name}`;
  return ArrayBuffer.isView(value) ? `${kind} of length ${(value as Float32Array).length}` : kind;
}

export function isObject(value: unknown): value is object {
  return value !== null && typeof value === 'object';
}
