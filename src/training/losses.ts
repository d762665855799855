import { checkRuntime } from '../runtime/runtime.js';
import { checkTensor, type Integers, type OwnTensor, type Tensor } from '../validation/tensor.js';
import {
  type CheckedLoss,
  type CrossEntropyOptions,
  checkCrossEntropy,
  checkElementLoss,
  type ElementLossOptions,
  type LossOptions,
} from './checked-loss.js';

export type { CrossEntropyOptions, ElementLossOptions, LossOptions } from './checked-loss.js';

/** What a loss gives: its value, and its gradient with respect to the output. */
export interface LossResult {
  readonly loss: number;
  readonly grad: OwnTensor;
  /**
   * What a mean was divided by, how many values count or the sum of their weights; 0 for a sum. By it the means of several batches
   * become that of all. A loss of your own may leave it out: its batches then weigh as they have rows.
   */
  readonly divisor?: number;
}

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
  return ofTensors(checkCrossEntropy, output, target, options);
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
  return ofTensors(checkSquaredError, output, target, options);
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
  const values = checkTensor('target', target).data;
  const bad = values.findIndex((value) => !(value >= 0 && value <= 1));
  if (bad >= 0) throw new RangeError(`target[${bad}] expected a value in [0, 1], got ${values[bad]}`);
  const divisor = (_: Float32Array, counted: number) => counted;
  const loss = { name: 'binaryCrossEntropy', kernel: 'binaryCrossEntropy', divisor } as const;
  return checkElementLoss(loss, shape, target, options);
}

type Check<Target, Options> = (shape: readonly number[], target: Target, options: Options) => CheckedLoss;

/** A loss of an output outside the core. */
function ofTensors<Target, Options extends LossOptions>(
  check: Check<Target, Options>,
  output: Tensor,
  target: Target,
  options: Options,
): LossResult {
  const { data, shape } = checkTensor('output', output);
  const loss = check(shape, target, options);
  const runtime = checkRuntime(options.runtime);
  const bytes = data.length * 4;
  const logits = runtime.scratch(2 * bytes + loss.bytes + 64);
  const gradient = logits + bytes;
  runtime.f32.set(data, logits >>> 2);
  const value = loss.measure(runtime, gradient + bytes, {
    output: logits,
    gradient,
    shape,
    transposed: false,
  });
  const grad = { data: runtime.floats(gradient, data.length).slice(), shape: [...shape] };
  return { loss: value, grad, divisor: loss.divisor };
}

/**
 * @internal How a built-in loss checks its arguments, so that it can be measured where the output lies in the core; undefined for
 * any other function, which gets tensors.
 */
export function builtInLoss(loss: unknown): Check<never, LossOptions> | undefined {
  if (loss === crossEntropy) return checkCrossEntropy;
  if (loss === mse) return checkSquaredError;
  if (loss === binaryCrossEntropy) return checkBinaryCrossEntropy;
  return undefined;
}
