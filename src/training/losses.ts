import { checkRuntime, type Runtime } from '../runtime/runtime.js';
import { isFloat32 } from '../validation/arrays.js';
import { describe } from '../validation/errors.js';
import { checkOneOf, checkOptions, checkProbability } from '../validation/options.js';
import {
  checkIntegers,
  checkTensor,
  checkTensorOf,
  type Integers,
  type IntegerTensor,
  sameShape,
  showShape,
  sizeOf,
  type Tensor,
} from '../validation/tensor.js';

/** What a loss gives: its value, and its gradient with respect to the output. */
export interface LossResult {
  readonly loss: number;
  readonly grad: Tensor;
  /**
   * What a mean was divided by, how many values count or the sum of their weights; 0 for a sum. By it the means of several batches
   * become that of all. A loss of your own may leave it out: its batches then weigh as they have rows.
   */
  readonly divisor?: number;
}

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

const REDUCTIONS = ['mean', 'sum'] as const;

/**
 * Softmax cross-entropy of logits with classes, in nats: mean of −ln softmax(output)[target].
 *
 * @param output - logits [..., classes]
 * @param target - classes [...], whole numbers from 0; one row left out (mask, ignoreIndex) has no loss and no gradient, and
 *   where all are left out the loss is 0
 * @returns the loss, and its gradient [..., classes]
 * @throws TypeError for another kind or an unknown option, RangeError for another shape or a class out of range
 * @example
 * ```ts
 * import { crossEntropy } from 'lstm-wasm';
 * const logits = { data: new Float32Array([0, 0, 0, 0]), shape: [2, 2] };
 * const { loss, grad } = crossEntropy(logits, new Int32Array([0, 1]));
 * console.log(loss.toFixed(4), [...grad.data]); // 0.6931 [ -0.25, 0.25, 0.25, -0.25 ]
 * ```
 */
export function crossEntropy(
  output: Tensor,
  target: Integers,
  options: CrossEntropyOptions = {},
): LossResult {
  checkOptions(
    options,
    ['reduction', 'mask', 'runtime', 'weight', 'ignoreIndex', 'labelSmoothing'],
    'crossEntropy',
  );
  const { shape, data } = checkTensor('output', output);
  const classes = shape.at(-1) ?? 0;
  if (classes < 1)
    throw new RangeError(
      `output expected shape [..., classes] with at least one class, got ${showShape(shape)}`,
    );
  const { reduction = 'mean' } = options;
  const mean = checkOneOf('reduction', reduction, REDUCTIONS) === 'mean';
  const { labelSmoothing: smoothing = 0 } = options;
  checkProbability('labelSmoothing', smoothing);
  const weight =
    options.weight === undefined ? undefined : checkValues('weight', options.weight, classes, 'classes');
  const counted = countedTargets(checkTargets(target, shape), classes, options);
  const total = mean ? sumOfWeights(counted, weight) : 1;
  const scale = total > 0 ? 1 / total : 0;
  const runtime = checkRuntime(options.runtime);
  const { loss, grad } = crossEntropyIn(runtime, data, counted, weight, smoothing, scale);
  return { loss: loss * scale, grad: { data: grad, shape: [...shape] }, divisor: mean ? total : 0 };
}

/** The sum of the losses of all rows, and its gradient times `scale`. */
function crossEntropyIn(
  runtime: Runtime,
  data: Float32Array,
  counted: Int32Array,
  weight: Float32Array | undefined,
  smoothing: number,
  scale: number,
): { loss: number; grad: Float32Array } {
  const rows = counted.length;
  const classes = data.length / Math.max(rows, 1);
  const logits = runtime.scratch((2 * data.length + rows + classes) * 4 + 64);
  const grad = logits + data.length * 4;
  const targets = grad + data.length * 4;
  const weights = weight ? targets + rows * 4 : 0;
  runtime.f32.set(data, logits >>> 2);
  runtime.i32.set(counted, targets >>> 2);
  if (weight) runtime.f32.set(weight, weights >>> 2);
  const { core } = runtime;
  const loss = core.crossEntropyRows(grad, logits, targets, rows, classes, weights, smoothing, scale);
  return { loss, grad: runtime.f32.slice(grad >>> 2, (grad >>> 2) + data.length) };
}

