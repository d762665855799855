/*
 * Activations y = φ(x), and their gradients dx = dy∘φ′, computed from x and y. α and β are ONNX's:
 *
 *   hard sigmoid   αx + β, clamped to [0, 1]  leaky relu        x, below 0 αx         softsign   x / (1 + |x|)
 *   affine         αx + β                     thresholded relu  x above α, else 0     softplus   ln(1 + e^x)
 *   scaled tanh    α·tanh(βx)                 elu               x, below 0 α(e^x − 1)
 */
import { exp4, log, relu4, sigmoid4, tanh4 } from './math';
import { madd, splat, storeLanes } from './simd';

export const enum ActivationKind {
  TANH,
  SIGMOID,
  RELU,
  EXPONENTIAL,
  HARD_SIGMOID,
  AFFINE,
  LEAKY_RELU,
  THRESHOLDED_RELU,
  SCALED_TANH,
  ELU,
  SOFTSIGN,
  SOFTPLUS,
}

export function activationForward(y: usize, x: usize, count: i32, kind: ActivationKind, alpha: f32, beta: f32): void {
  if (kind == ActivationKind.TANH) return tanhStrided(y, x, 16, count);
  if (kind == ActivationKind.SIGMOID) {
    const whole = count & ~3;
    sigmoidStrided(y, x, 16, whole);
    y += <usize>whole << 2;
    x += <usize>whole << 2;
    count -= whole;
  }
  const a = splat(alpha);
  const b = splat(beta);
  for (; count > 0; count -= 4) {
    storeLanes(y, activate(v128.load(x), kind, a, b), count);
    x += 16;
    y += 16;
  }
}

// The only loops with sigmoid and tanh inlined, over `count` values; groups of four lie `step` bytes apart.

export function sigmoidStrided(to: usize, from: usize, step: usize, count: i32): void {
  for (; count > 0; count -= 4) {
    v128.store(to, sigmoid4(v128.load(from)));
    to += step;
    from += step;
  }
}

export function tanhStrided(to: usize, from: usize, step: usize, count: i32): void {
  for (; count > 0; count -= 4) {
    storeLanes(to, tanh4(v128.load(from)), count);
    to += step;
    from += step;
  }
}

const lanes = memory.data(16, 16);

function logistic(x: v128): v128 {
  v128.store(lanes, x);
  sigmoidStrided(lanes, lanes, 16, 4);
  return v128.load(lanes);
}

function hyperbolic(x: v128): v128 {
  v128.store(lanes, x);
  tanhStrided(lanes, lanes, 16, 4);
  return v128.load(lanes);
}

function activate(x: v128, kind: ActivationKind, alpha: v128, beta: v128): v128 {
  if (kind == ActivationKind.SIGMOID) return logistic(x);
  if (kind == ActivationKind.RELU) return relu4(x);
  if (kind == ActivationKind.EXPONENTIAL) return exp4(x);
  if (kind == ActivationKind.SCALED_TANH) return f32x4.mul(alpha, hyperbolic(f32x4.mul(beta, x)));
  if (kind == ActivationKind.SOFTSIGN) return f32x4.div(x, f32x4.add(splat(1), f32x4.abs(x)));
  const affine = madd(alpha, x, beta);
  if (kind == ActivationKind.AFFINE) return affine;
  // pmin and pmax return their first operand if the comparison fails, so NaN stays NaN.
  if (kind == ActivationKind.HARD_SIGMOID) return f32x4.pmin(f32x4.pmax(affine, splat(0)), splat(1));
  if (kind == ActivationKind.THRESHOLDED_RELU) return v128.andnot(x, f32x4.le(x, alpha));
  const negative = f32x4.lt(x, splat(0));
  if (kind == ActivationKind.LEAKY_RELU) return v128.bitselect(f32x4.mul(alpha, x), x, negative);
  const power = exp4(f32x4.neg(f32x4.abs(x)));
  if (kind == ActivationKind.ELU) return v128.bitselect(f32x4.mul(alpha, f32x4.sub(power, splat(1))), x, negative);
  return f32x4.add(relu4(x), log1p4(power));
}

/** ln(1 + x) for x in [0, 1]. */
function log1p4(four: v128): v128 {
  v128.store(lanes, four);
  for (let at = lanes; at < lanes + 16; at += 4) {
    const x = load<f32>(at);
    // Below that, ln(1 + x) is x, and the sum would lose its digits.
    if (!(x < 1e-8)) store<f32>(at, <f32>log(1 + <f64>x));
  }
  return v128.load(lanes);
}

export function activationBackward(
  dx: usize, dy: usize, x: usize, y: usize, count: i32, kind: ActivationKind, alpha: f32, beta: f32,
): void {
  const a = splat(alpha);
  const b = splat(beta);
  for (; count > 0; count -= 4) {
    const slope = derivative(v128.load(x), v128.load(y), kind, a, b);
    storeLanes(dx, f32x4.mul(v128.load(dy), slope), count);
    dx += 16;
    dy += 16;
    x += 16;
    y += 16;
  }
}

function derivative(x: v128, y: v128, kind: ActivationKind, alpha: v128, beta: v128): v128 {
  const one = splat(1);
  const zero = splat(0);
  if (kind == ActivationKind.TANH) return f32x4.sub(one, f32x4.mul(y, y));
  if (kind == ActivationKind.SIGMOID) return f32x4.mul(y, f32x4.sub(one, y));
  if (kind == ActivationKind.RELU) return v128.and(one, f32x4.gt(x, zero));
  if (kind == ActivationKind.EXPONENTIAL) return y;
  if (kind == ActivationKind.AFFINE) return alpha;
  if (kind == ActivationKind.HARD_SIGMOID) return v128.and(alpha, v128.and(f32x4.gt(y, zero), f32x4.lt(y, one)));
  if (kind == ActivationKind.THRESHOLDED_RELU) return v128.and(one, f32x4.gt(x, alpha));
  if (kind == ActivationKind.SCALED_TANH) {
    const t = hyperbolic(f32x4.mul(beta, x));
    return f32x4.mul(f32x4.mul(alpha, beta), f32x4.sub(one, f32x4.mul(t, t)));
  }
  if (kind == ActivationKind.SOFTSIGN) {
    const size = f32x4.add(one, f32x4.abs(x));
    return f32x4.div(one, f32x4.mul(size, size));
  }
  const negative = f32x4.lt(x, zero);
  if (kind == ActivationKind.LEAKY_RELU) return v128.bitselect(alpha, one, negative);
  if (kind == ActivationKind.ELU) return v128.bitselect(f32x4.add(y, alpha), one, negative);
  return logistic(x);
}
