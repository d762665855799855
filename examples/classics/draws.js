import { integers } from '../random.js';

/** Uses of sequences. Each has its own stream of random numbers. */
const USES = ['training', 'test', 'order'];

/**
 * Random numbers that a seed repeats in every engine.
 *
 * @param {'training' | 'test' | 'order'} use
 */
export function draws(seed, use) {
  const next = integers(seed, USES.indexOf(use));
  return {
    /** From U[from, to), in steps of 24 bits. */
    uniform: (from, to) => from + ((next() >>> 8) / 0x1000000) * (to - from),
    /** A whole number from `from` to `to`, both included. */
    whole: (from, to) => from + (next() % (to - from + 1)),
    pick: (choices) => choices[next() % choices.length],
  };
}
