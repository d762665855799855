/** What came, in words short enough for a message. */
export function describe(value: unknown): string {
  if (typeof value === 'string')
    return value.length > 40 ? `${JSON.stringify(value.slice(0, 40))}…` : JSON.stringify(value);
  if (typeof value === 'function') return `a function`;
  if (Array.isArray(value))
    return value.length <= 8 && value.every(isPrimitive)
      ? `[${value.join(', ')}]`
      : `an array of length ${value.length}`;
  if (ArrayBuffer.isView(value)) return `${kindOf(value)} of length ${(value as Float32Array).length}`;
  if (value !== null && typeof value === 'object') return `${kindOf(value)}`;
  return String(value);
}

function isPrimitive(value: unknown): boolean {
  return value === null || typeof value !== 'object';
}

function kindOf(value: object): string {
  const name = value.constructor?.name ?? 'object';
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name === 'Object' ? 'object' : name}`.replace(
    'a object',
    'an object',
  );
}

/** The known name nearest to a mistyped one, or nothing where none is near. */
function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** Levenshtein's distance, one row of the table at a time. */
export function editDistance(a: ArrayLike<unknown>, b: ArrayLike<unknown>): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitute, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

/** The end of a message about an unknown name: the nearest known one, or all of them. */
export function suggestion(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  if (near !== undefined) return `did you mean "${near}"?`;
  return known.length > 0 ? `known: ${known.join(', ')}` : 'it takes none';
}
