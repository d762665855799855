import type { Runtime } from '../runtime/runtime.js';
import { isFloat32 } from '../validation/arrays.js';
import { describe } from '../validation/errors.js';
import { checkOneOf, checkOptions, checkProbability } from '../validation/options.js';
import {
  checkIntegers,
  checkTensorOf,
  type Integers,
  type IntegerTensor,
  isIntegerArray,
  sameShape,
  showShape,
  sizeOf,
  type Tensor,
} from '../validation/tensor.js';

export interface LossOptions {
  /** `mean` divides by what counts, `sum` does not. Default mean. */
  reduction?: 'mean' | 'sum';
  /** 1 for what counts, 0 for what does not; as long as the target. */
  mask?: ArrayLike<number>;
  runtime?: Runtime;
}

export interface CrossEntropyOptions extends LossOptions {
  /** A weight for each class; `mean` divides by the sum of the targets' weights. */
  weight?: Float32Array;
  /** A target that does not count. Default −100. */
  ignoreIndex?: number;
  /** ε of label smoothing (Szegedy et al. 2016): the target is mixed with the uniform distribution. Default 0. */
  labelSmoothing?: number;
}

export interface ElementLossOptions extends LossOptions {
  /** A weight for each value. */
  weight?: Tensor | Float32Array;
}

/** An output in the core, and where its gradient goes, laid out alike. */
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
  /** What the loss is divided by; 0 for a sum. */
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
    options.weight === undefined ? undefined : checkWeights('weight', options.weight, classes, 'classes');
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

/** A loss over single values. */
interface ElementLoss {
  readonly name: string;
  readonly kernel: 'squaredError' | 'binaryCrossEntropy';
  /** What the mean divides by, given the weights and how many values count. */
  divisor(weights: Float32Array, counted: number): number;
}

/** @throws TypeError and RangeError as `mse` does */
export function checkElementLoss(
  { name, kernel, divisor }: ElementLoss,
  shape: readonly number[],
  target: Tensor,
  options: ElementLossOptions,
): CheckedLoss {
  checkOptions(options, ['reduction', 'mask', 'runtime', 'weight'], name);
  const { data } = checkTensorOf('target', target, shape, 'of the output');
  const mean = isMean(options);
  const size = data.length;
  const { weights, counted } = elementWeights(options, shape);
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
      const args = [rows, columns, size / (rows * columns), weightsAt, scale] as const;
      return runtime.core[kernel](gradient, output, scratch, ...args) * scale;
    },
  };
}

/** The leading axes where they are swapped in the core; otherwise one row, with all the rest in it. */
function leadingAxes({ shape, transposed }: OutputInCore): readonly [rows: number, columns?: number] {
  return transposed ? [shape[0] as number, shape[1] as number] : [1];
}

function isMean({ reduction = 'mean' }: LossOptions): boolean {
  return checkOneOf('reduction', reduction, REDUCTIONS) === 'mean';
}

/** The weight of each value under the mask, and how many values it leaves. */
export function elementWeights(
  options: ElementLossOptions,
  shape: readonly number[],
): { weights: Float32Array | undefined; counted: number } {
  const size = sizeOf(shape);
  const { weight, mask } = options;
  if (weight === undefined && mask === undefined) return { weights: undefined, counted: size };
  const given =
    weight === undefined
      ? undefined
      : weight !== null && typeof weight === 'object' && 'shape' in weight
        ? checkTensorOf('weight', weight, shape, 'of the output').data
        : weight;
  const weights =
    given !== undefined
      ? checkWeights('weight', given, size, 'values of the output').slice()
      : new Float32Array(size).fill(1);
  if (mask === undefined) return { weights, counted: size };
  checkMaskKind(mask);
  const width = mask.length === size ? 1 : (shape.at(-1) ?? 1);
  checkMask(mask, size / width);
  let counted = 0;
  for (let n = 0; n < size; n++) {
    if (mask[Math.floor(n / width)]) counted++;
    else weights[n] = 0;
  }
  return { weights, counted };
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

/** The targets as the core takes them: −1 for those that do not count. */
export function countedTargets(
  { data }: IntegerTensor,
  classes: number,
  { mask, ignoreIndex = -100 }: CrossEntropyOptions,
): Int32Array {
  if (typeof ignoreIndex !== 'number')
    throw new TypeError(`ignoreIndex expected a whole number, got ${describe(ignoreIndex)}`);
  if (!Number.isInteger(ignoreIndex))
    throw new RangeError(`ignoreIndex expected a whole number, got ${ignoreIndex}`);
  if (mask !== undefined) checkMask(mask, data.length);
  const counted = new Int32Array(data.length);
  for (let n = 0; n < data.length; n++) {
    const target = data[n] as number;
    if (target === ignoreIndex || (mask && !mask[n])) counted[n] = -1;
    else if (target >= 0 && target < classes) counted[n] = target;
    else {
      const expected = `a class from 0 to ${classes - 1}, or ignoreIndex = ${ignoreIndex}`;
      throw new RangeError(`target[${n}] expected ${expected}, got ${target}`);
    }
  }
  return counted;
}

function sumOfWeights(targets: Int32Array, weight: Float32Array | undefined): number {
  let sum = 0;
  for (const target of targets) if (target >= 0) sum += weight ? (weight[target] as number) : 1;
  return sum;
}

function checkWeights(name: string, values: unknown, size: number, formula: string): Float32Array {
  if (!isFloat32(values)) throw new TypeError(`${name} expected a Float32Array, got ${describe(values)}`);
  if (values.length !== size)
    throw new RangeError(`${name} expected ${formula} = ${size} values, got ${values.length}`);
  const bad = values.findIndex((value) => !(value >= 0 && value < Number.POSITIVE_INFINITY));
  if (bad >= 0)
    throw new RangeError(`${name}[${bad}] expected a finite number from 0 up, got ${values[bad]}`);
  return values;
}

function checkMaskKind(mask: unknown): void {
  if (!Array.isArray(mask) && !ArrayBuffer.isView(mask))
    throw new TypeError(`mask expected an array, got ${describe(mask)}`);
}

function checkMask(mask: unknown, size: number): void {
  checkMaskKind(mask);
  const { length } = mask as ArrayLike<number>;
  if (length !== size)
    throw new RangeError(`mask expected ${size} values, one for each target, got ${length}`);
}
