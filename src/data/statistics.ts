/** Over the last axis' columns; NaN are left out. In doubles, in the order of the rows, so that every engine has the same. */

export interface Mean {
  /** How many values are not NaN. */
  readonly count: number;
  readonly mean: number;
}

/**
 * Means of columns. Sums are of differences from a column's first value, so that a column of one value has exactly that for its mean,
 * and large values far from zero lose nothing.
 */
export function meansOf(data: Float32Array, width: number): Mean[] {
  return Array.from({ length: width }, (_, column) => {
    let first = Number.NaN;
    let sum = 0;
    let count = 0;
    for (let n = column; n < data.length; n += width) {
      const x = data[n] as number;
      if (Number.isNaN(x)) continue;
      if (count === 0) first = x;
      sum += x - first;
      count++;
    }
    return { count, mean: first + sum / count };
  });
}

/** Deviations of columns from their means, over all values (not one less). */
export function deviationsOf(data: Float32Array, means: readonly Mean[]): number[] {
  return means.map(({ count, mean }, column) => {
    let sum = 0;
    for (let n = column; n < data.length; n += means.length) {
      const x = data[n] as number;
      if (!Number.isNaN(x)) sum += (x - mean) * (x - mean);
    }
    return Math.sqrt(sum / count);
  });
}

/** The smallest and largest values of columns; infinite where a column has none. */
export function rangesOf(data: Float32Array, width: number): { min: number; max: number }[] {
  return Array.from({ length: width }, (_, column) => {
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (let n = column; n < data.length; n += width) {
      const x = data[n] as number;
      if (x < min) min = x;
      if (x > max) max = x;
    }
    return { min, max };
  });
}
