/*
 * Losses over logits or values, as PyTorch defines them. Each returns the sum of the loss in double precision, and writes its
 * gradient times `scale` to `grad` (the host passes 1 for a sum, 1/n for a mean).
 *
 * Targets and weights are in the user's order, [rows, columns, ·]. The output and its gradient are [columns, rows, ·], like a
 * batch-first output in the core; rows = 1 is an output in the user's order. The loss is summed in the user's order.
 *
 * Values with weight 0 are never multiplied: masked outputs and targets may be NaN or infinite. Their gradient is 0.
 */
import { ActivationKind, activationForward } from '../kernels/activation';
import { exp4, log } from '../kernels/math';
import { shiftedExp, maximum } from './softmax';
import { scaleBy } from '../kernels/rows';

/**
 * −Σ w_y·((1 − ε)·ln p_y) − Σ (ε / C)·Σ_k w_k·ln p_k over targets[rows, columns], p = softmax of logits[columns, rows, C].
 * A row with a negative target, or whose weights are all 0, has loss and gradient 0. `classWeight` [C] or 0.
 */
export function crossEntropy(
  grad: usize, logits: usize, targets: usize, rows: i32, columns: i32, C: i32, classWeight: usize, smoothing: f64, scale: f64,
): f64 {
  const bytes = <usize>C << 2;
  let loss: f64 = 0;
  for (let r: i32 = 0; r < rows; r++) {
    for (let c: i32 = 0; c < columns; c++) {
      const at = (<usize>c * rows + r) * bytes;
      const target = load<i32>(targets);
      if (target < 0) memory.fill(grad + at, 0, bytes);
      else loss += crossEntropyRow(grad + at, logits + at, target, C, classWeight, smoothing, scale);
      targets += 4;
    }
  }
  return loss;
}

function weightOf(weight: usize, n: i32): f64 {
  return weight ? <f64>load<f32>(weight + (<usize>n << 2)) : 1;
}

function crossEntropyRow(
  grad: usize, logits: usize, target: i32, C: i32, classWeight: usize, smoothing: f64, scale: f64,
): f64 {
  const share = (1 - smoothing) * weightOf(classWeight, target);
  if (share == 0 && smoothing == 0) {
    memory.fill(grad, 0, <usize>C << 2);
    return 0;
  }
  const shift = maximum(logits, C);
  const sum = shiftedExp(grad, logits, C, shift, 1);
  const logSum = <f64>shift + log(sum);
  const at = <usize>target << 2;
  let loss: f64 = share == 0 ? 0 : share * (logSum - <f64>load<f32>(logits + at));
  let total = share;
  if (smoothing > 0) {
    for (let k: i32 = 0; k < C; k++) {
      const part = (smoothing / <f64>C) * weightOf(classWeight, k);
      if (part == 0) continue;
      loss += part * (logSum - <f64>load<f32>(logits + (<usize>k << 2)));
      total += part;
    }
    if (total == 0) {
      memory.fill(grad, 0, <usize>C << 2);
      return 0;
    }
  }
  // The target's share is w_y·(1 − ε), that of each class w_k·ε / C: d/dx_k = p_k·(sum of all shares) − share of k
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

/** Σ w·(x − y)² over y[rows, columns, N] and x[columns, rows, N]; `weight` [rows, columns, N] or 0. */
export function squaredError(
  grad: usize, x: usize, y: usize, rows: i32, columns: i32, N: i32, weight: usize, scale: f64,
): f64 {
  let loss: f64 = 0;
  let n: i32 = 0;
  for (let r: i32 = 0; r < rows; r++) {
    for (let c: i32 = 0; c < columns; c++) {
      let at = (<usize>c * rows + r) * N << 2;
      for (const end = n + N; n < end; n++) {
        const w = weightOf(weight, n);
        if (w == 0) {
          store<f32>(grad + at, 0);
        } else {
          const difference = load<f32>(x + at) - load<f32>(y + (<usize>n << 2));
          const weighted = w * <f64>difference;
          store<f32>(grad + at, <f32>(2 * scale * weighted));
          loss += weighted * <f64>difference;
        }
        at += 4;
      }
    }
  }
  return loss;
}

/**
 * Σ w·(max(x, 0) − x·y + ln(1 + e^−|x|)), the binary cross-entropy of logits x[columns, rows, N] with targets
 * y[rows, columns, N] in [0, 1]; `weight` as for {@link squaredError}.
 */
export function binaryCrossEntropy(
  grad: usize, x: usize, y: usize, rows: i32, columns: i32, N: i32, weight: usize, scale: f64,
): f64 {
  let loss: f64 = 0;
  let n: i32 = 0;
  activationForward(grad, x, rows * columns * N, ActivationKind.SIGMOID, 0, 0);
  for (let r: i32 = 0; r < rows; r++) {
    for (let c: i32 = 0; c < columns; c++) {
      let at = (<usize>c * rows + r) * N << 2;
      for (const end = n + N; n < end; n++) {
        const w = weightOf(weight, n);
        if (w == 0) {
          store<f32>(grad + at, 0);
        } else {
          const logit = <f64>load<f32>(x + at);
          const target = <f64>load<f32>(y + (<usize>n << 2));
          const shrunk = exp4(f32x4.neg(f32x4.abs(v128.load32_splat(x + at))));
          const softplus = log(1 + <f64>f32x4.extract_lane(shrunk, 0));
          loss += w * (max<f64>(logit, 0) - logit * target + softplus);
          store<f32>(grad + at, <f32>((<f64>load<f32>(grad + at) - target) * w * scale));
        }
        at += 4;
      }
    }
  }
  return loss;
}
