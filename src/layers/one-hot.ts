import type { Runtime } from '../runtime/runtime.js';
import type { Tape } from './tape.js';

/** Writes the one-hot rows [rows, width] of ids, for computations that need them as values; rows of 0 for skipped ids, -1. */
export function oneHotRows(runtime: Runtime, ids: number, rows: number, width: number, tape: Tape): number {
  const pointer = tape.allocateZeros(rows * width * 4);
  const { f32, i32 } = runtime;
  for (let n = 0; n < rows; n++) {
    const id = i32[(ids >>> 2) + n] as number;
    if (id >= 0) f32[(pointer >>> 2) + n * width + id] = 1;
  }
  return pointer;
}
