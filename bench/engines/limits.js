// The machine's own limits, a contender like the others so that its samples come from the same minutes.

import { weightBytes } from '../workloads.js';

const SAMPLE_MS = 10;
const FLOPS_A_ROUND = 104;

export function open() {
  return {
    version: process.version,
    async prepare(workload, { kernel }) {
      const { instance } = await WebAssembly.instantiate(Buffer.from(kernel, 'base64'));
      const { multiplyAdd, fused, reserve, read } = instance.exports;
      const bytes = workload.H ? Math.ceil(weightBytes(workload) / 128) * 128 : 1 << 20;
      reserve(bytes);
      const measure = () => ({
        multiplyAdd: rate((rounds) => multiplyAdd(rounds, 0.999, 0.001), FLOPS_A_ROUND, 1e6),
        fused: rate((rounds) => fused(rounds, 0.999, 0.001), FLOPS_A_ROUND, 1e6),
        bandwidth: rate((rounds) => read(bytes, rounds), bytes, 1e6 / (bytes / 128)),
      });
      measure();
      return { result: () => [], measure };
    },
  };
}

/** Units a nanosecond, that is G a second, over a sample; the first call is for warmth. */
function rate(kernel, units, guess) {
  const start = performance.now();
  kernel(Math.ceil(guess / 20));
  const each = (performance.now() - start) / Math.ceil(guess / 20);
  const rounds = Math.max(1, Math.round(SAMPLE_MS / Math.max(each, 1e-6)));
  const begin = performance.now();
  kernel(rounds);
  return (rounds * units) / ((performance.now() - begin) * 1e6);
}
