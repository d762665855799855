import { editDistance as distanceOf } from '../validation/edit-distance.js';
import { describe } from '../validation/errors.js';
import { checkSize } from '../validation/options.js';
import { checkIntegers, checkTensor, type Integers, showShape, type Tensor } from '../validation/tensor.js';
import { checkIgnored, likeliestOf, type Metric } from './metrics.js';

/**
 * Levenshtein's distance: the fewest insertions, deletions and substitutions that make one sequence of the other. Of texts it counts code
 * points, of arrays what `===` tells apart, such as words or ids.
 *
 * @throws TypeError for what is neither text nor array
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
  /** The class that stands for no character: what is predicted is then read as CTC does (Graves et al. 2006), repetitions as one, blanks left out. */
  blank?: number;
  /** A target that is no character, such as the padding of shorter ones. Default −100. */
  ignoreIndex?: number;
}

/**
 * Character error rate: the edit distances of what the model finds likeliest at each step to what was to be written, by the number of
 * characters to be written. It may be above 1.
 *
 * Outputs are logits [batch, time, classes] or [time, classes]; targets ids [batch, length] or [length], of any length. A mask counts the
 * steps of the output; where the target is as long, it leaves out the same characters there.
 *
 * @throws TypeError for another kind or an unknown option; when it measures, RangeError for shapes that do not belong together
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
      const likeliest = likeliestOf(output);
      let [edits, characters] = [0, 0];
      for (let row = 0; row < rows; row++) {
        const counts = (n: number, width: number) =>
          mask === undefined || width !== steps || Boolean(mask[row * steps + n]);
        const kept = likeliest.subarray(row * steps, (row + 1) * steps).filter((_, n) => counts(n, steps));
        const wanted = [...ids.subarray(row * length, (row + 1) * length)].filter(
          (id, n) => id !== ignoreIndex && counts(n, length),
        );
        edits += distanceOf(blank === undefined ? kept : collapsed(kept, blank), wanted);
        characters += wanted.length;
      }
      return [edits, characters];
    },
    value: ([edits, characters]) => (edits as number) / (characters as number),
  };
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
