import { checkIds, checkIntegers } from '../border/tensor.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Block, Tape } from './tape.js';

/** The user's ids in 0 … count − 1, checked and copied into the core; where `turned`, [batch, time] lies [time, batch]. */
export function enterIds(
  runtime: Runtime,
  input: unknown,
  count: number,
  tape: Tape,
  turned: boolean,
): Block {
  const { data, shape } = checkIntegers('input', input);
  checkIds('input', data, count);
  const bytes = data.length * 4;
  const pointer = tape.take(bytes);
  const [first = 0, second = 0] = shape;
  const turns = turned && shape.length === 2;
  const staged = turns ? tape.take(bytes) : pointer;
  runtime.i32.set(data, staged >>> 2);
  if (turns) runtime.core.turn(pointer, staged, first, second, 4);
  return { pointer, shape: [...shape], turned: turns, ids: true };
}

/** The rows that ids stand for, 0 but for a 1. */
export function writtenOut(runtime: Runtime, ids: number, rows: number, width: number, tape: Tape): number {
  const pointer = tape.takeZeros(rows * width * 4);
  const { f32, i32 } = runtime;
  for (let n = 0; n < rows; n++) f32[(pointer >>> 2) + n * width + (i32[(ids >>> 2) + n] as number)] = 1;
  return pointer;
}
