import type { Layer } from '../layers/layer.js';
import { type Recording, Stateless } from '../layers/stateless.js';
import { isObject, wrongKind } from '../validation/errors.js';
import { checkNotNegative } from '../validation/options.js';
import { checkTensorOf, type Tensor } from '../validation/tensor.js';
import type { Tally } from './accumulation.js';
import { type Batch, type Loss, lossMask, rowsOf } from './batch.js';
import { builtInLoss, type LossResult } from './losses.js';
import type { Metric } from './metrics.js';

/** The loss and the metrics of a trainer. */
export interface Measures<Target> {
  readonly loss: Loss<Target>;
  readonly metrics: Readonly<Record<string, Metric<Target>>>;
}

/** The loss, the gradient of the output and the sums of the metrics of a batch. */
export type MeasuredBatch = Tally & { readonly grad: Tensor };

/** Checks the result of a loss function, which may be a custom one. @throws TypeError for the wrong types, RangeError for a wrong shape */
export function checkLossResult(result: LossResult, shape: readonly number[]) {
  if (!isObject(result) || !('loss' in result))
    throw wrongKind('loss', 'a function that returns { loss, grad }', result);
  const { loss, grad, divisor } = result;
  if (typeof loss !== 'number') throw wrongKind('the loss', 'a number', loss);
  if (divisor !== undefined) checkNotNegative('divisor', divisor);
  const gradient = checkTensorOf('grad', grad, shape, 'of the output');
  return { loss, grad: gradient, ...(divisor !== undefined && { divisor }) };
}

/** The loss of an output, its gradient, and the sums of the metrics. */
export function measureBatch<Target>(
  model: Layer,
  { loss: lossOf, metrics }: Measures<Target>,
  output: Tensor,
  batch: Batch<Target>,
): MeasuredBatch {
  const options = { ...lossMask(model, output.shape, batch), runtime: model.runtime };
  const result = lossOf(output, batch.target, options);
  const { loss, grad, divisor = rowsOf(model, batch) } = checkLossResult(result, output.shape);
  return { loss, grad, divisor, sums: sumsOf(metrics, output, batch, options) };
}

/**
 * Whether the core can compute the loss: it is built in, and the model is a Linear, an Embedding or a Sequential without overridden
 * methods. Recurrent layers without a head are rarely trained and use tensors, which keeps the code of a page that only infers small.
 */
export function measuresInCore(model: Layer, { loss }: Pick<Measures<never>, 'loss'>): model is Stateless {
  return builtInLoss(loss) !== undefined && model instanceof Stateless && !model.overridden;
}

/** Like `measureBatch`, with the same bits, for an output in the core; writes the gradient there too. */
export function measureRecording<Target>(
  model: Layer,
  { loss: lossOf, metrics }: Measures<Target>,
  { block, gradient, copyOutput }: Recording,
  batch: Batch<Target>,
): Tally {
  const { runtime } = model;
  const { pointer, shape, transposed } = block;
  const options = { ...lossMask(model, shape, batch), runtime };
  const check = builtInLoss(lossOf) as NonNullable<ReturnType<typeof builtInLoss>>;
  const checked = check(shape, batch.target as never, options);
  const place = { output: pointer, gradient: gradient.pointer, shape, transposed };
  const loss = checked.measure(runtime, runtime.scratch(checked.bytes), place);
  const measuring = Object.keys(metrics).length > 0;
  const sums = measuring ? sumsOf(metrics, copyOutput(), batch, options) : {};
  return { loss, divisor: checked.divisor, sums };
}

function sumsOf<Target>(
  metrics: Measures<Target>['metrics'],
  output: Tensor,
  batch: Batch<Target>,
  options: Parameters<Metric['tally']>[2],
): Tally['sums'] {
  const sums = Object.entries(metrics).map(([name, metric]) => {
    const own: unknown = metric.tally(output, batch.target, options);
    if (!Array.isArray(own)) throw wrongKind(`metrics.${name}.tally`, 'to return an array of sums', own);
    return [name, own];
  });
  return Object.fromEntries(sums);
}
