import { integers } from '../random.js';

/** What sequences are for. Each use has a stream of numbers of its own, so that none sees those of another. */
const USES = ['training', 'test', 'order'];

/**
 * Numbers that are repeatable from a seed, and the same in every engine.
 *
 * @param {'training' | 'test' | 'order'} use
 */
export function draws(seed, use) {
  const next = integers(seed, USES.indexOf(use));
  return {
    /** From U[from, to), in steps of 24 bits. */
    uniform: (from, to) => from + ((next() >>> 8) / 0x1000000) * (to - from),
    /** A whole number from `from` to `to`, both among them. */
    whole: (from, to) => from + (next() % (to - from + 1)),
    pick: (choices) => choices[next() % choices.length],
  };
}
