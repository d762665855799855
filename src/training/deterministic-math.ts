/*
 * Functions that give the same bits in every engine: only + − × ÷, in a fixed order. The functions of `Math` with these names may
 * differ between engines in the last bit.
 */

// biome-ignore lint/suspicious/noApproximativeNumericConstant: the exact doubles; scripts/lint-arithmetic.mjs forbids the constants of Math.
const PI = 3.141592653589793;
/** ln 2 in two parts: the first has so few bits that its multiples up to 2^11 are exact (Cody & Waite 1980). */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
// biome-ignore lint/suspicious/noApproximativeNumericConstant: as above.
export const LN2 = 0.6931471805599453;

/** cos(πx) for x in [0, 1], within 3 · 2^-53 as measured at a million points: Taylor's series on [0, π/4], where its tenth term is below 2^-57. */
export function cosPi(x: number): number {
  if (x > 0.5) return -cosPi(1 - x);
  return x > 0.25 ? alternating(PI * (0.5 - x), 17) : alternating(PI * x, 16);
}

/** The Taylor series up to the power `last`: of the cosine if `last` is even, of the sine if it is odd. */
function alternating(y: number, last: number): number {
  let sum = 1;
  for (let k = last; k > 1; k -= 2) sum = 1 - ((y * y) / (k * (k - 1))) * sum;
  return last % 2 === 0 ? sum : y * sum;
}

/** e^x, within 2 ULP as measured at 1.4 million points: 2^n · e^r with |r| ≤ ln 2 / 2, by Taylor's series up to r^14, whose next term is below 2^-60. */
export function exp(x: number): number {
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -745.2) return 0;
  const n = Math.round(x / LN2);
  const r = x - n * LN2_HIGH - n * LN2_LOW;
  let sum = 1;
  for (let k = 14; k > 0; k--) sum = 1 + (r / k) * sum;
  // Half of n at a time: 2^1024 would overflow where the product does not.
  const half = Math.trunc(n / 2);
  return sum * powerOf(2, half) * powerOf(2, n - half);
}

/** base^n for a whole n, by repeated squaring, always in the same order. */
export function powerOf(base: number, n: number): number {
  let result = 1;
  let square = base;
  for (let left = Math.abs(n); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= square;
    square *= square;
  }
  return n < 0 ? 1 / result : result;
}
