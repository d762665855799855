import { checkRuntime } from '../runtime/runtime.js';
import { checkTensor, type Integers, type OwnTensor, sizeOf, type Tensor } from '../validation/tensor.js';
import {
  type CheckedLoss,
  type CrossEntropyOptions,
  checkCrossEntropy,
  checkElementLoss,
  type ElementLossOptions,
  type LossOptions,
} from './checked-loss.js';

export type { CrossEntropyOptions, ElementLossOptions, LossOptions } from './checked-loss.js';

/** The value of a loss, and its gradient with respect to the output. */
export interface LossResult {
  readonly loss: number;
  readonly grad: OwnTensor;
  /**
   * The divisor of a mean: the number of values that count, or the sum of their weights; 0 for a sum. It weights the means of several
   * batches when they are combined. If a custom loss omits it, batches are weighted by their number of rows.
   */
  readonly divisor?: number;
}

/**
 * Softmax cross-entropy between logits and target classes, in nats: mean of −ln softmax(output)[target].
 *
 * Rows that `mask`, `ignoreIndex` or a class weight of 0 excludes are not read and may hold anything, NaN included. Their gradient
 * is 0. If no row counts, the loss is 0.
 *
 * @param output - logits [..., classes]
 * @param target - classes [...], whole numbers from 0
 * @returns the loss, and its gradient [..., classes]
 * @throws TypeError for an argument of the wrong type or an unknown option, RangeError for a wrong shape or a class out of range
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
  return ofTensors(checkCrossEntropy, output, target, options);
}

/**
 * Mean squared error: mean of (output − target)². With weights, `mean` divides by their sum, as PyTorch does.
 *
 * Values that `mask` or a weight of 0 excludes are not read and may hold anything, NaN included. Their gradient is 0.
 *
 * @throws TypeError for an argument of the wrong type or an unknown option, RangeError for a wrong shape
 * @example
 * ```ts
 * import { mse } from 'lstm-wasm';
 * const { loss, grad } = mse({ data: new Float32Array([1, 3]), shape: [2] }, { data: new Float32Array([1, 1]), shape: [2] });
 * console.log(loss, [...grad.data]); // 2 [ 0, 2 ]
 * ```
 */
export function mse(output: Tensor, target: Tensor, options: ElementLossOptions = {}): LossResult {
  return ofTensors(checkSquaredError, output, target, options);
}

/**
 * Binary cross-entropy between logits and targets in [0, 1], in nats: mean of ln(1 + e^x) − x·target, computed without
 * overflow. Values that `mask` or a weight of 0 excludes are not read, as for {@link mse}.
 *
 * @throws TypeError for an argument of the wrong type or an unknown option, RangeError for a wrong shape or a target outside [0, 1]
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
  return ofTensors(checkBinaryCrossEntropy, output, target, options);
}

function checkSquaredError(
  shape: readonly number[],
  target: Tensor,
  options: ElementLossOptions,
): CheckedLoss {
  const divisor = (weights: Float32Array) => weights.reduce((a, b) => a + b, 0);
  return checkElementLoss({ name: 'mse', kernel: 'squaredError', divisor }, shape, target, options);
}

function checkBinaryCrossEntropy(
  shape: readonly number[],
  target: Tensor,
  options: ElementLossOptions,
): CheckedLoss {
  const loss = {
    name: 'binaryCrossEntropy',
    kernel: 'binaryCrossEntropy',
    divisor: (_: Float32Array, counted: number) => counted,
    targets: ['a value in [0, 1]', (value: number) => value >= 0 && value <= 1],
  } as const;
  return checkElementLoss(loss, shape, target, options);
}

type Check<Target, Options> = (shape: readonly number[], target: Target, options: Options) => CheckedLoss;

/** Computes a loss from tensors, which are copied into the core. */
function ofTensors<Target, Options extends LossOptions>(
  check: Check<Target, Options>,
  output: Tensor,
  target: Target,
  options: Options,
): LossResult {
  const { data, shape } = checkTensor('output', output);
  const loss = check(shape, target, options);
  const runtime = checkRuntime(options.runtime);
  // From the shape, which the core trusts: a getter of `options` may have detached the array.
  const size = sizeOf(shape);
  const bytes = size * 4;
  const logits = runtime.scratch(2 * bytes + loss.bytes + 64);
  const gradient = logits + bytes;
  runtime.f32.set(data, logits >>> 2);
  const value = loss.measure(runtime, gradient + bytes, {
    output: logits,
    gradient,
    shape,
    transposed: false,
  });
  const grad = { data: runtime.floats(gradient, size).slice(), shape: [...shape] };
  return { loss: value, grad, divisor: loss.divisor };
}

/**
 * @internal The function that checks the arguments of a built-in loss, so that the loss can be measured on an output in the core;
 * undefined for any other function, which gets tensors.
 */
export function builtInLoss(loss: unknown): Check<never, LossOptions> | undefined {
  if (loss === crossEntropy) return checkCrossEntropy;
  if (loss === mse) return checkSquaredError;
  if (loss === binaryCrossEntropy) return checkBinaryCrossEntropy;
  return undefined;
}
