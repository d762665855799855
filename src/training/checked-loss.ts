import type { Runtime } from '../runtime/runtime.js';
import { isObject, wrongKind, wrongValue } from '../validation/errors.js';
import { checkNumber, checkOneOf, checkOptions, checkProbability } from '../validation/options.js';
import {
  checkIntegers,
  checkTensorOf,
  type Integers,
  type IntegerTensor,
  isFloats,
  isIntegerArray,
  plainArray,
  sameShape,
  showShape,
  sizeOf,
  type Tensor,
  unshared,
  wrongFloats,
} from '../validation/tensor.js';

export interface LossOptions {
  /** `mean` divides by the number of values that count, `sum` does not. Default `mean`. */
  reduction?: 'mean' | 'sum';
  /** 1 for targets that count, 0 for targets that are ignored; one value per target, or per row of values. */
  mask?: ArrayLike<number>;
  runtime?: Runtime;
}

export interface CrossEntropyOptions extends LossOptions {
  /** A weight for each class; `mean` divides by the sum of the targets' weights. */
  weight?: Float32Array;
  /** The target of rows that do not count. Default −100. */
  ignoreIndex?: number;
  /** ε of label smoothing (Szegedy et al. 2016): the target is mixed with the uniform distribution. Default 0. */
  labelSmoothing?: number;
}

export interface ElementLossOptions extends LossOptions {
  /** A weight for each value; values with weight 0 are not read. */
  weight?: Tensor | Float32Array;
}

/** Pointers to an output in the core and to its gradient, which has the same layout. */
export interface OutputInCore {
  readonly output: number;
  readonly gradient: number;
  /** The user's shape. */
  readonly shape: readonly number[];
  /** Whether the two leading axes are swapped in the core. */
  readonly transposed: boolean;
}

/** A built-in loss with checked arguments. */
export interface CheckedLoss {
  /** The divisor of a mean; 0 for a sum. */
  readonly divisor: number;
  /** Bytes of scratch memory for the targets and weights. */
  readonly bytes: number;
  /** Copies targets and weights to `scratch`, writes the gradient and returns the loss. */
  measure(runtime: Runtime, scratch: number, place: OutputInCore): number;
}

const REDUCTIONS = ['mean', 'sum'] as const;

/** @throws TypeError and RangeError as `crossEntropy` does */
export function checkCrossEntropy(
  shape: readonly number[],
  target: Integers,
  options: CrossEntropyOptions,
): CheckedLoss {
  checkOptions(
    options,
    ['reduction', 'mask', 'runtime', 'weight', 'ignoreIndex', 'labelSmoothing'],
    'crossEntropy',
  );
  const classes = shape.at(-1) ?? 0;
  if (classes < 1)
    throw new RangeError(
      `output expected shape [..., classes] with at least one class, got ${showShape(shape)}`,
    );
  const mean = isMean(options);
  const { labelSmoothing: smoothing = 0 } = options;
  checkProbability('labelSmoothing', smoothing);
  const weight =
    options.weight === undefined ? undefined : checkWeightArray('weight', options.weight, classes, 'classes');
  if (weight) checkCounted('weight', weight, undefined, WEIGHTS);
  const targets = countedTargets(checkTargets(target, shape), classes, options);
  const total = mean ? sumOfWeights(targets, weight) : 1;
  const scale = total > 0 ? 1 / total : 0;
  const targetBytes = targets.length * 4;
  return {
    divisor: mean ? total : 0,
    bytes: targetBytes + classes * 4,
    measure(runtime, scratch, place) {
      const weights = weight ? scratch + targetBytes : 0;
      runtime.i32.set(targets, scratch >>> 2);
      if (weight) runtime.f32.set(weight, weights >>> 2);
      const { output, gradient } = place;
      const [rows, columns] = leadingAxes(place);
      const args = [rows, columns ?? targets.length, classes, weights, smoothing, scale] as const;
      return runtime.core.crossEntropy(gradient, output, scratch, ...args) * scale;
    },
  };
}

/** An element-wise loss. */
interface ElementLoss {
  readonly name: string;
  readonly kernel: 'squaredError' | 'binaryCrossEntropy';
  /** The divisor of the mean, from the weights and the number of values that count. */
  divisor(weights: Float32Array, counted: number): number;
  /** The accepted targets, as a description and a predicate. Default: any. */
  readonly targets?: readonly [expected: string, fits: (value: number) => boolean];
}

/** @throws TypeError and RangeError as `mse` does */
export function checkElementLoss(
  { name, kernel, divisor, targets }: ElementLoss,
  shape: readonly number[],
  target: Tensor,
  options: ElementLossOptions,
): CheckedLoss {
  checkOptions(options, ['reduction', 'mask', 'runtime', 'weight'], name);
  const { data } = checkTensorOf('target', target, shape, 'of the output');
  const mean = isMean(options);
  const size = data.length;
  const { weights, counted } = elementWeights(options, shape);
  if (targets) checkCounted('target', data, weights, targets);
  const total = mean ? (weights ? divisor(weights, counted) : size) : 1;
  const scale = total > 0 ? 1 / total : 0;
  return {
    divisor: mean ? total : 0,
    bytes: (weights ? 2 : 1) * size * 4,
    measure(runtime, scratch, place) {
      const weightsAt = weights ? scratch + size * 4 : 0;
      runtime.f32.set(data, scratch >>> 2);
      if (weights) runtime.f32.set(weights, weightsAt >>> 2);
      const { output, gradient } = place;
      const [rows, columns = 1] = leadingAxes(place);
      // Avoids a division by zero if there are no rows.
      const width = size && size / (rows * columns);
      const args = [rows, columns, width, weightsAt, scale] as const;
      return runtime.core[kernel](gradient, output, scratch, ...args) * scale;
    },
  };
}

