import { clip, listed } from './errors.js';

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

/** Limits on the length of a name and on the number of names to compare, since the cost grows with the product of both lengths. */
const LONGEST = 64;
const MOST = 1000;

/** The end of a message about an unknown name: the nearest known name, or all known names if none is near. */
export function suggestion(name: string, known: readonly string[]): string {
  if (known.length === 0) return 'it takes none';
  const bound = Math.max(2, Math.floor(name.length / 3));
  let [nearest, least] = ['', bound + 1];
  for (const one of name.length > LONGEST ? [] : known.slice(0, MOST)) {
    if (Math.abs(one.length - name.length) >= least) continue;
    const distance = editDistance(name.toLowerCase(), one.toLowerCase());
    if (distance < least) [nearest, least] = [one, distance];
  }
  return least <= bound ? `did you mean "${clip(nearest)}"?` : `known: ${listed(known)}`;
}
