/** A generator of 31 bits (Park & Miller 1988): products below 2^53, so exact in every engine. */
export function generator(seed) {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/**
 * A series with a season: a wave of a period of 4 to 48 steps and its overtone, a trend and noise, each of a random strength.
 * Computed with + - * / alone, so that it is the same in every engine; its mean is 0 and its deviation 1.
 */
export function season(next, length) {
  // The half angle's tangent: small ones, which are the long periods, more often.
  const turn = unit(0.066 + 0.93 * next() * next());
  let at = unit((next() - 0.5) * 8);
  const [overtone, phase] = [next(), unit((next() - 0.5) * 8)];
  const [trend, noise] = [(next() - 0.5) * 3 * next(), 0.5 * next() * next()];
  const values = new Float32Array(length);
  for (let t = 0; t < length; t++) {
    const second = times(times(at, at), phase);
    const hiss = next() + next() + next() - 1.5;
    values[t] = at[0] + overtone * second[0] + (trend * t) / length + noise * hiss;
    at = times(at, turn);
  }
  return scaled(values);
}

/** The point of the unit circle whose half angle has this tangent. */
function unit(t) {
  return [(1 - t * t) / (1 + t * t), (2 * t) / (1 + t * t)];
}

function times([a, b], [c, d]) {
  return [a * c - b * d, a * d + b * c];
}

function scaled(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / values.length;
  return values.map((value) => (value - mean) / Math.sqrt(square));
}
