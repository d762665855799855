/** Statistics of columns, without NaN. In doubles and in the order of the rows, so that every engine gives the same bits. */

export interface Mean {
  /** The number of values that are not NaN. */
  readonly count: number;
  readonly mean: number;
}

/**
 * Means of columns. They sum differences from the column's first value, so the mean of a constant column is exact, and large values
 * far from zero lose no precision.
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

/** Standard deviations of columns, divided by the number of values n, not n − 1. */
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

/** The smallest and largest value of each column; infinite for a column without values. */
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
