import { editDistance as distanceOf } from '../validation/edit-distance.js';
import { describe } from '../validation/errors.js';
import { checkSize } from '../validation/options.js';
import { checkIntegers, checkTensor, type Integers, showShape, type Tensor } from '../validation/tensor.js';
import { checkMask } from './checked-loss.js';
import { checkIgnored, likeliestOf, type Metric } from './metrics.js';

/**
 * The Levenshtein distance: the smallest number of insertions, deletions and substitutions that turn one sequence into the other. Texts
 * are compared by code point, arrays by element with `===`.
 *
 * @throws TypeError unless both are text or arrays
 * @example
 * ```ts
 * import { editDistance } from 'lstm-wasm';
 * console.log(editDistance('kitten', 'sitting'), editDistance(['a', 'red', 'car'], ['a', 'car'])); // 3 1
 * ```
 */
export function editDistance(a: string | ArrayLike<unknown>, b: string | ArrayLike<unknown>): number {
  return distanceOf(sequenceOf('a', a), sequenceOf('b', b));
}

function sequenceOf(name: string, value: string | ArrayLike<unknown>): ArrayLike<unknown> {
  if (typeof value === 'string') return [...value];
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return value;
  throw new TypeError(`${name} expected text or an array, got ${describe(value)}`);
}

export interface ErrorRateOptions {
  /** The blank class of CTC (Graves et al. 2006). With it, repeated predictions are merged and blanks are removed. */
  blank?: number;
  /** The target to ignore, such as padding. Default −100. */
  ignoreIndex?: number;
}

/**
 * Character error rate: the edit distance between the most likely class of each step and the target, divided by the number of characters
 * in the target. It can be above 1.
 *
 * Outputs are logits [batch, time, classes] or [time, classes]; targets are ids [batch, length] or [length], of any length. A mask as
 * long as the output's steps excludes steps, one as long as the target excludes characters; if both have the same length, it excludes
 * both.
 *
 * @throws TypeError for an argument of the wrong type or an unknown option; when measuring, RangeError for shapes or a mask that do not
 *   fit
 * @example
 * ```ts
 * import { characterErrorRate, measure } from 'lstm-wasm';
 * const logits = { data: new Float32Array([0, 9, 0, 0, 9, 0, 9, 0, 0, 0, 0, 9]), shape: [4, 3] }; // 1 1 blank 2
 * console.log(measure(characterErrorRate({ blank: 0 }), logits, new Int32Array([1, 2]))); // 0
 * ```
 */
export function characterErrorRate(options: ErrorRateOptions = {}): Metric<Integers> {
  const ignoreIndex = checkIgnored(options, 'characterErrorRate', ['blank']);
  const blank = options.blank === undefined ? undefined : checkSize('blank', options.blank, 0);
  return {
    better: 'lower',
    config: { type: 'characterErrorRate', ignoreIndex, ...(blank !== undefined && { blank }) },
    tally(output, target, { mask }) {
      const { rows, steps, length, ids } = checkSequences(output, target);
      const counted = countedPositions(mask, rows, steps, length);
      const likeliest = likeliestOf(output);
      let [edits, characters] = [0, 0];
      for (let row = 0; row < rows; row++) {
        const predicted = likeliest
          .subarray(row * steps, (row + 1) * steps)
          .filter((_, n) => counted.step(row * steps + n));
        const expected = ids
          .slice(row * length, (row + 1) * length)
          .filter((id, n) => id !== ignoreIndex && counted.character(row * length + n));
        edits += distanceOf(blank === undefined ? predicted : collapsed(predicted, blank), expected);
        characters += expected.length;
      }
      return [edits, characters];
    },
    value: ([edits, characters]) => (edits as number) / (characters as number),
  };
}

/** Predicates for the output steps and target characters that count; the mask has the length of one of the two, or of both. */
function countedPositions(mask: ArrayLike<number> | undefined, rows: number, steps: number, length: number) {
  if (mask !== undefined && mask.length !== rows * length) checkMask(mask, rows * steps);
  const counted = (size: number) => (index: number) => mask?.length !== size || Boolean(mask[index]);
  return { step: counted(rows * steps), character: counted(rows * length) };
}

function collapsed(classes: Int32Array, blank: number): Int32Array {
  return classes.filter((id, n) => id !== blank && (n === 0 || id !== classes[n - 1]));
}

function checkSequences(output: Tensor, target: Integers) {
  const { shape } = checkTensor('output', output);
  const { data: ids, shape: own } = checkIntegers('target', target);
  const batched = shape.length === 3;
  const rows = batched ? (shape[0] as number) : 1;
  const fits = batched ? own.length === 2 && own[0] === rows : shape.length === 2 && own.length === 1;
  if (!fits) {
    throw new RangeError(
      `target expected shape [batch, length] for an output [batch, time, classes], or [length] for [time, classes], got ${showShape(own)} for ${showShape(shape)}`,
    );
  }
  return { rows, steps: shape.at(-2) as number, length: own.at(-1) as number, ids };
}
