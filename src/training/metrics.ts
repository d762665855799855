import type { Runtime } from '../runtime/runtime.js';
import { suggestion } from '../validation/edit-distance.js';
import { clip, describe } from '../validation/errors.js';
import { checkNumber, checkOptions } from '../validation/options.js';
import { checkTensor, checkTensorOf, type Integers, isIntegers, type Tensor } from '../validation/tensor.js';
import { checkTargets, countedTargets, elementWeights } from './checked-loss.js';
import { exp, LN2 } from './deterministic-math.js';
import { crossEntropy } from './losses.js';
import type { Better } from './rates.js';

/** Options of a metric. */
export interface MetricOptions {
  /** 1 for targets that count, 0 for targets that are ignored, as for the loss. */
  mask?: ArrayLike<number>;
  runtime?: Runtime;
}

/**
 * A metric, computed in two parts: `tally` gives the sums of a batch, and `value` computes the metric from the sums of all batches. The
 * result is therefore the same as for one batch with all the data.
 */
export interface Metric<Target = Integers | Tensor> {
  /** Whether higher or lower values are better. */
  readonly better: Better;
  /** The sums of one batch, in the same order for every batch. */
  tally(output: Tensor, target: Target, options: MetricOptions): readonly number[];
  /** The metric, from the sums of all batches; NaN if nothing counted. */
  value(sums: readonly number[]): number;
  /** For metrics of this package: the type and options, from which a worker rebuilds the metric. */
  readonly config?: { readonly type: string; readonly [option: string]: unknown };
}

/**
 * Computes a metric on one batch.
 *
 * @throws as the metric does for a wrong type or shape
 * @example
 * ```ts
 * import { accuracy, measure } from 'lstm-wasm';
 * const logits = { data: new Float32Array([2, 1, 0, 3]), shape: [2, 2] };
 * console.log(measure(accuracy(), logits, new Int32Array([0, 0]))); // 0.5
 * ```
 */
export function measure<Target>(
  metric: Metric<Target>,
  output: Tensor,
  target: Target,
  options: MetricOptions = {},
): number {
  checkOptions(options, ['mask', 'runtime'], 'measure');
  return metric.value(metric.tally(output, target, options));
}

/**
 * The fraction of rows whose most likely class is the target; ties go to the first class. If the target is a tensor, as for
 * `binaryCrossEntropy`: the fraction of values that are classified correctly, where a logit above 0 predicts a target above 0.5.
 *
 * @param options - `ignoreIndex`: the target class to ignore, default −100
 * @throws TypeError for an argument of the wrong type or an unknown option; when measuring, as the losses do
 */
export function accuracy(options: { ignoreIndex?: number } = {}): Metric {
  const ignoreIndex = checkIgnored(options, 'accuracy');
  return {
    better: 'higher',
    config: { type: 'accuracy', ignoreIndex },
    tally(output, target, { mask }) {
      if (!isIntegers(target)) return agreement(output, target, mask);
      const { targets, likeliest } = classesOf(output, target, mask, ignoreIndex);
      let [right, count] = [0, 0];
      for (const [n, one] of targets.entries()) {
        if (one < 0) continue;
        count++;
        if (likeliest[n] === one) right++;
      }
      return [right, count];
    },
    value: ratio,
  };
}

/**
 * Perplexity: e to the mean cross-entropy in nats. A model that guesses uniformly among n classes has perplexity n.
 *
 * @throws as {@link accuracy}
 */
export function perplexity(options: { ignoreIndex?: number } = {}): Metric<Integers> {
  const ignoreIndex = checkIgnored(options, 'perplexity');
  return {
    better: 'lower',
    config: { type: 'perplexity', ignoreIndex },
    tally: nats(ignoreIndex),
    value: (sums) => exp(ratio(sums)),
  };
}

/**
 * The mean cross-entropy in bits: bits per character if the classes are characters.
 *
 * @throws as {@link accuracy}
 * @example
 * ```ts
 * import { bitsPerCharacter, measure } from 'lstm-wasm';
 * const logits = { data: new Float32Array(8), shape: [2, 4] };
 * console.log(measure(bitsPerCharacter(), logits, new Int32Array([0, 3]))); // 2
 * ```
 */
export function bitsPerCharacter(options: { ignoreIndex?: number } = {}): Metric<Integers> {
  const ignoreIndex = checkIgnored(options, 'bitsPerCharacter');
  return {
    better: 'lower',
    config: { type: 'bitsPerCharacter', ignoreIndex },
    tally: nats(ignoreIndex),
    value: (sums) => ratio(sums) / LN2,
  };
}

/**
 * The root of the mean squared error, in the unit of the target. For scaled data, `scale` converts it back to the original unit: pass the
 * standard deviation of a StandardScaler, or the range of a MinMaxScaler.
 *
 * @param options - `scale`: a factor for the error, default 1
 * @throws as {@link accuracy}, RangeError unless the scale is above 0
 */
export function rmse(options: { scale?: number } = {}): Metric<Tensor> {
  const scale = checkScale(options, 'rmse');
  return {
    better: 'lower',
    config: { type: 'rmse', scale },
    tally: errors((error) => error * error),
    value: (sums) => scale * Math.sqrt(ratio(sums)),
  };
}

/**
 * The mean absolute error, in the unit of the target.
 *
 * @param options - `scale`, as for {@link rmse}
 * @throws as {@link rmse}
 */
