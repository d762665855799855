/*
 * One counter-based generator, Philox 4x32-10 (Salmon et al. 2011): four words from (seed, stream, block), a pure
 * function. So a dropout mask can be drawn again in the backward pass, and the whole state of a model's randomness is a
 * seed and a few counters. Value number n of a stream is word n mod 4 of block n div 4.
 */
import { cosTurn, log, sinTurn } from './math';

const words = memory.data(16, 16);

/** A seed and a stream, 64 bits each, as two words. */
@unmanaged
export class Source {
  seedLow: u32;
  seedHigh: u32;
  streamLow: u32;
  streamHigh: u32;
}

/** Leaves the four words of `block` in `words`. */
function philox(source: Source, block: u64): void {
  let k0 = source.seedLow;
  let k1 = source.seedHigh;
  let c0 = <u32>block;
  let c1 = <u32>(block >> 32);
  let c2 = source.streamLow;
  let c3 = source.streamHigh;
  for (let round: i32 = 0; round < 10; round++) {
    const p0 = <u64>0xd2511f53 * <u64>c0;
    const p1 = <u64>0xcd9e8d57 * <u64>c2;
    c0 = <u32>(p1 >> 32) ^ c1 ^ k0;
    c2 = <u32>(p0 >> 32) ^ c3 ^ k1;
    c1 = <u32>p1;
    c3 = <u32>p0;
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  store<u32>(words, c0);
  store<u32>(words, c1, 4);
  store<u32>(words, c2, 8);
  store<u32>(words, c3, 12);
}

// @ts-ignore: decorator
@inline
function word(n: u32): u32 {
  return load<u32>(words + (<usize>(n & 3) << 2));
}

/** Value number `counter` of the stream, uniform in [0, 1). */
export function uniformAt(source: Source, counter: f64): f64 {
  const n = <u64>counter;
  philox(source, n >> 2);
  return <f64>word(<u32>n) * 2.3283064365386963e-10;
}

/** out[count], uniform in [low, high), from the start of the stream. */
export function fillUniform(out: usize, count: i32, low: f64, high: f64, source: Source): void {
  for (let n: i32 = 0; n < count; n++) {
    if (!(n & 3)) philox(source, <u64>(n >> 2));
    const u = <f64>(word(n) >> 8) * 5.9604644775390625e-8;
    // low + u·(high − low) can round up to high, which the interval leaves out.
    const value = <f32>(low + u * (high - low));
    store<f32>(out + (<usize>n << 2), value < <f32>high ? value : <f32>low);
  }
}

/** Two independent normal numbers from words `n` and `n + 1` (Box & Muller 1958): the one that `second` says. */
function boxMuller(n: u32, second: bool): f64 {
  // In (0, 1]: the logarithm stays finite.
  const u = (<f64>word(n) + 1) * 2.3283064365386963e-10;
  const radius = sqrt<f64>(-2 * log(u));
  const turn = <f64>word(n + 1) * 2.3283064365386963e-10;
  return radius * (second ? sinTurn(turn) : cosTurn(turn));
}

/** Normal number `n` of the stream, for callers that ask in rising order from 0. */
export function normalInOrder(source: Source, n: i32): f64 {
  if (!(n & 3)) philox(source, <u64>(n >> 2));
  return boxMuller(n & 2, <bool>(n & 1));
}

/** out[count], normal with the given mean and deviation. */
export function fillNormal(out: usize, count: i32, mean: f64, deviation: f64, source: Source): void {
  for (let n: i32 = 0; n < count; n++) {
    store<f32>(out + (<usize>n << 2), <f32>(mean + deviation * normalInOrder(source, n)));
  }
}

/** out[count] of i32: a permutation of 0 … count − 1 (Fisher & Yates, as Durstenfeld 1964). */
export function fillPermutation(out: usize, count: i32, source: Source): void {
  for (let n: i32 = 0; n < count; n++) store<i32>(out + (<usize>n << 2), n);
  for (let n = count - 1; n > 0; n--) {
    philox(source, <u64>n);
    // 64 random bits times the range: the bias is below 2^-32.
    const range = <u64>(n + 1);
    const low = (<u64>word(1) * range) >> 32;
    const pick = <usize>((<u64>word(0) * range + low) >> 32);
    const a = out + (<usize>n << 2);
    const b = out + (pick << 2);
    const kept = load<i32>(a);
    store<i32>(a, load<i32>(b));
    store<i32>(b, kept);
  }
}

/**
 * Dropout: out = x / (1 − p) where the mask keeps, else 0. Value n is kept by word `counter + n`, so the same call on a
 * gradient with the same counter is the backward pass. `counter` is a multiple of 4.
 */
export function dropout(out: usize, x: usize, count: i32, p: f64, counter: f64, source: Source): void {
  const first = <u64>counter >> 2;
  const scale = <f32>(1 / (1 - p));
  const threshold = <u64>(p * 4294967296.0);
  for (let n: i32 = 0; n < count; n++) {
    if (!(n & 3)) philox(source, first + <u64>(n >> 2));
    const at = <usize>n << 2;
    const kept = <u64>word(n) >= threshold;
    store<f32>(out + at, kept ? load<f32>(x + at) * scale : 0);
  }
}
