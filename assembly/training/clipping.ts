/* Gradient clipping (Pascanu, Mikolov & Bengio 2013), over arrays whose lanes past the end are zero. */

/** Σ d² in double precision, two chains in a fixed order. */
export function sumOfSquares(d: usize, count: i32): f64 {
  let even = f64x2.splat(0);
  let odd = f64x2.splat(0);
  for (const end = d + (<usize>count << 2); d < end; d += 16) {
    const low = f64x2.promote_low_f32x4(v128.load64_zero(d));
    const high = f64x2.promote_low_f32x4(v128.load64_zero(d, 8));
    even = f64x2.add(even, f64x2.mul(low, low));
    odd = f64x2.add(odd, f64x2.mul(high, high));
  }
  const sum = f64x2.add(even, odd);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}
