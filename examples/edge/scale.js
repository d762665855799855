/** Values are clipped to this many standard deviations from the mean, since the model has never seen larger ones. */
const FURTHEST = 1e4;
/** A deviation below this fraction of the mean is rounding error of equal values. */
const ROUNDING = 1e-12;

/**
 * The mean and the deviation of each row of `data` [rows, length], in which the model reads it. A session keeps its first ones;
 * while all its values are equal, it has no deviation yet, and takes the first one above zero.
 */
export function scalesOf({ data, rows, length }, before) {
  return Array.from({ length: rows }, (_, row) => {
    const known = before?.[row];
    if (known !== undefined && known.deviation > 0) return known;
    const values = data.subarray(row * length, (row + 1) * length);
    const mean = known?.mean ?? values.reduce((sum, value) => sum + value, 0) / length;
    const square = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / length;
    const deviation = Math.sqrt(square);
    return { mean, deviation: deviation > ROUNDING * Math.abs(mean) ? deviation : 0 };
  });
}

export function scaled(value, { mean, deviation }) {
  if (deviation === 0) return 0;
  return Math.max(-FURTHEST, Math.min(FURTHEST, (value - mean) / deviation));
}