/** @throws RangeError for a value that does not fit, unless its weight is 0 */
function checkCounted(
  name: string,
  values: Float32Array,
  weights: Float32Array | undefined,
  [expected, fits]: NonNullable<ElementLoss['targets']>,
): void {
  const bad = values.findIndex((value, n) => weights?.[n] !== 0 && !fits(value));
  if (bad >= 0) throw wrongValue(`${name}[${bad}]`, expected, values[bad]);
}

/** The two leading axes if they are swapped in the core; otherwise a single row with all values. */
function leadingAxes({ shape, transposed }: OutputInCore): readonly [rows: number, columns?: number] {
  return transposed ? [shape[0] as number, shape[1] as number] : [1];
}

function isMean({ reduction = 'mean' }: LossOptions): boolean {
  return checkOneOf('reduction', reduction, REDUCTIONS) === 'mean';
}

/** The weight of each value, 0 where the mask excludes it, and the number of values that remain. */
export function elementWeights(
  options: ElementLossOptions,
  shape: readonly number[],
): { weights: Float32Array | undefined; counted: number } {
  const size = sizeOf(shape);
  const { weight, mask } = options;
  if (weight === undefined && mask === undefined) return { weights: undefined, counted: size };
  const weights =
    weight === undefined ? new Float32Array(size).fill(1) : elementWeight(weight, shape).slice();
  const counted = mask === undefined ? size : applyMask(weights, mask, shape.at(-1) ?? 1);
  checkCounted('weight', weights, undefined, WEIGHTS);
  return { weights, counted };
}

function elementWeight(weight: Tensor | Float32Array, shape: readonly number[]): Float32Array {
  if (isObject(weight) && 'shape' in weight)
    return checkTensorOf('weight', weight, shape, 'of the output').data;
  return checkWeightArray('weight', weight, sizeOf(shape), 'values of the output');
}

/** Writes weight 0 where a mask of values, or of rows of `width`, has 0. @returns the number of values that remain */
function applyMask(weights: Float32Array, mask: ArrayLike<number>, width: number): number {
  checkMaskKind(mask);
  const size = weights.length;
  const perRow = mask.length === size ? 1 : width;
  checkMask(mask, perRow && size / perRow);
  let counted = 0;
  for (let n = 0; n < size; n++) {
    if (mask[Math.floor(n / perRow)]) counted++;
    else weights[n] = 0;
  }
  return counted;
}

export function checkTargets(target: Integers, shape: readonly number[]): IntegerTensor {
  const classes = checkIntegers('target', target);
  const expected = shape.slice(0, -1);
  if (
    !sameShape(classes.shape, expected) &&
    !(isIntegerArray(target) && classes.data.length === sizeOf(expected))
  ) {
    throw new RangeError(
      `target expected the shape of the output without its last axis = ${showShape(expected)}, got ${showShape(classes.shape)}`,
    );
  }
  return classes;
}

/** The targets in the form that the core reads: −1 for rows that are ignored. */
export function countedTargets(
  { data }: IntegerTensor,
  classes: number,
  { mask, ignoreIndex = -100 }: CrossEntropyOptions,
): Int32Array {
  checkNumber('ignoreIndex', ignoreIndex, 'a whole number', Number.isInteger, 'a whole number');
  if (mask !== undefined) checkMask(mask, data.length);
  const counted = new Int32Array(data.length);
  for (let n = 0; n < data.length; n++) {
    const target = data[n] as number;
    if (target === ignoreIndex || (mask && !mask[n])) counted[n] = -1;
    else if (target >= 0 && target < classes) counted[n] = target;
    else
      throw wrongValue(
        `target[${n}]`,
        `a class from 0 to ${classes - 1}, or ignoreIndex = ${ignoreIndex}`,
        target,
      );
  }
  return counted;
}

function sumOfWeights(targets: Int32Array, weight: Float32Array | undefined): number {
  let sum = 0;
  for (const target of targets) if (target >= 0) sum += weight ? (weight[target] as number) : 1;
  return sum;
}

const WEIGHTS = [
  'a finite number from 0 up',
  (value: number) => value >= 0 && value < Number.POSITIVE_INFINITY,
] as const;

function checkWeightArray(name: string, values: unknown, size: number, formula: string): Float32Array {
  if (!isFloats(values, size)) throw wrongFloats(name, values, `${formula} = ${size} values`);
  return unshared(plainArray(values));
}

function checkMaskKind(mask: unknown): void {
  if (!Array.isArray(mask) && !ArrayBuffer.isView(mask)) throw wrongKind('mask', 'an array', mask);
}

export function checkMask(mask: unknown, size: number): void {
  checkMaskKind(mask);
  const { length } = mask as ArrayLike<number>;
  if (length !== size) throw wrongValue('mask', `${size} values, one for each target`, length);
}
