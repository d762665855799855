/** A seeded generator of integers below `limit` (xorshift, Marsaglia 2003). */
export function seededIntegers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

export function shuffled<T>(values: readonly T[], draw: (limit: number) => number): T[] {
  const result = [...values];
  for (let n = result.length - 1; n > 0; n--) {
    const other = draw(n + 1);
    [result[n], result[other]] = [result[other], result[n]];
  }
  return result;
}
