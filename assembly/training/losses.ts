/*
 * Losses over logits or values, as PyTorch defines them: each gives the loss in double precision, before any division, and
 * leaves its gradient times `scale` in `grad` (scale 1 for a sum, 1/n for a mean: the host knows n).
 */
import { ActivationKind, activationForward } from '../kernels/activation';
import { exp4, log } from '../kernels/math';
import { exponentials, largest } from './softmax';
import { scaleBy } from '../kernels/rows';

/**
 * −Σ w_y·((1 − ε)·ln p_y) − Σ (ε / C)·Σ_k w_k·ln p_k over rows[rows, C], p = softmax. A negative target leaves its row
 * out: loss and gradient 0. `classWeight` [C] or 0.
 */
export function crossEntropyRows(
  grad: usize, logits: usize, targets: usize, rows: i32, C: i32, classWeight: usize, smoothing: f64, scale: f64,
): f64 {
  const bytes = <usize>C << 2;
  let loss: f64 = 0;
  for (let r: i32 = 0; r < rows; r++) {
    const target = load<i32>(targets + (<usize>r << 2));
    if (target < 0) memory.fill(grad, 0, bytes);
    else loss += crossEntropyRow(grad, logits, target, C, classWeight, smoothing, scale);
    grad += bytes;
    logits += bytes;
  }
  return loss;
}

function weightOf(weight: usize, n: i32): f64 {
  return weight ? <f64>load<f32>(weight + (<usize>n << 2)) : 1;
}

function crossEntropyRow(
  grad: usize, logits: usize, target: i32, C: i32, classWeight: usize, smoothing: f64, scale: f64,
): f64 {
  const shift = largest(logits, C);
  const sum = exponentials(grad, logits, C, shift, 1);
  const logSum = <f64>shift + log(sum);
  const share = (1 - smoothing) * weightOf(classWeight, target);
  const at = <usize>target << 2;
  let loss = share * (logSum - <f64>load<f32>(logits + at));
  let total = share;
  if (smoothing > 0) {
    for (let k: i32 = 0; k < C; k++) {
      const part = (smoothing / <f64>C) * weightOf(classWeight, k);
      loss += part * (logSum - <f64>load<f32>(logits + (<usize>k << 2)));
      total += part;
    }
  }
  // d/dx_k = p_k·(all shares) − the share of k
  scaleBy(grad, C, <f32>((total * scale) / sum));
  store<f32>(grad + at, load<f32>(grad + at) - <f32>(share * scale));
  if (smoothing > 0) {
    for (let k: i32 = 0; k < C; k++) {
      const to = grad + (<usize>k << 2);
      store<f32>(to, load<f32>(to) - <f32>((smoothing / <f64>C) * weightOf(classWeight, k) * scale));
    }
  }
  return loss;
}

/** Σ w·(x − y)²; `weight` [count] or 0. */
export function squaredError(grad: usize, x: usize, y: usize, count: i32, weight: usize, scale: f64): f64 {
  let loss: f64 = 0;
  for (let n: i32 = 0; n < count; n++) {
    const at = <usize>n << 2;
    const difference = load<f32>(x + at) - load<f32>(y + at);
    const weighted = weightOf(weight, n) * <f64>difference;
    store<f32>(grad + at, <f32>(2 * scale * weighted));
    loss += weighted * <f64>difference;
  }
  return loss;
}

/** Σ w·(max(x, 0) − x·y + ln(1 + e^−|x|)), the binary cross-entropy of logits x with targets y in [0, 1]. */
export function binaryCrossEntropySum(grad: usize, x: usize, y: usize, count: i32, weight: usize, scale: f64): f64 {
  let loss: f64 = 0;
  activationForward(grad, x, count, ActivationKind.SIGMOID, 0, 0);
  for (let n: i32 = 0; n < count; n++) {
    const at = <usize>n << 2;
    const logit = <f64>load<f32>(x + at);
    const target = <f64>load<f32>(y + at);
    const w = weightOf(weight, n);
    const shrunk = exp4(f32x4.neg(f32x4.abs(v128.load32_splat(x + at))));
    const softplus = log(1 + <f64>f32x4.extract_lane(shrunk, 0));
    loss += w * (max<f64>(logit, 0) - logit * target + softplus);
    store<f32>(grad + at, <f32>((<f64>load<f32>(grad + at) - target) * w * scale));
  }
  return loss;
}
