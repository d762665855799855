const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** The float that sixteen bits stand for: IEEE half precision, or the upper half of a float. Exact. */
export function halfToFloat(bits: number, kind: 'F16' | 'BF16'): number {
  if (kind === 'BF16') {
    word[0] = bits << 16;
    return float[0] as number;
  }
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return (sign * fraction) / 16_777_216;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  // The same fields in a float's places, with its bias.
  word[0] = ((exponent + 112) << 23) | (fraction << 13);
  return sign * (float[0] as number);
}
