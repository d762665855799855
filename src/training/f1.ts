import { checkOneOf, checkSize } from '../validation/options.js';
import { checkTensor, type Integers, isIntegers, type Tensor } from '../validation/tensor.js';
import { checkIgnored, classesOf, type Metric, valuesOf } from './metrics.js';

export interface F1Options {
  /**
   * `macro`: the mean F1 of the classes that occur as target or as prediction; `micro`: the F1 of the summed counts of all classes;
   * `binary`: the F1 of the class `positive`. Default macro.
   */
  average?: 'macro' | 'micro' | 'binary';
  /** The positive class of `binary`. Default 1. */
  positive?: number;
  /** The target class to ignore. Default −100. */
  ignoreIndex?: number;
}

const AVERAGES = ['macro', 'micro', 'binary'] as const;

/**
 * F1 (van Rijsbergen 1979): 2·TP / (2·TP + FP + FN), the harmonic mean of precision and recall, 0 if there are no true positives. If the
 * target is a tensor, as for `binaryCrossEntropy`, each index of the last axis is a class, predicted if its logit is above 0; `binary`
 * then sums the counts of all classes.
 *
 * @throws TypeError for an argument of the wrong type or an unknown option, RangeError for an unknown average; when measuring, as the
 *   losses do
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

/** For each class: the number of true positives, false positives and false negatives. */
function ofClasses(
  output: Tensor,
  target: Integers,
  mask: ArrayLike<number> | undefined,
  ignoreIndex: number,
): number[] {
  const { targets, likeliest, classes } = classesOf(output, target, mask, ignoreIndex);
  const counts: number[] = new Array(classes * 3).fill(0);
  const count = (index: number) => {
    counts[index] = (counts[index] as number) + 1;
  };
  for (const [n, expected] of targets.entries()) {
    if (expected < 0) continue;
    const predicted = likeliest[n] as number;
    if (predicted === expected) count(expected * 3);
    else {
      count(predicted * 3 + 1);
      count(expected * 3 + 2);
    }
  }
  return counts;
}

function ofValues(output: Tensor, target: Tensor, mask: ArrayLike<number> | undefined): number[] {
  const width = checkTensor('output', output).shape.at(-1) ?? 1;
  const counts: number[] = new Array(width * 3).fill(0);
  for (const [logit, y, n] of valuesOf(output, target, mask)) {
    const [predicted, expected] = [logit > 0, y > 0.5];
    if (!predicted && !expected) continue;
    const index = (n % width) * 3 + (predicted && expected ? 0 : predicted ? 1 : 2);
    counts[index] = (counts[index] as number) + 1;
  }
  return counts;
}

/** The mean F1 of the classes that occur; 0 if none occurs. */
function meanOf(counts: readonly number[]): number {
  let [sum, classes] = [0, 0];
  for (let at = 0; at < counts.length; at += 3) {
    const [truePositives, falsePositives, falseNegatives] = counts.slice(at, at + 3) as [
      number,
      number,
      number,
    ];
    const all = 2 * truePositives + falsePositives + falseNegatives;
    if (all === 0) continue;
    sum += (2 * truePositives) / all;
    classes++;
  }
  return classes === 0 ? 0 : sum / classes;
}
