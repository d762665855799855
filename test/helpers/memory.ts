import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';
import type { Runtime } from '../../src/index.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes in use by JavaScript after garbage collection: objects, and arrays outside the heap. */
export function heapBytes(): number {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Bytes that each of 10,000 runs allocates in JavaScript, garbage included, once the engine has compiled them. */
export function bytesPerRun(run: () => void): number {
  const rounds = Array.from({ length: 6 }, () => {
    for (let n = 0; n < 20_000; n++) run();
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < 10_000; n++) run();
    return (process.memoryUsage().heapUsed - before) / 10_000;
  });
  // Code that the engine has not optimized yet allocates iterators of its own.
  return Math.min(...rounds);
}

/** Collects garbage and gives finalizers time to run. */
export async function runFinalizers(): Promise<void> {
  for (let n = 0; n < 5; n++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Expects that neither the core's memory nor JavaScript's grows after the first hundred of `count` runs. */
export function expectNoGrowth(runtime: Runtime, count: number, run: (n: number) => void): void {
  for (let n = 0; n < 100; n++) run(n);
  const memory = runtime.memoryBytes;
  const heap = heapBytes();
  for (let n = 100; n < count; n++) run(n);
  expect(runtime.memoryBytes, 'memory of the core').toBe(memory);
  expect(heapBytes() - heap, 'memory of JavaScript').toBeLessThan(1_048_576);
}
