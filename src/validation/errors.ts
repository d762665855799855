/** The error of an argument of another kind than expected. */
export function wrongKind(name: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${name} expected ${expected}, got ${describe(value)}`);
}

/** The error of an argument that is out of range; `got` says what came. */
export function wrongValue(name: string, expected: string, got: unknown): RangeError {
  return new RangeError(`${name} expected ${expected}, got ${got}`);
}

/** What came, in words short enough for a message. */
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

/** Levenshtein's distance, one row of the table at a time. */
export function editDistance(a: ArrayLike<unknown>, b: ArrayLike<unknown>): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i++) {
    let left = i;
    row = row.map((above, j) => {
      const substituted = j > 0 ? (row[j - 1] as number) + (a[i] === b[j - 1] ? 0 : 1) : i + 1;
      left = Math.min(substituted, above + 1, left + 1);
      return left;
    });
  }
  return row[b.length] as number;
}

/** The end of a message about an unknown name: the nearest known one, or all of them where none is near. */
export function suggestion(name: string, known: readonly string[]): string {
  const distances = known.map((one) => editDistance(name.toLowerCase(), one.toLowerCase()));
  const least = Math.min(...distances);
  if (least <= Math.max(2, Math.floor(name.length / 3)))
    return `did you mean "${known[distances.indexOf(least)]}"?`;
  return known.length > 0 ? `known: ${known.join(', ')}` : 'it takes none';
}
