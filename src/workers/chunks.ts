import { arrayLike } from '../validation/tensor.js';
import type { Cargo, Values } from './job.js';

/** Values of one piece, 1 MB at most: a page copies them in half a millisecond, and no frame waits for that. */
const PIECE = 262_144;

/** Copies of the parts of an array, in order; of an empty one too, whose kind has to be known. */
export function* piecesOf({ length, view }: Cargo[number]): Generator<{ from: number; values: Values }> {
  let from = 0;
  do {
    const part = view().subarray(from, from + PIECE);
    const values = arrayLike(part, part.length);
    values.set(part);
    yield { from, values };
    from += PIECE;
  } while (from < length);
}
