// What this machine can do from wasm: multiply and add, multiply-add in one, and reading. Thirteen independent chains hide
// the latency, and with both operands fill the fifteen registers that V8 gives. The operands are arguments: a constant would be
// recomputed at each use, at a quarter of the speed.

// @ts-nocheck: AssemblyScript

/** 13 chains of a·x + b as two instructions; 104 floating-point operations a round. */
export function multiplyAdd(rounds: i32, factor: f32, term: f32): f32 {
  const x = f32x4.splat(factor);
  const b = f32x4.splat(term);
  let a0 = f32x4.splat(0.1);
  let a1 = f32x4.splat(0.2);
  let a2 = f32x4.splat(0.3);
  let a3 = f32x4.splat(0.4);
  let a4 = f32x4.splat(0.5);
  let a5 = f32x4.splat(0.6);
  let a6 = f32x4.splat(0.7);
  let a7 = f32x4.splat(0.8);
  let a8 = f32x4.splat(0.9);
  let a9 = f32x4.splat(1.1);
  let a10 = f32x4.splat(1.2);
  let a11 = f32x4.splat(1.3);
  let a12 = f32x4.splat(1.4);
  for (let n = 0; n < rounds; n++) {
    a0 = f32x4.add(f32x4.mul(a0, x), b);
    a1 = f32x4.add(f32x4.mul(a1, x), b);
    a2 = f32x4.add(f32x4.mul(a2, x), b);
    a3 = f32x4.add(f32x4.mul(a3, x), b);
    a4 = f32x4.add(f32x4.mul(a4, x), b);
    a5 = f32x4.add(f32x4.mul(a5, x), b);
    a6 = f32x4.add(f32x4.mul(a6, x), b);
    a7 = f32x4.add(f32x4.mul(a7, x), b);
    a8 = f32x4.add(f32x4.mul(a8, x), b);
    a9 = f32x4.add(f32x4.mul(a9, x), b);
    a10 = f32x4.add(f32x4.mul(a10, x), b);
    a11 = f32x4.add(f32x4.mul(a11, x), b);
    a12 = f32x4.add(f32x4.mul(a12, x), b);
  }
  const s0 = f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3));
  const s1 = f32x4.add(f32x4.add(a4, a5), f32x4.add(a6, a7));
  const s2 = f32x4.add(f32x4.add(a8, a9), f32x4.add(f32x4.add(a10, a11), a12));
  return f32x4.extract_lane(f32x4.add(s0, f32x4.add(s1, s2)), 0);
}

/** The same as one instruction each, where the engine fuses it. */
export function fused(rounds: i32, factor: f32, term: f32): f32 {
  const x = f32x4.splat(factor);
  const b = f32x4.splat(term);
  let a0 = f32x4.splat(0.1);
  let a1 = f32x4.splat(0.2);
  let a2 = f32x4.splat(0.3);
  let a3 = f32x4.splat(0.4);
  let a4 = f32x4.splat(0.5);
  let a5 = f32x4.splat(0.6);
  let a6 = f32x4.splat(0.7);
  let a7 = f32x4.splat(0.8);
  let a8 = f32x4.splat(0.9);
  let a9 = f32x4.splat(1.1);
  let a10 = f32x4.splat(1.2);
  let a11 = f32x4.splat(1.3);
  let a12 = f32x4.splat(1.4);
  for (let n = 0; n < rounds; n++) {
    a0 = f32x4.relaxed_madd(a0, x, b);
    a1 = f32x4.relaxed_madd(a1, x, b);
    a2 = f32x4.relaxed_madd(a2, x, b);
    a3 = f32x4.relaxed_madd(a3, x, b);
    a4 = f32x4.relaxed_madd(a4, x, b);
    a5 = f32x4.relaxed_madd(a5, x, b);
    a6 = f32x4.relaxed_madd(a6, x, b);
    a7 = f32x4.relaxed_madd(a7, x, b);
    a8 = f32x4.relaxed_madd(a8, x, b);
    a9 = f32x4.relaxed_madd(a9, x, b);
    a10 = f32x4.relaxed_madd(a10, x, b);
    a11 = f32x4.relaxed_madd(a11, x, b);
    a12 = f32x4.relaxed_madd(a12, x, b);
  }
  const s0 = f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3));
  const s1 = f32x4.add(f32x4.add(a4, a5), f32x4.add(a6, a7));
  const s2 = f32x4.add(f32x4.add(a8, a9), f32x4.add(f32x4.add(a10, a11), a12));
  return f32x4.extract_lane(f32x4.add(s0, f32x4.add(s1, s2)), 0);
}

const START: usize = 1024;

/** Allocates `bytes` and fills them: unwritten pages all share one page of zeros. */
export function reserve(bytes: i32): void {
  const pages = ((bytes + START) >>> 16) + 1 - memory.size();
  if (pages > 0) memory.grow(pages);
  memory.fill(START, 1, bytes);
}

/** Reads a buffer of `bytes`, a multiple of 128, `rounds` times. */
export function read(bytes: i32, rounds: i32): i32 {
  const end = START + bytes;
  let a = i32x4.splat(0);
  let b = i32x4.splat(0);
  let c = i32x4.splat(0);
  let d = i32x4.splat(0);
  for (let n = 0; n < rounds; n++) {
    for (let p = START; p < end; p += 128) {
      a = v128.xor(a, v128.load(p));
      b = v128.xor(b, v128.load(p, 16));
      c = v128.xor(c, v128.load(p, 32));
      d = v128.xor(d, v128.load(p, 48));
      a = v128.xor(a, v128.load(p, 64));
      b = v128.xor(b, v128.load(p, 80));
      c = v128.xor(c, v128.load(p, 96));
      d = v128.xor(d, v128.load(p, 112));
    }
  }
  return i32x4.extract_lane(v128.xor(v128.xor(a, b), v128.xor(c, d)), 0);
}
