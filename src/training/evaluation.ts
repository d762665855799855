import type { Tensor } from '../border/tensor.js';
import { type ForwardOptions, type Layer, layersOf, remember } from '../layers/layer.js';
import { EventLoop } from '../runtime/event-loop.js';
import type { Tally } from './accumulation.js';
import { type Batch, checkBatch, type Loss, lossMask, paddingOf, rowsOf } from './batch.js';
import { addSums, type Metric, valuesOfMetrics } from './metrics.js';
import { type Carried, carriedOf, setCarried } from './model-state.js';

/** What a model comes to on data that it does not learn from. */
export interface Evaluation {
  /** The mean over all batches; the sum, where the loss is one. */
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** What measures a model. */
export interface Measures<Target> {
  readonly loss: Loss<Target>;
  readonly metrics: Readonly<Record<string, Metric<Target>>>;
}

/** The loss of an output, its gradient, and the sums of the metrics. */
export function measureBatch<Target>(
  model: Layer,
  { loss: lossOf, metrics }: Measures<Target>,
  output: Tensor,
  batch: Batch<Target>,
): Tally & { readonly grad: Tensor } {
  const options = { ...lossMask(model, output, batch), runtime: model.runtime };
  const { loss, grad, divisor = rowsOf(model, batch) } = lossOf(output, batch.target, options);
  const sums = Object.entries(metrics).map(([name, metric]) => [
    name,
    metric.tally(output, batch.target, options),
  ]);
  return { loss, grad, divisor, sums: Object.fromEntries(sums) };
}

/** Goes through batches without dropout, the event loop turning after each, and leaves the model as it is between them too. */
export async function evaluateAll<Target>(
  model: Layer,
  measures: Measures<Target>,
  batches: Iterable<Batch<Target>> | AsyncIterable<Batch<Target>>,
  signal: AbortSignal | undefined,
): Promise<Evaluation> {
  const loop = new EventLoop();
  let carried: readonly Carried[] = [];
  let [loss, divisor, count] = [0, 0, 0];
  let sums: Record<string, readonly number[]> = {};
  try {
    signal?.throwIfAborted();
    for await (const batch of batches) {
      const { tally, left } = evaluateBatch(model, measures, batch, carried);
      carried = left;
      loss += tally.loss * (tally.divisor || 1);
      divisor += tally.divisor;
      sums = addSums(sums, tally.sums);
      count++;
      await loop.turn();
      signal?.throwIfAborted();
    }
  } finally {
    loop.close();
  }
  if (count === 0)
    throw new RangeError('batches expected at least one, got none: can they be gone through again?');
  return { loss: loss / (divisor || 1), metrics: valuesOfMetrics(measures.metrics, sums) };
}

/** One batch, from these carried states on; what training carries, counts and has in its gradients stays. */
function evaluateBatch<Target>(
  model: Layer,
  measures: Measures<Target>,
  batch: Batch<Target>,
  carried: readonly Carried[],
): { tally: Tally; left: readonly Carried[] } {
  checkBatch(batch);
  const layers = layersOf(model);
  const carries = layers.some(({ extras }) => extras.carried !== undefined);
  const restore = remember(layers);
  const restoreGradients = carries ? gradientsOf(model) : undefined;
  try {
    if (carries) setCarried(layers, batch.reset ? [] : carried);
    // Only what records goes on from what is carried.
    const options = { record: carries, ...paddingOf(batch) } as ForwardOptions;
    const { output } = model.forward(batch.input, options);
    return { tally: measureBatch(model, measures, output, batch), left: carriedOf(layers) };
  } finally {
    restore();
    if (restoreGradients) {
      model.zeroGrad();
      restoreGradients();
    }
  }
}

/** Keeps the gradients, which dropping a record sets to zero; gives the way back. */
function gradientsOf(model: Layer): () => void {
  const kept = [...model.parameters.values()]
    .filter(({ gradient }) => gradient !== 0)
    .map((parameter) => ({ parameter, gradient: parameter.readGrad() }));
  return () => {
    for (const { parameter, gradient } of kept) parameter.runtime.f32.set(gradient, parameter.gradient >>> 2);
  };
}
