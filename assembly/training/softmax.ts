/* Softmax over rows, and sampling from it. The largest value is subtracted from each row, so that exp never overflows. */
import { scaleBy } from '../kernels/rows';
import { exp4 } from '../kernels/math';
import { fillIndices, swap } from '../kernels/random';
import { splat, storeLanes } from '../kernels/simd';

/** The largest value of row[count], NaN if there is one. */
export function maximum(row: usize, count: i32): f32 {
  // Lanes past the end repeat the first value.
  const inside = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
  let most = v128.bitselect(v128.load(row), v128.load32_splat(row), inside);
  let hasNaN = f32x4.ne(most, most);
  for (let n: i32 = 4; n < count; n += 4) {
    // If fewer than four values are left, some are read again.
    const next = v128.load(row + (<usize>min(n, count - 4) << 2));
    // One instruction on x64, where f32x4.max, which keeps NaN, takes eight.
    most = f32x4.pmax(most, next);
    hasNaN = v128.or(hasNaN, f32x4.ne(next, next));
  }
  if (v128.any_true(hasNaN)) return NaN;
  most = f32x4.pmax(most, i64x2.shuffle(most, most, 1, 0));
  return max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1));
}

/** out[count] = exp((x − shift)·scale); returns the sum in double precision, added in order. */
export function shiftedExp(out: usize, x: usize, count: i32, shift: f32, scale: f32): f64 {
  const shifts = splat(shift);
  const scales = splat(scale);
  let sum: f64 = 0;
  for (let n: i32 = 0; n < count; n += 4) {
    const at = <usize>n << 2;
    storeLanes(out + at, exp4(f32x4.mul(f32x4.sub(v128.load(x + at), shifts), scales)), count - n);
    // Summed within this loop, so that the processor overlaps it with the next exponentials.
    const end = out + (<usize>min(n + 4, count) << 2);
    for (let value = out + at; value < end; value += 4) sum += <f64>load<f32>(value);
  }
  return sum;
}

/** out[rows, count] = softmax of each row. */
export function softmax(out: usize, x: usize, rows: i32, count: i32): void {
  const bytes = <usize>count << 2;
  for (let r: i32 = 0; r < rows; r++) {
    const sum = shiftedExp(out, x, count, maximum(x, count), 1);
    scaleBy(out, count, <f32>(1 / sum));
    out += bytes;
    x += bytes;
  }
}

/**
 * Draws a class of softmax(logits / temperature) by inverting its distribution at `u` in [0, 1). `topK` limits it to the
 * likeliest classes (0: all), `topP` to the fewest that together reach this probability (1: all). Temperature 0 returns the
 * largest logit's class. `scratch` has space for 2·count values.
 */
export function sample(
  logits: usize, count: i32, temperature: f64, topK: i32, topP: f64, u: f64, scratch: usize,
): i32 {
  if (temperature == 0) return argmax(logits, count);
  const weights = scratch;
  const order = scratch + (<usize>count << 2);
  let total = shiftedExp(weights, logits, count, maximum(logits, count), <f32>(1 / temperature));
  fillIndices(order, count);
  let kept = count;
  if (topK || topP < 1) {
    sortByWeight(order, weights, count);
    if (topK) kept = min(topK, count);
    if (topK) total = sumOf(weights, order, kept);
    if (topP < 1) {
      kept = countReaching(weights, order, kept, topP * total);
      total = sumOf(weights, order, kept);
    }
  }
  return pick(weights, order, kept, u * total);
}

function argmax(row: usize, count: i32): i32 {
  let best: i32 = 0;
  for (let n: i32 = 1; n < count; n++) {
    if (load<f32>(row + (<usize>n << 2)) > load<f32>(row + (<usize>best << 2))) best = n;
  }
  return best;
}

function weightAt(weights: usize, order: usize, n: i32): f32 {
  return load<f32>(weights + (<usize>load<i32>(order + (<usize>n << 2)) << 2));
}

function sumOf(weights: usize, order: usize, count: i32): f64 {
  let sum: f64 = 0;
  for (let n: i32 = 0; n < count; n++) sum += <f64>weightAt(weights, order, n);
  return sum;
}

/** How many of the first `count` weights are needed for their sum to reach `goal`. */
function countReaching(weights: usize, order: usize, count: i32, goal: f64): i32 {
  let sum: f64 = 0;
  for (let n: i32 = 0; n < count; n++) {
    sum += <f64>weightAt(weights, order, n);
    if (sum >= goal) return n + 1;
  }
  return count;
}

function pick(weights: usize, order: usize, count: i32, goal: f64): i32 {
  let sum: f64 = 0;
  let chosen: i32 = 0;
  for (let n: i32 = 0; n < count; n++) {
    const weight = <f64>weightAt(weights, order, n);
    if (weight > 0) chosen = n;
    sum += weight;
    if (goal < sum) break;
  }
  return load<i32>(order + (<usize>chosen << 2));
}

/** Heapsort (Williams 1964), largest weight first; equal weights by rising index, so that the order is unique. */
function sortByWeight(order: usize, weights: usize, count: i32): void {
  for (let root = count / 2 - 1; root >= 0; root--) siftDown(order, weights, root, count);
  for (let end = count - 1; end > 0; end--) {
    swap(order, 0, end);
    siftDown(order, weights, 0, end);
  }
}

function siftDown(order: usize, weights: usize, root: i32, count: i32): void {
  while (true) {
    let child = 2 * root + 1;
    if (child >= count) return;
    if (child + 1 < count && ranksBefore(order, weights, child, child + 1)) child++;
    if (!ranksBefore(order, weights, root, child)) return;
    swap(order, root, child);
    root = child;
  }
}

/** Whether entry a is sorted before entry b. */
function ranksBefore(order: usize, weights: usize, a: i32, b: i32): bool {
  const first = weightAt(weights, order, a);
  const second = weightAt(weights, order, b);
  if (first != second) return first > second;
  return load<i32>(order + (<usize>a << 2)) < load<i32>(order + (<usize>b << 2));
}
