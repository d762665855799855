/*
 * One step of each optimizer over one parameter, in one pass over memory, as PyTorch defines them. `w` and `d` are the
 * weight and its gradient, the other arrays the optimizer's state; all of them [count].
 *
 * These arrays end at a multiple of 16 bytes and the lanes past their end stay zero, so no tail is needed.
 *
 * State that decays does not stay subnormal: every few steps `flushState` sets it to zero where it is tiny.
 */
import { flushBelow, madd, splat } from '../kernels/simd';

/** values = 0 where |values| < bound, for values [count]. */
export function flushState(values: usize, count: i32, bound: f32): void {
  for (const end = values + (<usize>count << 2); values < end; values += 16) {
    v128.store(values, flushBelow(v128.load(values), bound));
  }
}

/** g = d + λw;  v = μv + g (v = g at the first step);  w −= lr·v, with Nesterov lr·(g + μv). `v` 0 where μ = 0. */
export function sgdStep(
  w: usize, d: usize, v: usize, count: i32, lr: f32, momentum: f32, weightDecay: f32, nesterov: bool, first: bool,
): void {
  const rate = splat(-lr);
  const mu = splat(first ? 0 : momentum);
  for (const end = d + (<usize>count << 2); d < end; d += 16) {
    const weight = v128.load(w);
    let direction = madd(splat(weightDecay), weight, v128.load(d));
    if (v) {
      const velocity = madd(mu, v128.load(v), direction);
      v128.store(v, velocity);
      direction = nesterov ? madd(splat(momentum), velocity, direction) : velocity;
      v += 16;
    }
    v128.store(w, madd(rate, direction, weight));
    w += 16;
  }
}

/**
 * RMSprop (Tieleman & Hinton 2012): s = αs + (1 − α)g², and centred, with `mean`, m = αm + (1 − α)g and s − m² instead of s;
 * u = g / (√s + ε); w −= lr·u, or with momentum, `v`, v = μv + u and w −= lr·v.
 */
export function rmspropStep(
  w: usize, d: usize, s: usize, mean: usize, v: usize, count: i32,
  lr: f32, alpha: f64, epsilon: f32, momentum: f32, weightDecay: f32,
): void {
  const keep = splat(<f32>alpha);
  const take = splat(<f32>(1 - alpha));
  for (const end = d + (<usize>count << 2); d < end; d += 16) {
    const weight = v128.load(w);
    const g = madd(splat(weightDecay), weight, v128.load(d));
    const square = madd(keep, v128.load(s), f32x4.mul(take, f32x4.mul(g, g)));
    v128.store(s, square);
    let spread = square;
    if (mean) {
      const average = madd(keep, v128.load(mean), f32x4.mul(take, g));
      v128.store(mean, average);
      // Rounding can make this negative if all gradients are equal; max keeps NaN.
      spread = f32x4.max(f32x4.sub(square, f32x4.mul(average, average)), splat(0));
      mean += 16;
    }
    let step = f32x4.div(g, f32x4.add(f32x4.sqrt(spread), splat(epsilon)));
    if (v) {
      step = madd(splat(momentum), v128.load(v), step);
      v128.store(v, step);
      v += 16;
    }
    v128.store(w, madd(splat(-lr), step, weight));
    w += 16;
    s += 16;
  }
}

/**
 * Adam (Kingma & Ba 2015): m = β₁m + (1 − β₁)g, s = β₂s + (1 − β₂)g², w −= rate·m / (√s·correction + ε), where rate
 * is lr / (1 − β₁^t) and correction 1 / √(1 − β₂^t). `coupled` adds λw to the gradient (Adam); `decay` = 1 − lr·λ multiplies the
 * weight instead (AdamW, Loshchilov & Hutter 2019).
 */
export function adamStep(
  w: usize, d: usize, m: usize, s: usize, count: i32,
  rate: f32, beta1: f64, beta2: f64, epsilon: f32, correction: f32, coupled: f32, decay: f32,
): void {
  // 1 − β in double precision: rounding β to float first would lose most digits of 1 − β₂.
  const keepMean = splat(<f32>beta1);
  const takeMean = splat(<f32>(1 - beta1));
  const keepSquare = splat(<f32>beta2);
  const takeSquare = splat(<f32>(1 - beta2));
  for (const end = d + (<usize>count << 2); d < end; d += 16) {
    const weight = v128.load(w);
    const g = madd(splat(coupled), weight, v128.load(d));
    const mean = madd(keepMean, v128.load(m), f32x4.mul(takeMean, g));
    const square = madd(keepSquare, v128.load(s), f32x4.mul(takeSquare, f32x4.mul(g, g)));
    v128.store(m, mean);
    v128.store(s, square);
    const spread = madd(f32x4.sqrt(square), splat(correction), splat(epsilon));
    v128.store(w, madd(splat(-rate), f32x4.div(mean, spread), f32x4.mul(weight, splat(decay))));
    w += 16;
    m += 16;
    s += 16;
  }
}
