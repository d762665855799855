/*
 * exp, sigmoid and tanh on four lanes; log and cos for scalars, in double precision.
 *
 * exp      n = round(x·log2 e), r = x − n·ln 2 in two parts (Cody & Waite 1980; n·LN2_HIGH is exact), then
 *          e^r = 1 + (r + r²·q(r)) with q of degree 5 (coefficients: Cephes expf, Moshier 1992), scaled by 2^n.
 *          In the last two additions the small part is known far below the last place of the sum, which keeps the
 *          result monotone.
 * sigmoid  1 / (1 + exp(−x)) for all x: each step is monotone, and the relative error holds for negative x too.
 * tanh     |x| < 0.55: x + x·z·p(z), z = x² (coefficients: Cephes tanhf); above: 1 − 2 / (exp(2|x|) + 1).
 *
 * Largest error over all 2^32 floats, measured by `npm run test:slow`, in ULP, for normal results:
 *
 *                       simd, relaxed unfused   relaxed fused
 *             exp                       0.991           1.011
 *             sigmoid                   2.000           2.000
 *             tanh                      1.357           1.341
 *
 * Below the smallest normal number the absolute error is at most 2^-126. sigmoid and tanh never decrease; tanh(±0) = ±0,
 * sigmoid(0) = 0.5; both are exact where they saturate; exp(−∞) = 0, exp(∞) = ∞; NaN stays NaN.
 */
import { madd, nmadd, splat } from './simd';

const LOG2_E: f32 = 1.44269504;
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440e-4;
/** 1.5·2^23: adding it rounds to a whole number, which is then in the low bits. */
const ROUND: f32 = 12582912;

/**
 * Constants are in memory: loading one into four lanes is one instruction, but an engine may rebuild a vector constant at
 * each use, with several. First the reduction of x, then q.
 */
const EXP = memory.data<f32>([
  LOG2_E, -LN2_HIGH, -LN2_LOW,
  1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
]);
/** The same for −x: from x it computes n of −x, −r and −(e^r − 1), with the same bits. */
const EXP_OF_MINUS = memory.data<f32>([
  -LOG2_E, LN2_HIGH, LN2_LOW,
  1.9875691500e-4, -1.3981999507e-3, 8.3334519073e-3, -4.1665795894e-2, 1.6666665459e-1, -5.0000001201e-1,
]);
const TANH = memory.data<f32>([
  -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1,
]);
/**
 * The rounding constant; the limits of the arguments of sigmoid and tanh; 2, where tanh changes its formula, and the sign bit;
 * the limits of exp's argument.
 */
const LIMITS = memory.data<f32>([ROUND, -88, 87, 40, 2, 0.55, -0.0, 89, -104]);
/** 1, whose bits are those of its exponent field alone. */
const ONE = memory.data<f32>([1]);

/** Value `n` of a table, in all four lanes. */
// @ts-ignore: decorator
@inline
function value(table: usize, n: usize): v128 {
  return v128.load32_splat(table + (n << 2));
}

/** n + ROUND for x, with the constants of a table. */
// @ts-ignore: decorator
@inline
function rounded(x: v128, table: usize): v128 {
  return madd(x, value(table, 0), value(LIMITS, 0));
}

/** e^r − 1 for the remainder r of x, |r| ≤ ln 2 / 2. */
// @ts-ignore: decorator
@inline
function expm1Reduced(x: v128, rounded: v128, table: usize): v128 {
  const n = f32x4.sub(rounded, value(LIMITS, 0));
  const r = madd(n, value(table, 2), madd(n, value(table, 1), x));
  let q = madd(value(table, 3), r, value(table, 4));
  q = madd(q, r, value(table, 5));
  q = madd(q, r, value(table, 6));
  q = madd(q, r, value(table, 7));
  q = madd(q, r, value(table, 8));
  return madd(f32x4.mul(r, r), q, r);
}

/** 2^n from n + ROUND: the low bits, moved to the exponent. */
// @ts-ignore: decorator
@inline
function power(rounded: v128): v128 {
  return i32x4.add(i32x4.shl(rounded, 23), value(ONE, 0));
}

/**
 * exp on all floats. No hot loop uses it, so its body is a call, unlike those of sigmoid and tanh; asc warns about an exported
 * function with vectors unless it is inlined.
 */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  return exponential(x);
}