export function mae(options: { scale?: number } = {}): Metric<Tensor> {
  const scale = checkScale(options, 'mae');
  return {
    better: 'lower',
    config: { type: 'mae', scale },
    tally: errors((error) => Math.abs(error)),
    value: (sums) => scale * ratio(sums),
  };
}

function ratio([sum, count]: readonly number[]): number {
  return (sum as number) / (count as number);
}

/** @internal */
export function checkIgnored(options: { ignoreIndex?: number }, owner: string, more: string[] = []): number {
  checkOptions(options, ['ignoreIndex', ...more], owner);
  return checkNumber('ignoreIndex', options.ignoreIndex ?? -100, 'a whole number', Number.isInteger);
}

function checkScale(options: { scale?: number }, owner: string): number {
  checkOptions(options, ['scale'], owner);
  return checkNumber('scale', options.scale ?? 1, 'a number above 0', (x) => x > 0);
}

/** @internal The target class of each row, −1 if the row is ignored, and the most likely class. */
export function classesOf(
  output: Tensor,
  target: Integers,
  mask: ArrayLike<number> | undefined,
  ignoreIndex: number,
): { targets: Int32Array; likeliest: Int32Array; classes: number } {
  const { shape } = checkTensor('output', output);
  const classes = shape.at(-1) ?? 0;
  const checked = checkTargets(target, shape);
  const targets = countedTargets(checked, classes, { ...(mask && { mask }), ignoreIndex });
  return { targets, likeliest: likeliestOf(output), classes };
}

/** @internal The class with the largest logit in each row. */
export function likeliestOf({ data, shape }: Tensor): Int32Array {
  const classes = shape.at(-1) ?? 0;
  const likeliest = new Int32Array(classes > 0 ? data.length / classes : 0);
  for (let row = 0; row < likeliest.length; row++) {
    let best = 0;
    for (let n = 1; n < classes; n++) {
      if ((data[row * classes + n] as number) > (data[row * classes + best] as number)) best = n;
    }
    likeliest[row] = best;
  }
  return likeliest;
}

/** @internal Each value that counts, and its target. */
export function* valuesOf(
  output: Tensor,
  target: Tensor,
  mask: ArrayLike<number> | undefined,
): Generator<readonly [x: number, y: number, n: number], void, undefined> {
  const { data, shape } = checkTensor('output', output);
  const { data: expected } = checkTensorOf('target', target, shape, 'of the output');
  const { weights } = elementWeights(mask ? { mask } : {}, shape);
  for (let n = 0; n < data.length; n++) {
    if (weights?.[n] !== 0) yield [data[n] as number, expected[n] as number, n];
  }
}

function agreement(output: Tensor, target: Tensor, mask: ArrayLike<number> | undefined): number[] {
  let [right, count] = [0, 0];
  for (const [logit, y] of valuesOf(output, target, mask)) {
    count++;
    if (logit > 0 === y > 0.5) right++;
  }
  return [right, count];
}

function errors(of: (error: number) => number): Metric<Tensor>['tally'] {
  return (output, target, { mask }) => {
    let [sum, count] = [0, 0];
    for (const [x, y] of valuesOf(output, target, mask)) {
      sum += of(x - y);
      count++;
    }
    return [sum, count];
  };
}

function nats(ignoreIndex: number): Metric<Integers>['tally'] {
  return (output, target, options) => {
    const { loss, divisor } = crossEntropy(output, target, { ...options, ignoreIndex });
    return [loss * (divisor as number), divisor as number];
  };
}

/** Checks the option `metrics`. @throws TypeError for anything but metrics by name */
export function checkMetrics<Target>(value: unknown): Record<string, Metric<Target>> {
  if (value === undefined) return {};
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new TypeError(`metrics expected { name: metric }, got ${describe(value)}`);
  for (const [name, metric] of Object.entries(value)) {
    if (name === 'loss')
      throw new TypeError('metrics expected names other than "loss", which is reserved for the loss');
    const { better, tally, value: compute } = (metric ?? {}) as Partial<Metric>;
    const complete = typeof tally === 'function' && typeof compute === 'function';
    if (!complete || (better !== 'higher' && better !== 'lower'))
      throw new TypeError(`metrics.${name} expected a metric such as accuracy(), got ${describe(metric)}`);
  }
  return { ...value } as Record<string, Metric<Target>>;
}

/** Checks the name of the monitored value. @throws RangeError unless it is the loss or a metric */
export function checkMonitor(name: unknown, metrics: Record<string, unknown>): string {
  if (typeof name !== 'string') throw new TypeError(`monitor expected a name, got ${describe(name)}`);
  const known = ['loss', ...Object.keys(metrics)];
  if (known.includes(name)) return name;
  throw new RangeError(
    `monitor expected the loss or a metric, got "${clip(name)}"; ${suggestion(name, known)}`,
  );
}

/** Adds the sums of one more batch to the previous sums. */
export function addSums(
  sums: Record<string, readonly number[]>,
  more: Record<string, readonly number[]>,
): Record<string, readonly number[]> {
  const entries = Object.entries(more).map(([name, own]): [string, readonly number[]] => {
    const before = sums[name];
    return [name, before ? own.map((x, n) => x + (before[n] ?? 0)) : own];
  });
  return Object.fromEntries(entries);
}

/** The values of the metrics, from their sums. */
export function valuesOfMetrics(
  metrics: Record<string, Metric<never>>,
  sums: Record<string, readonly number[]>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, metric]) => [name, metric.value(sums[name] ?? [])]),
  );
}
