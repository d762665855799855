/*
 * Layer normalization (Ba, Kiros & Hinton 2016) of one row, sums in double precision:
 *
 *   x̂ = (x − μ)·s,  s = 1 / √(σ² + ε)        y = γ∘x̂ + β
 *   dγ += dy∘x̂       dx = s·(γ∘dy − mean(γ∘dy) − x̂·mean(γ∘dy∘x̂))
 */

/** Overwrites x with x̂ and returns s. */
export function normalize(x: usize, n: i32, epsilon: f32): f32 {
  const end = x + (<usize>n << 2);
  let sum: f64 = 0;
  for (let at = x; at < end; at += 4) sum += load<f32>(at);
  const mean = sum / <f64>n;
  let squares: f64 = 0;
  for (let at = x; at < end; at += 4) {
    const away = <f64>load<f32>(at) - mean;
    squares += away * away;
  }
  const scale = 1 / sqrt<f64>(squares / <f64>n + <f64>epsilon);
  for (let at = x; at < end; at += 4) store<f32>(at, <f32>((<f64>load<f32>(at) - mean) * scale));
  return <f32>scale;
}

/** dx from dy and x̂; dx may be the row of either. dγ accumulates, unless dGain is 0. */
export function normalizeBackward(dx: usize, dy: usize, norm: usize, gain: usize, dGain: usize, n: i32, scale: f32): void {
  const bytes = <usize>n << 2;
  let sum: f64 = 0;
  let along: f64 = 0;
  for (let at: usize = 0; at < bytes; at += 4) {
    const d = load<f32>(dy + at);
    const x = load<f32>(norm + at);
    if (dGain) store<f32>(dGain + at, load<f32>(dGain + at) + d * x);
    const weighted = <f64>d * <f64>load<f32>(gain + at);
    sum += weighted;
    along += weighted * <f64>x;
  }
  sum /= <f64>n;
  along /= <f64>n;
  for (let at: usize = 0; at < bytes; at += 4) {
    const weighted = <f64>load<f32>(dy + at) * <f64>load<f32>(gain + at);
    store<f32>(dx + at, <f32>(<f64>scale * (weighted - sum - <f64>load<f32>(norm + at) * along)));
  }
}