/**
 * Mean squared error: mean of (output − target)². With weights, `mean` divides by their sum, as PyTorch does.
 *
 * @throws TypeError for another kind or an unknown option, RangeError for another shape
 * @example
 * ```ts
 * import { mse } from 'lstm-wasm';
 * const { loss, grad } = mse({ data: new Float32Array([1, 3]), shape: [2] }, { data: new Float32Array([1, 1]), shape: [2] });
 * console.log(loss, [...grad.data]); // 2 [ 0, 2 ]
 * ```
 */
export function mse(output: Tensor, target: Tensor, options: ElementLossOptions = {}): LossResult {
  return elementLoss('mse', output, target, options, 'squaredError', (weights) =>
    weights.reduce((a, b) => a + b, 0),
  );
}

/**
 * Binary cross-entropy of logits with targets in [0, 1], in nats: mean of ln(1 + e^x) − x·target, computed so that it never
 * overflows.
 *
 * @throws TypeError for another kind or an unknown option, RangeError for another shape or a target outside [0, 1]
 * @example
 * ```ts
 * import { binaryCrossEntropy } from 'lstm-wasm';
 * const { loss } = binaryCrossEntropy({ data: new Float32Array([0]), shape: [1] }, { data: new Float32Array([1]), shape: [1] });
 * console.log(loss.toFixed(4)); // 0.6931
 * ```
 */
export function binaryCrossEntropy(
  output: Tensor,
  target: Tensor,
  options: ElementLossOptions = {},
): LossResult {
  const values = checkTensor('target', target).data;
  const bad = values.findIndex((value) => !(value >= 0 && value <= 1));
  if (bad >= 0) throw new RangeError(`target[${bad}] expected a value in [0, 1], got ${values[bad]}`);
  return elementLoss(
    'binaryCrossEntropy',
    output,
    target,
    options,
    'binaryCrossEntropySum',
    (_, counted) => counted,
  );
}

/** A loss over single values; `divisor` is what the mean divides by, told from the weights and how many values count. */
function elementLoss(
  name: string,
  output: Tensor,
  target: Tensor,
  options: ElementLossOptions,
  kernel: 'squaredError' | 'binaryCrossEntropySum',
  divisor: (weights: Float32Array, counted: number) => number,
): LossResult {
  checkOptions(options, ['reduction', 'mask', 'runtime', 'weight'], name);
  const { shape, data } = checkTensor('output', output);
  checkTensorOf('target', target, shape, 'of the output');
  const { reduction = 'mean' } = options;
  const mean = checkOneOf('reduction', reduction, REDUCTIONS) === 'mean';
  const size = data.length;
  const { weights, counted } = elementWeights(options, shape);
  const total = mean ? (weights ? divisor(weights, counted) : size) : 1;
  const scale = total > 0 ? 1 / total : 0;
  const runtime = checkRuntime(options.runtime);
  const stride = Math.ceil(size / 4) * 16 + 16;
  const x = runtime.scratch(4 * stride);
  const [y, grad, w] = [x + stride, x + 2 * stride, x + 3 * stride] as const;
  runtime.f32.set(data, x >>> 2);
  runtime.f32.set(target.data, y >>> 2);
  if (weights) runtime.f32.set(weights, w >>> 2);
  const sum = runtime.core[kernel](grad, x, y, size, weights ? w : 0, scale);
  return {
    loss: sum * scale,
    grad: { data: runtime.f32.slice(grad >>> 2, (grad >>> 2) + size), shape: [...shape] },
    divisor: mean ? total : 0,
  };
}

/** @internal The weight of each value under the mask, and how many values it leaves. */
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
      ? checkValues('weight', given, size, 'values of the output').slice()
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

/** @internal */
export function checkTargets(target: Integers, shape: readonly number[]): IntegerTensor {
  const classes = checkIntegers('target', target);
  const expected = shape.slice(0, -1);
  if (
    !sameShape(classes.shape, expected) &&
    !(classes === target ? false : classes.data.length === sizeOf(expected))
  ) {
    throw new RangeError(
      `target expected the shape of the output without its last axis = ${showShape(expected)}, got ${showShape(classes.shape)}`,
    );
  }
  return classes;
}

/** @internal The targets as the core takes them: −1 for those that do not count. */
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

function checkValues(name: string, values: unknown, size: number, formula: string): Float32Array {
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
