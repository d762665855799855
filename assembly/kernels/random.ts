/*
 * One counter-based generator, Philox 4x32-10 (Salmon et al. 2011): four words from (seed, stream, block), a pure
 * function. So the backward pass can draw a dropout mask again, and the whole state of a model's randomness is a seed and a few
 * counters. Value number n of a stream is word n mod 4 of block n div 4.
 */
import { cos2Pi, log } from './math';
import { splat, storeLanes } from './simd';
import { rowsToColumns } from './transpose';

/** The words of four blocks in order. */
const words = memory.data(64, 16);
/** The two multipliers and the increments of the two keys, in memory like the constants of math.ts. */
const CONSTANTS = memory.data<u32>([0xd2511f53, 0xcd9e8d57, 0x9e3779b9, 0xbb67ae85]);

/** A seed and a stream, 64 bits each as two words. */
@unmanaged
export class Source {
  seedLow: u32;
  seedHigh: u32;
  streamLow: u32;
  streamHigh: u32;
}

/** Computes four blocks from `block` on, one in each lane, and writes their words to `words`. */
function philox(source: Source, block: u64): void {
  const m0 = v128.load32_splat(CONSTANTS);
  const m1 = v128.load32_splat(CONSTANTS, 4);
  const step0 = v128.load32_splat(CONSTANTS, 8);
  const step1 = v128.load32_splat(CONSTANTS, 12);
  let k0 = i32x4.splat(source.seedLow);
  let k1 = i32x4.splat(source.seedHigh);
  const first = i32x4.splat(<i32>block);
  let c0 = i32x4.add(first, i32x4(0, 1, 2, 3));
  // A lane that wrapped around carries 1: its mask is −1.
  let c1 = i32x4.sub(i32x4.splat(<i32>(block >> 32)), i32x4.lt_u(c0, first));
  let c2 = i32x4.splat(source.streamLow);
  let c3 = i32x4.splat(source.streamHigh);
  for (let round: i32 = 0; round < 10; round++) {
    const p0 = i64x2.extmul_low_i32x4_u(c0, m0);
    const q0 = i64x2.extmul_high_i32x4_u(c0, m0);
    const p1 = i64x2.extmul_low_i32x4_u(c2, m1);
    const q1 = i64x2.extmul_high_i32x4_u(c2, m1);
    c0 = v128.xor(odd(p1, q1), v128.xor(c1, k0));
    c2 = v128.xor(odd(p0, q0), v128.xor(c3, k1));
    c1 = even(p1, q1);
    c3 = even(p0, q0);
    k0 = i32x4.add(k0, step0);
    k1 = i32x4.add(k1, step1);
  }
  v128.store(words, c0);
  v128.store(words, c1, 16);
  v128.store(words, c2, 32);
  v128.store(words, c3, 48);
  rowsToColumns(words, 16, words, 16, 4, 4);
}

// @ts-ignore: decorator
@inline
function even(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 0, 2, 4, 6);
}

// @ts-ignore: decorator
@inline
function odd(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 1, 3, 5, 7);
}

// @ts-ignore: decorator
@inline
function word(n: u32): u32 {
  return load<u32>(words + (<usize>n << 2));
}

/** Words `n` to `n + 3` counted from block `first`, for callers that pass n = 0, 4, 8, … in order. */
function fourWords(source: Source, first: u64, n: i32): v128 {
  if (!(n & 15)) philox(source, first + <u64>(n >> 2));
  return v128.load(words + (<usize>(n & 15) << 2));
}

/** Value number `counter` of the stream, uniform in [0, 1). */
export function uniformAt(source: Source, counter: f64): f64 {
  const n = <u64>counter;
  philox(source, n >> 2);
  return <f64>word(<u32>n & 3) * 2.3283064365386963e-10;
}

