import { checkOneOf, checkSize } from '../validation/options.js';
import { checkTensor, type Integers, isIntegers, type Tensor } from '../validation/tensor.js';
import { checkIgnored, classesOf, type Metric, valuesOf } from './metrics.js';

export interface F1Options {
  /**
   * `macro`: the mean over the classes that occur, as target or as prediction; `micro`: one F1 of all classes' counts; `binary`: that of
   * the class `positive` alone. Default macro.
   */
  average?: 'macro' | 'micro' | 'binary';
  /** The class whose F1 `binary` is. Default 1. */
  positive?: number;
  /** A class that does not count. Default −100. */
  ignoreIndex?: number;
}

const AVERAGES = ['macro', 'micro', 'binary'] as const;

/**
 * F1 (van Rijsbergen 1979): 2·TP / (2·TP + FP + FN), the harmonic mean of precision and recall, 0 where nothing is right. With a
 * tensor for target, as `binaryCrossEntropy` takes it, each place of the last axis is a class of its own, there where its logit is above 0;
 * `binary` then counts all of them together.
 *
 * @throws TypeError for another kind or an unknown option, RangeError for another average; when it measures, as the losses do
 * @example
 * ```ts
 * import { f1, measure } from 'lstm-wasm';
 * const logits = { data: new Float32Array([1, 0, 1, 0, 0, 1, 0, 1]), shape: [4, 2] }; // classes 0, 0, 1, 1
 * console.log(measure(f1({ average: 'binary' }), logits, new Int32Array([0, 1, 1, 1]))); // 0.8
 * ```
 */
export function f1(options: F1Options = {}): Metric {
  const ignoreIndex = checkIgnored(options, 'f1', ['average', 'positive']);
  const average = checkOneOf('average', options.average ?? 'macro', AVERAGES);
  const positive = checkSize('positive', options.positive ?? 1, 0);
  return {
    better: 'higher',
    config: { type: 'f1', average, positive, ignoreIndex },
    tally(output, target, { mask }) {
      const counts = isIntegers(target)
        ? ofClasses(output, target, mask, ignoreIndex)
        : ofValues(output, target, mask);
      if (average === 'macro') return counts;
      if (average === 'binary' && isIntegers(target))
        return [0, 1, 2].map((n) => counts[positive * 3 + n] ?? 0);
      return [0, 1, 2].map((n) => counts.reduce((sum, x, at) => (at % 3 === n ? sum + x : sum), 0));
    },
    value: (sums) => meanOf(sums),
  };
}

/** For each class in order: right, predicted in vain, and missed. */
function ofClasses(
  output: Tensor,
  target: Integers,
  mask: ArrayLike<number> | undefined,
  ignoreIndex: number,
): number[] {
  const { targets, likeliest, classes } = classesOf(output, target, mask, ignoreIndex);
  const counts: number[] = new Array(classes * 3).fill(0);
  const count = (place: number) => {
    counts[place] = (counts[place] as number) + 1;
  };
  for (const [n, wanted] of targets.entries()) {
    if (wanted < 0) continue;
    const predicted = likeliest[n] as number;
    if (predicted === wanted) count(wanted * 3);
    else {
      count(predicted * 3 + 1);
      count(wanted * 3 + 2);
    }
  }
  return counts;
}

function ofValues(output: Tensor, target: Tensor, mask: ArrayLike<number> | undefined): number[] {
  const width = checkTensor('output', output).shape.at(-1) ?? 1;
  const counts: number[] = new Array(width * 3).fill(0);
  for (const [logit, y, n] of valuesOf(output, target, mask)) {
    const [predicted, wanted] = [logit > 0, y > 0.5];
    if (!predicted && !wanted) continue;
    const place = (n % width) * 3 + (predicted && wanted ? 0 : predicted ? 1 : 2);
    counts[place] = (counts[place] as number) + 1;
  }
  return counts;
}

/** The mean F1 of the classes that occur; 0 where none does. */
function meanOf(counts: readonly number[]): number {
  let [sum, classes] = [0, 0];
  for (let at = 0; at < counts.length; at += 3) {
    const [right, vain, missed] = counts.slice(at, at + 3) as [number, number, number];
    const all = 2 * right + vain + missed;
    if (all === 0) continue;
    sum += (2 * right) / all;
    classes++;
  }
  return classes === 0 ? 0 : sum / classes;
}
