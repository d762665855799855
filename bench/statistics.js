import { generator } from './data.js';

/** A quantile, interpolated. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

export const median = (values) => quantile(values, 0.5);

const RESAMPLES = 2000;

/** The median, and its 95 % interval by the percentile bootstrap (Efron 1979), repeatable. */
export function bootstrapMedian(values) {
  const random = generator(1979);
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(values.map(() => values[Math.floor(random(0, values.length))])),
  );
  return { median: median(values), low: quantile(medians, 0.025), high: quantile(medians, 0.975) };
}
