/** The forecast is three numbers: with a chance of 1 in 10 the truth is below the first, with 1 in 10 above the last. */
export const QUANTILES = [0.1, 0.5, 0.9];

/**
 * The pinball loss (Koenker & Bassett 1978), which is least where each output is its quantile of the target's distribution: an answer that is too
 * low costs q for each unit, one that is too high 1 − q.
 *
 * @param output - [count, targets * quantiles], the quantiles of a target side by side
 * @param target - [count, targets]
 */
export function pinball({ data, shape }, target) {
  const grad = new Float32Array(data.length);
  let sum = 0;
  for (let n = 0; n < data.length; n++) {
    const q = QUANTILES[n % QUANTILES.length];
    const truth = target.data[Math.floor(n / QUANTILES.length)];
    sum += costOf(truth, data[n], q);
    grad[n] = (truth > data[n] ? -q : 1 - q) / data.length;
  }
  return { loss: sum / data.length, grad: { data: grad, shape }, divisor: data.length };
}

/** The pinball loss of one answer. */
export function costOf(truth, answer, q) {
  return truth > answer ? q * (truth - answer) : (1 - q) * (answer - truth);
}

/** Outputs in threes, each sorted: nothing in the loss keeps one quantile below the next (Chernozhukov et al. 2010). */
export function inThrees(outputs) {
  const threes = [];
  for (let n = 0; n < outputs.length; n += QUANTILES.length)
    threes.push([...outputs.subarray(n, n + QUANTILES.length)].sort((a, b) => a - b));
  return threes;
}

/** The q-quantile of some numbers, interpolated linearly. */
export function quantile(numbers, q) {
  const sorted = Float64Array.from(numbers).sort();
  const place = q * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}
