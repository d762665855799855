/**
 * Random numbers that a seed repeats on every machine: a generator of 32 bits (Marsaglia 2003, xorshift), good enough for noise and for choosing.
 *
 * @returns {() => number} numbers from 0 to 1, 1 left out
 */
export function generator(seed) {
  // A product spreads small seeds, and the state must not be 0.
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 0x100000000;
  };
  for (let n = 0; n < 8; n++) next();
  return next;
}

/** From `low` to `high`, evenly. */
export function between(random, low, high) {
  return low + (high - low) * random();
}

/** A whole number from `low` to `high`, both included. */
export function wholeBetween(random, low, high) {
  return low + Math.floor((high - low + 1) * random());
}
