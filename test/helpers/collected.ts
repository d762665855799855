import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';
import type { Runtime } from '../../src/index.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that JavaScript holds once everything unreachable is gone: objects, and arrays outside the heap. */
export function collected(): number {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The same, after finalizers had time to run. */
export async function finalized(): Promise<void> {
  for (let n = 0; n < 5; n++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** After the first hundred of `count` runs neither the core's memory nor JavaScript's grows. */
export function expectNoGrowth(runtime: Runtime, count: number, run: (n: number) => void): void {
  for (let n = 0; n < 100; n++) run(n);
  const memory = runtime.memoryBytes;
  const heap = collected();
  for (let n = 100; n < count; n++) run(n);
  expect(runtime.memoryBytes, 'memory of the core').toBe(memory);
  expect(collected() - heap, 'memory of JavaScript').toBeLessThan(1_048_576);
}

/** Whole numbers below `limit`, from a seed (Marsaglia 2003, xorshift). */
export function drawer(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

export function shuffled<T>(values: readonly T[], draw: (limit: number) => number): T[] {
  const result = [...values];
  for (let n = result.length - 1; n > 0; n--) {
    const other = draw(n + 1);
    [result[n], result[other]] = [result[other], result[n]];
  }
  return result;
}
