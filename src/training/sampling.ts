import { checkRuntime, type Runtime } from '../runtime/runtime.js';
import { checkNotNegative, checkNumber, checkOptions, checkSeed, checkSize } from '../validation/options.js';
import { checkTensor, type OwnTensor, showShape, type Tensor, unshared } from '../validation/tensor.js';

/**
 * Softmax over the last axis.
 *
 * @throws TypeError for anything but a tensor, RangeError for an empty one
 * @example
 * ```ts
 * import { softmax } from 'lstm-wasm';
 * const { data } = softmax({ data: new Float32Array([0, 0]), shape: [2] });
 * console.log([...data]); // [ 0.5, 0.5 ]
 * ```
 */
export function softmax(logits: Tensor, options: { runtime?: Runtime } = {}): OwnTensor {
  checkOptions(options, ['runtime'], 'softmax');
  const { data, shape, classes } = checkLogits(logits);
  const runtime = checkRuntime(options.runtime);
  const x = runtime.scratch(data.length * 4 + 16);
  runtime.f32.set(data, x >>> 2);
  runtime.core.softmax(x, x, data.length / classes, classes);
  return { data: runtime.f32.slice(x >>> 2, (x >>> 2) + data.length), shape: [...shape] };
}

export interface SampleOptions {
  /** Divides the logits: below 1 makes the most likely classes more likely, above 1 less; 0 always takes the most likely one. Default 1. */
  temperature?: number;
  /** Samples only from the `topK` most likely classes. */
  topK?: number;
  /** Samples only from the smallest set of classes whose total probability is at least `topP` (nucleus sampling, Holtzman et al. 2020). */
  topP?: number;
  /**
   * The seed of this draw: the same seed gives the same class. In a loop, pass a different seed to each draw (`seed + step`), or none to
   * use the runtime's generator.
   */
  seed?: number;
  runtime?: Runtime;
}

/**
 * Draws a class from the distribution softmax(logits / temperature), optionally restricted by `topK` and `topP`.
 *
 * @param logits - [classes], or [batch, classes]
 * @returns a class, or an Int32Array with one class per row
 * @throws TypeError for an argument of the wrong type or an unknown option, RangeError for a value out of range or logits that are NaN
 * @example
 * ```ts
 * import { sample } from 'lstm-wasm';
 * const logits = { data: new Float32Array([0, 5, 1]), shape: [3] };
 * console.log(sample(logits, { temperature: 0 })); // 1
 * ```
 */
export function sample(logits: Tensor & { shape: readonly [number] }, options?: SampleOptions): number;
export function sample(logits: Tensor, options?: SampleOptions): number | Int32Array;
export function sample(logits: Tensor, options: SampleOptions = {}): number | Int32Array {
  checkOptions(options, ['temperature', 'topK', 'topP', 'seed', 'runtime'], 'sample');
  const { data, shape, classes } = checkLogits(logits);
  const { temperature = 1, topP = 1, seed } = options;
  checkNotNegative('temperature', temperature);
  const topK = options.topK === undefined ? 0 : checkSize('topK', options.topK);
  checkNumber('topP', topP, 'a probability in (0, 1]', (p) => p > 0 && p <= 1);
  if (seed !== undefined) checkSeed('seed', seed);
  const bad = data.findIndex((value) => Number.isNaN(value) || value === Number.POSITIVE_INFINITY);
  if (bad >= 0) throw new RangeError(`logits[${bad}] expected a number, got ${data[bad]}`);
  for (let row = 0; row * classes < data.length; row++) {
    if (
      data.subarray(row * classes, (row + 1) * classes).every((value) => value === Number.NEGATIVE_INFINITY)
    )
      throw new RangeError(`logits expected a class above -Infinity in each row, got none in row ${row}`);
  }
  // Float32 holds neither a more extreme temperature nor logits divided by it; the distribution is already at its limit here.
  const clamped = temperature < 1e-30 ? 0 : Math.min(temperature, 1e30);
  const runtime = checkRuntime(options.runtime);
  const x = runtime.scratch((classes * 3 + 16) * 4);
  const rows = data.length / classes;
  const drawn = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    runtime.f32.set(data.subarray(row * classes, (row + 1) * classes), x >>> 2);
    const u = draw(runtime, seed, row);
    drawn[row] = runtime.core.sample(x, classes, clamped, topK, topP, u, x + (classes + 4) * 4);
  }
  return shape.length === 1 ? (drawn[0] as number) : drawn;
}

/** The random stream of single draws. Layers use the streams from 0 up. */
const DRAWS = 0xfffffffe;

/** A number in [0, 1): the next one of the runtime's generator, or number `n` of a seed. */
function draw(runtime: Runtime, seed: number | undefined, n: number): number {
  const counter = seed === undefined ? runtime.draws++ : n;
  return runtime.core.uniformAt(runtime.source(seed ?? runtime.seed, DRAWS), counter);
}

function checkLogits(logits: Tensor): { data: Float32Array; shape: readonly number[]; classes: number } {
  const { data: given, shape } = checkTensor('logits', logits);
  const data = unshared(given);
  const classes = shape.at(-1) ?? 0;
  if (data.length === 0)
    throw new RangeError(
      `logits expected shape [..., classes] with at least one value, got ${showShape(shape)}`,
    );
  return { data, shape, classes };
}
