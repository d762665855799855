import { arrayLike } from '../border/tensor.js';
import type { Values } from './job.js';

/** Values of one piece, 4 MB at most: a page copies them in one to two milliseconds. */
const PIECE = 1_048_576;

/** Copies of the parts of an array, in order; of an empty one too, whose kind has to be known. */
export function* piecesOf(data: Values): Generator<{ from: number; values: Values }> {
  let from = 0;
  do {
    const part = data.subarray(from, from + PIECE);
    const values = arrayLike(data, part.length);
    values.set(part);
    yield { from, values };
    from += PIECE;
  } while (from < data.length);
}
