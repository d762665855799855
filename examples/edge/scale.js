/** Further from the mean than so many deviations is told from nothing: what a model has never seen should not upset it. */
const FURTHEST = 1e4;
/** A spread smaller than this share of the mean is only what rounding makes of equal values. */
const ROUNDING = 1e-12;

/**
 * The mean and the deviation of each row of `data` [rows, length], in which the model reads it. A session keeps those that it
 * began with; where all its values were equal, it has no deviation yet, and takes that of the first ones that are not.
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
