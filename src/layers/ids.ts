import type { Runtime } from '../runtime/runtime.js';
import type { Tape } from './tape.js';

/** The one-hot rows of ids; rows of 0 for skipped ids, which are -1. */
export function writtenOut(runtime: Runtime, ids: number, rows: number, width: number, tape: Tape): number {
  const pointer = tape.allocateZeros(rows * width * 4);
  const { f32, i32 } = runtime;
  for (let n = 0; n < rows; n++) {
    const id = i32[(ids >>> 2) + n] as number;
    if (id >= 0) f32[(pointer >>> 2) + n * width + id] = 1;
  }
  return pointer;
}
