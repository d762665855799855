import type { Layer } from '../layers/layer.js';
import type { Lock } from '../layers/lock.js';
import type { Recording } from '../layers/stateless.js';
import { sizeOf, type Tensor } from '../validation/tensor.js';
import { Accumulation, type Tally } from './accumulation.js';
import type { Batch } from './batch.js';
import { type MeasuredBatch, measureBatch, measureRecording } from './batch-loss.js';
import { clipGradNorm, clipGradValue, firstNotFinite, gradNorm, scaleGradients } from './clipping.js';
import { parametersOf } from './groups.js';
import { type Metric, valuesOfMetrics } from './metrics.js';
import type { Optimizer } from './optimizer.js';
import type { StepResult } from './progress.js';
import { Rates } from './rates.js';
import type { CheckedTrainerOptions } from './trainer-options.js';

/** A loss or a gradient that is not finite. */
export class NotFinite extends Error {
  readonly loss: number;
  readonly gradNorm: number;

  constructor(step: number, what: string, loss: number, gradNorm: number) {
    super(`step ${step}: ${what}; nothing was changed`);
    this.loss = loss;
    this.gradNorm = gradNorm;
  }
}

/** The loss of a step, and the update of the weights from the gradients. */
export class Update<Target> {
  readonly accumulated: Accumulation;
  readonly rates: Rates | undefined;
  readonly #model: Layer;
  readonly #optimizer: Optimizer<{ lr: number }>;
  readonly #options: CheckedTrainerOptions<Target>;

  constructor(
    model: Layer,
    optimizer: Optimizer<{ lr: number }>,
    checkedOptions: CheckedTrainerOptions<Target>,
  ) {
    this.#model = model;
    this.#optimizer = optimizer;
    this.#options = checkedOptions;
    this.accumulated = new Accumulation(parametersOf('Trainer', model));
    this.rates = checkedOptions.schedule && new Rates(checkedOptions.schedule, optimizer);
  }

  /** The loss, and the gradient of the output for backward. @throws NotFinite */
  measure(output: Tensor, batch: Batch<Target>, step: number): MeasuredBatch {
    const measured = measureBatch(this.#model, this.#options, output, batch);
    const { grad } = measured;
    const factor = this.#gradientFactor(measured, step);
    return factor === 1
      ? measured
      : { ...measured, grad: { ...grad, data: grad.data.map((x) => x * factor) } };
  }

  /** Like {@link measure}, for an output in the core; writes the gradient there. @throws NotFinite */
  measureRecording(recording: Recording, batch: Batch<Target>, step: number): Tally {
    const measured = measureRecording(this.#model, this.#options, recording, batch);
    const factor = this.#gradientFactor(measured, step);
    if (factor === 1) return measured;
    const { pointer, shape } = recording.gradient;
    // In JavaScript, since the core multiplies by a float32 factor: here the product is rounded once.
    const values = this.#model.runtime.floats(pointer, sizeOf(shape));
    for (let n = 0; n < values.length; n++) values[n] = (values[n] as number) * factor;
    return measured;
  }

  /** The factor that turns the gradient of a mean into that of a sum, with `accumulate`. @throws NotFinite */
  #gradientFactor({ loss, divisor }: Tally, step: number): number {
    if (!Number.isFinite(loss)) throw new NotFinite(step + 1, `the loss is ${loss}`, loss, Number.NaN);
    return this.#options.accumulate === 1 ? 1 : divisor || 1;
  }

  /**
   * Adds a batch whose gradients are computed, and updates the weights if the batch completes the step. Custom functions run before
   * anything is written, since they may throw. `lock` is opened for clipping and for the optimizer.
   *
   * @throws NotFinite
   */
  finish(measured: Tally, step: number, lock: Lock): StepResult {
    const { accumulate } = this.#options;
    if (accumulate === 1) return this.#write(step, measured.loss, measured.sums, lock);
    const total = this.accumulated.plus(measured);
    const scale = 1 / (total.divisor || 1);
    const loss = total.loss * scale;
    if (this.accumulated.batches + 1 < accumulate) {
      const norm = this.#checked(gradNorm(this.#model), step, loss);
      const metrics = this.#metrics(total.sums);
      this.accumulated.store(total);
      return { step, loss, gradNorm: norm * scale, ...metrics, pending: this.accumulated.batches };
    }
    return this.#writeMean(total, step, lock);
  }

  /** Makes a step of the accumulated batches, fewer than `accumulate`; their gradients are loaded. @throws NotFinite */
  complete(step: number, lock: Lock): StepResult {
    return this.#writeMean(this.accumulated.total, step, lock);
  }

  /** The step of several batches: divides the summed gradients first. */
  #writeMean({ loss, divisor, sums }: Tally, step: number, lock: Lock): StepResult {
    const scale = 1 / (divisor || 1);
    lock.open(() => scaleGradients(this.#model, scale));
    const result = this.#write(step, loss * scale, sums, lock);
    this.accumulated.clear();
    return result;
  }

  #write(step: number, loss: number, sums: Tally['sums'], lock: Lock): StepResult {
    const norm = lock.open(() => this.#clip(step, loss));
    const metrics = this.#metrics(sums);
    const optimizer = this.#optimizer;
    const rates = optimizer.groups.map(({ lr }) => lr);
    try {
      this.rates?.set(step);
      lock.open(() => optimizer.step());
    } catch (error) {
      for (const [n, group] of optimizer.groups.entries()) group.lr = rates[n] as number;
      throw error;
    }
    return { step: step + 1, loss, gradNorm: norm, ...metrics };
  }

  /** Clips the gradients. @returns the norm before clipping */
  #clip(step: number, loss: number): number {
    const model = this.#model;
    const { clipNorm, clipValue } = this.#options;
    const byNorm = clipNorm !== undefined && clipValue === undefined;
    const norm = this.#checked(byNorm ? clipGradNorm(model, clipNorm) : gradNorm(model), step, loss);
    if (clipValue !== undefined) clipGradValue(model, clipValue);
    if (clipNorm !== undefined && !byNorm) clipGradNorm(model, clipNorm);
    return norm;
  }

  /** @throws NotFinite for a norm that is not finite */
  #checked(norm: number, step: number, loss: number): number {
    if (Number.isFinite(norm)) return norm;
    const [name, own] = firstNotFinite(this.#model) ?? ['all parameters', norm];
    throw new NotFinite(step + 1, `the norm of the gradient of "${name}" is ${own}`, loss, norm);
  }

  #metrics(sums: Tally['sums']): { metrics?: Record<string, number> } {
    const { metrics } = this.#options;
    if (Object.keys(metrics).length === 0) return {};
    return { metrics: valuesOfMetrics(metrics as Record<string, Metric<never>>, sums) };
  }
}
