import { integers } from '../random.js';

/*
 * The recall task: the first step brings a value from U[-1, 1) and a marker, every later one a small distraction; after the last
 * step the model has to output the value. So all of the gradient that teaches it has to come the whole way back.
 */

const DISTRACTION = 0.1;

/**
 * An endless supply of sequences, repeatable from its seed.
 *
 * @returns {(count: number) => { input: Tensor, target: Tensor }} the next `count`: input [count, steps, 2], target [count, 1]
 */
export function recall(steps, seed) {
  const next = integers(seed, steps);
  const uniform = () => (next() >>> 8) / 0x800000 - 1;
  return (count) => {
    const input = { data: new Float32Array(count * steps * 2), shape: [count, steps, 2] };
    const target = { data: new Float32Array(count), shape: [count, 1] };
    for (let n = 0; n < count; n++) {
      for (let t = 0; t < steps; t++) input.data[(n * steps + t) * 2] = DISTRACTION * uniform();
      target.data[n] = uniform();
      input.data.set([target.data[n], 1], n * steps * 2);
    }
    return { input, target };
  };
}

/** What a model scores that always answers 0: the variance of U[-1, 1). */
export const BASELINE = 1 / 3;
