// The adding problem (Hochreiter & Schmidhuber 1997) in the form of today: each step brings a value from U[0, 1) and a
// marker. Two steps are marked, one in each half; the target, asked for after the last step, is the sum of their values.

import { integers } from '../random.js';

/** Uses of sequences. Each has its own stream of random numbers. */
const USES = ['training', 'validation', 'test'];

/**
 * An endless supply of sequences, repeatable from its seed.
 *
 * @param {number} lag steps of a sequence: the first marked value is up to that far back
 * @param {'training' | 'validation' | 'test'} use
 * @returns {(count: number) => { input: Tensor, target: Tensor }} the next `count`: input [count, lag, 2], target [count, 1]
 */
export function sequences(lag, use, seed = 0) {
  const next = integers(seed, USES.indexOf(use));
  // 24 bits, which float32 holds exactly.
  const uniform = () => (next() >>> 8) / 0x1000000;
  const half = Math.floor(lag / 2);
  return (count) => {
    const input = { data: new Float32Array(count * lag * 2), shape: [count, lag, 2] };
    const target = { data: new Float32Array(count), shape: [count, 1] };
    for (let n = 0; n < count; n++) {
      const marked = [Math.floor(uniform() * half), half + Math.floor(uniform() * (lag - half))];
      for (let t = 0; t < lag; t++) {
        const value = uniform();
        const isMarked = marked.includes(t);
        input.data.set([value, isMarked ? 1 : 0], (n * lag + t) * 2);
        if (isMarked) target.data[n] += value;
      }
    }
    return { input, target };
  };
}

/** What a model scores that always says the mean of the targets: their variance, 1/6 in the long run. */
export function baseline({ data }) {
  const mean = data.reduce((sum, y) => sum + y, 0) / data.length;
  return data.reduce((sum, y) => sum + (y - mean) * (y - mean), 0) / data.length;
}
