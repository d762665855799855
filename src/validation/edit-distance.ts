/** The Levenshtein distance of two sequences, one row of its table at a time. */
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

/** Ends a message about an unknown name: with the nearest known name, or with all of them if none is near. */
export function suggestion(name: string, known: readonly string[]): string {
  const distances = known.map((one) => editDistance(name.toLowerCase(), one.toLowerCase()));
  const least = Math.min(...distances);
  if (least <= Math.max(2, Math.floor(name.length / 3)))
    return `did you mean "${known[distances.indexOf(least)]}"?`;
  return known.length > 0 ? `known: ${known.join(', ')}` : 'it takes none';
}
