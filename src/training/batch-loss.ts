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

/** The loss and the sums of the metrics of a batch, with the gradient of the output. */
export type MeasuredBatch = Tally & { readonly grad: Tensor };

/** What a loss function returned, which may be the user's. @throws TypeError for anything but numbers and a gradient of the output */
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
 * Whether the loss can be measured in the core: a built-in loss, and a model whose forward and backward are the package's. A
 * recurrent layer without a head, which is rarely trained, goes through tensors: its page would load more.
 */
export function measuresInCore(model: Layer, { loss }: Pick<Measures<never>, 'loss'>): model is Stateless {
  return builtInLoss(loss) !== undefined && model instanceof Stateless && !model.overridden;
}

/** The same as `measureBatch`, to the bit, of an output in the core, where the gradient is written too. */
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