/** out[count], uniform in [low, high), from the start of the stream. */
export function fillUniform(out: usize, count: i32, low: f64, high: f64, source: Source): void {
  // 2^-24 of the range: u is a whole number of these steps.
  const step = (high - low) * 5.9604644775390625e-8;
  for (let n: i32 = 0; n < count; n++) {
    const value = <f32>(low + <f64>(wordInOrder(source, n) >> 8) * step);
    // low + u·(high − low) can round up to high, which the interval excludes.
    store<f32>(out + (<usize>n << 2), value < <f32>high ? value : <f32>low);
  }
}

/** Word `n` of the stream, for callers that pass n = 0, 1, 2, … in order. */
// @ts-ignore: decorator
@inline
function wordInOrder(source: Source, n: i32): u32 {
  if (!(n & 15)) philox(source, <u64>(n >> 2));
  return word(n & 15);
}

let radius: f64 = 0;

/** Normal number `n` of the stream, for callers that pass n = 0, 1, 2, … in order: two from two words (Box & Muller 1958). */
export function normalInOrder(source: Source, n: i32): f64 {
  if (!(n & 15)) philox(source, <u64>(n >> 2));
  const at = <u32>n & 15;
  // In (0, 1]: the logarithm stays finite.
  if (!(n & 1)) radius = sqrt<f64>(-2 * log((<f64>word(at) + 1) * 2.3283064365386963e-10));
  const u = <f64>word(at | 1) * 2.3283064365386963e-10;
  // sin(2πu) = cos(2π(u − ¼))
  return radius * cos2Pi(n & 1 ? u - 0.25 : u);
}

/** out[count], normal with the given mean and deviation. */
export function fillNormal(out: usize, count: i32, mean: f64, deviation: f64, source: Source): void {
  for (let n: i32 = 0; n < count; n++) {
    store<f32>(out + (<usize>n << 2), <f32>(mean + deviation * normalInOrder(source, n)));
  }
}

/** out[count] of i32: a permutation of 0 … count − 1 (Fisher & Yates, as Durstenfeld 1964). */
export function fillPermutation(out: usize, count: i32, source: Source): void {
  fillIndices(out, count);
  for (let n = count - 1; n > 0; n--) {
    // Block n; the four blocks that are computed together begin at a multiple of four.
    if ((n & 3) == 3 || n == count - 1) philox(source, <u64>(n & ~3));
    const at = <u32>(n & 3) << 2;
    // The high part of 64 random bits times the range: the bias is below 2^-32.
    const range = <u64>(n + 1);
    const low = (<u64>word(at + 1) * range) >> 32;
    swap(out, n, <i32>((<u64>word(at) * range + low) >> 32));
  }
}

/** out[count] of i32 = 0 … count − 1 */
export function fillIndices(out: usize, count: i32): void {
  for (let n: i32 = 0; n < count; n++) store<i32>(out + (<usize>n << 2), n);
}

export function swap(order: usize, a: i32, b: i32): void {
  const x = order + (<usize>a << 2);
  const y = order + (<usize>b << 2);
  const first = load<i32>(x);
  store<i32>(x, load<i32>(y));
  store<i32>(y, first);
}

/**
 * Dropout: out = 0 with probability p, else x·scale. If `x` is 0, it is taken as ones, so that `out` is the mask. Word
 * `counter + n` decides about value n, so the same call on a gradient with the same counter is the backward pass. `counter` is a multiple of 4.
 */
export function dropout(
  out: usize, x: usize, count: i32, p: f64, scale: f32, counter: f64, source: Source,
): void {
  const first = <u64>counter >> 2;
  const threshold = i32x4.splat(<u32>(p * 4294967296.0));
  for (let n: i32 = 0; n < count; n += 4) {
    const kept = i32x4.ge_u(fourWords(source, first, n), threshold);
    const at = <usize>n << 2;
    let value = splat(scale);
    if (x) value = f32x4.mul(v128.load(x + at), value);
    storeLanes(out + at, v128.and(kept, value), count - n);
  }
}
