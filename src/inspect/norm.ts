/*
 * Layer norm in the order of the core's sums (assembly/cells/layer-norm.ts), so that what is seen is what the layer read:
 * x̂ = (x − μ)·s with s = 1 / √(σ² + ε), of each row.
 */

export interface Normed {
  readonly norm: Float32Array;
  /** s of each row. */
  readonly scales: Float64Array;
}

export function normalise(x: Float32Array, width: number, epsilon: number): Normed {
  const norm = new Float32Array(x.length);
  const scales = new Float64Array(x.length / width);
  for (const b of scales.keys()) {
    const row = x.subarray(b * width, (b + 1) * width);
    const mean = row.reduce((sum, value) => sum + value, 0) / width;
    const squares = row.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
    const scale = 1 / Math.sqrt(squares / width + Math.fround(epsilon));
    norm.set(
      row.map((value) => (value - mean) * scale),
      b * width,
    );
    scales[b] = scale;
  }
  return { norm, scales };
}

/** β + γ∘x̂, of several norms one after the other. */
export function scaled(
  shift: Float32Array,
  ...parts: readonly { gain: Float32Array; norm: Float32Array }[]
): Float32Array {
  const width = shift.length;
  let out = (parts[0] as (typeof parts)[0]).norm.map((_, n) => shift[n % width] as number);
  for (const { gain, norm } of parts)
    out = out.map((sum, n) => sum + Math.fround((gain[n % width] as number) * (norm[n] as number)));
  return out;
}

/** From dy to dx = s·(γ∘dy − mean(γ∘dy) − x̂·mean(γ∘dy∘x̂)). */
export function normaliseBack(dy: Float32Array, gain: Float32Array, { norm, scales }: Normed): Float32Array {
  const width = gain.length;
  const dx = new Float32Array(dy.length);
  for (const [b, scale] of scales.entries()) {
    const at = b * width;
    const row = norm.subarray(at, at + width);
    const weighted = Float64Array.from(row, (_, n) => (dy[at + n] as number) * (gain[n] as number));
    const mean = weighted.reduce((sum, d) => sum + d, 0) / width;
    const along = weighted.reduce((sum, d, n) => sum + d * (row[n] as number), 0) / width;
    for (const [n, x] of row.entries()) dx[at + n] = scale * ((weighted[n] as number) - mean - x * along);
  }
  return dx;
}
