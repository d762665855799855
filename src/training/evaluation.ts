import { type ForwardOptions, type Layer, layersOf, remember } from '../layers/layer.js';
import { EventLoop } from '../runtime/event-loop.js';
import type { Integers, Tensor } from '../validation/tensor.js';
import type { Team } from '../workers/pool.js';
import type { Tally } from './accumulation.js';
import { type Batch, checkBatch, type Loss, lossMask, paddingOf, rowsOf } from './batch.js';
import { addSums, type Metric, valuesOfMetrics } from './metrics.js';
import { type Carried, carriedOf, setCarried } from './model-state.js';
import type { Padding } from './padding.js';

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

/** An output, and the states that the layers would carry from there. */
export interface Aside {
  readonly output: Tensor;
  readonly left: readonly Carried[];
}

/**
 * Goes through batches without dropout, the event loop turning after each, and leaves the model as it is between them too. A team's
 * threads give the same bits, since a row's do not hang on its neighbours.
 */
export async function evaluateAll<Target>(
  model: Layer,
  measures: Measures<Target>,
  batches: Iterable<Batch<Target>> | AsyncIterable<Batch<Target>>,
  signal: AbortSignal | undefined,
  team?: Team,
): Promise<Evaluation> {
  const loop = new EventLoop();
  let carried: readonly Carried[] = [];
  let [loss, divisor, count] = [0, 0, 0];
  let sums: Record<string, readonly number[]> = {};
  try {
    signal?.throwIfAborted();
    for await (const batch of batches) {
      checkBatch(batch);
      const from = batch.reset ? [] : carried;
      const padding = paddingOf(batch);
      const { output, left } = team
        ? await team.aside(batch.input, padding, from, forwardAside)
        : forwardAside(model, batch.input, padding, from);
      const tally = measureBatch(model, measures, output, batch);
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

/** The output without dropout, from these carried states on; what training carries, counts and has in its gradients stays. */
export function forwardAside(
  model: Layer,
  input: Tensor | Integers,
  padding: Padding,
  carried: readonly Carried[],
): Aside {
  const layers = layersOf(model);
  const carries = layers.some(({ extras }) => extras.carried !== undefined);
  const restore = remember(layers);
  const restoreGradients = carries ? gradientsOf(model) : undefined;
  try {
    if (carries) setCarried(layers, carried);
    // Only what records goes on from what is carried.
    const { output } = model.forward(input, { record: carries, ...padding } as ForwardOptions);
    return { output, left: carriedOf(layers) };
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