function exponential(x: v128): v128 {
  // pmin and pmax return their first operand if the comparison fails, so NaN stays NaN.
  x = f32x4.pmax(f32x4.pmin(x, value(LIMITS, 7)), value(LIMITS, 8));
  const one = value(ONE, 0);
  const whole = rounded(x, EXP);
  const mantissa = f32x4.add(expm1Reduced(x, whole, EXP), one);
  // 2^n as two factors: n ranges from -150 to 128, more than one exponent field holds.
  const n = i32x4.sub(whole, value(LIMITS, 0));
  const half = i32x4.shr_s(n, 1);
  const first = i32x4.add(i32x4.shl(half, 23), one);
  const second = i32x4.add(i32x4.shl(i32x4.sub(n, half), 23), one);
  return f32x4.mul(f32x4.mul(mantissa, first), second);
}

/** 1 + e^−x is computed as large + (2^n·(e^r − 1) + small), where large and small are 1 and 2^n: one rounding at full size. */
// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  const one = value(ONE, 0);
  const lowest = value(LIMITS, 1);
  const cut = f32x4.pmin(f32x4.pmax(x, lowest), value(LIMITS, 2));
  const whole = rounded(cut, EXP_OF_MINUS);
  const minusPart = expm1Reduced(cut, whole, EXP_OF_MINUS);
  const scale = power(whole);
  const sum = f32x4.add(f32x4.pmax(scale, one), nmadd(scale, minusPart, f32x4.pmin(scale, one)));
  return v128.andnot(f32x4.div(one, sum), f32x4.lt(x, lowest));
}

// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const one = value(ONE, 0);
  const size = f32x4.abs(x);
  const twice = f32x4.pmin(f32x4.add(size, size), value(LIMITS, 3));
  const whole = rounded(twice, EXP);
  // As in sigmoid4, but here 2^n is always the larger.
  const scale = power(whole);
  const sum = f32x4.add(scale, madd(scale, expm1Reduced(twice, whole, EXP), one));
  const large = f32x4.sub(one, f32x4.div(value(LIMITS, 4), sum));
  const z = f32x4.mul(size, size);
  let p = madd(value(TANH, 0), z, value(TANH, 1));
  p = madd(p, z, value(TANH, 2));
  p = madd(p, z, value(TANH, 3));
  p = madd(p, z, value(TANH, 4));
  const small = madd(f32x4.mul(size, z), p, size);
  const magnitude = v128.bitselect(small, large, f32x4.lt(size, value(LIMITS, 5)));
  return v128.or(magnitude, v128.and(x, value(LIMITS, 6)));
}

// @ts-ignore: decorator
@inline
export function relu4(x: v128): v128 {
  // pmax(x, 0) is x < 0 ? 0 : x, so that NaN stays NaN.
  return f32x4.pmax(x, splat(0));
}

const LN2: f64 = 0.6931471805599453;

/** ln x of a positive normal double by 2·artanh((m − 1) / (m + 1)); the rest of the series is below 2^-53. */
export function log(x: f64): f64 {
  const bits = reinterpret<u64>(x);
  // Relative to √½, so that the mantissa lies in [√½, √2).
  const shifted = bits - 0x3fe6a09e667f3bcd;
  const exponent = <i64>shifted >> 52;
  const m = reinterpret<f64>(bits - (<u64>exponent << 52));
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let sum: f64 = 0;
  for (let k: i32 = 23; k >= 3; k -= 2) sum = (sum + 1.0 / <f64>k) * z;
  return <f64>exponent * LN2 + 2 * s * (1 + sum);
}

/** cos(2πu) for u in [-1, 1], by the Taylor series on an eighth of the circle. */
export function cos2Pi(u: f64): f64 {
  u = abs(u);
  if (u > 0.5) u = 1 - u;
  const flip = u > 0.25;
  if (flip) u = 0.5 - u;
  const value = u > 0.125 ? sinSmall(0.25 - u) : series(u * u * (TWO_PI * TWO_PI), 18);
  return flip ? -value : value;
}

const TWO_PI: f64 = 6.283185307179586;

function sinSmall(u: f64): f64 {
  const x = u * TWO_PI;
  return x * series(x * x, 19);
}

/** cos √z = Σ (−z)^n / (2n)!, or sin √z / √z = Σ (−z)^n / (2n + 1)!, up to the factorial of `last`, which is even or odd. */
function series(z: f64, last: i32): f64 {
  let sum: f64 = 1;
  for (let k = last; k >= 2; k -= 2) sum = 1 - (z / <f64>(k * (k - 1))) * sum;
  return sum;
}
