import { describe } from '../border/errors.js';
import { checkOptions, checkPositive } from '../border/options.js';
import type { Integers, Tensor } from '../border/tensor.js';
import { type Layer, layersOf, remember } from '../layers/layer.js';
import { EventLoop } from '../runtime/event-loop.js';
import type { Runtime } from '../runtime/runtime.js';
import { clipGradNorm, clipGradValue, gradNorm } from './clipping.js';
import type { LossResult } from './losses.js';
import { Optimizer, type OptimizerState } from './optimizer.js';

/** One step's data. */
export interface Batch<Target> {
  readonly input: Tensor | Integers;
  readonly target: Target;
  /** Passed on to the loss. */
  readonly mask?: ArrayLike<number>;
  /** Whether stateful layers forget what they carry before this step. */
  readonly reset?: boolean;
}

export type Loss<Target> = (
  output: Tensor,
  target: Target,
  options: { mask?: ArrayLike<number>; runtime: Runtime },
) => LossResult;

export interface TrainerOptions<Target> {
  /** `crossEntropy`, `mse`, `binaryCrossEntropy`, or a function of the same form. */
  loss: Loss<Target>;
  optimizer: Optimizer<{ lr: number }>;
  /** The largest norm of all gradients as one vector. */
  clipNorm?: number;
  /** The largest value of a gradient. */
  clipValue?: number;
}

/** What one step tells. */
export interface Progress {
  /** Steps so far, over all runs. */
  readonly step: number;
  readonly loss: number;
  /** The norm of all gradients before clipping. */
  readonly gradNorm: number;
}

/** A trainer's state as plain data; `step` as text, since a number may outgrow what a file's reader holds exactly. */
export interface TrainerState {
  readonly step: string;
  readonly variant: 'simd' | 'relaxed';
  readonly optimizer: OptimizerState;
}

/**
 * Trains a model, step by step: forward, loss, backward, clipping, optimizer. A loss or a gradient that is not finite
 * ends the run with an Error before anything was written: weights, optimizer and carried states are as they were.
 *
 * @example
 * ```ts
 * import { Adam, Linear, mse, Trainer } from 'lstm-wasm';
 * const model = new Linear(1, 1);
 * const trainer = new Trainer(model, { loss: mse, optimizer: new Adam(model, { lr: 0.1 }) });
 * const batch = { input: { data: new Float32Array([1, 2]), shape: [2, 1] }, target: { data: new Float32Array([3, 5]), shape: [2, 1] } };
 * let last = Infinity;
 * for await (const { loss } of trainer.run(Array(300).fill(batch))) last = loss;
 * console.log(last < 0.01, trainer.step); // true 300
 * ```
 * @throws TypeError for another kind of argument, an unknown option, or an optimizer of another runtime
 */
export class Trainer<Target = Integers | Tensor> {
  readonly model: Layer;
  readonly optimizer: Optimizer<{ lr: number }>;
  readonly #loss: Loss<Target>;
  readonly #clipNorm: number | undefined;
  readonly #clipValue: number | undefined;
  #step = 0;

  constructor(model: Layer, options: TrainerOptions<Target>) {
    checkOptions(options, ['loss', 'optimizer', 'clipNorm', 'clipValue'], 'Trainer');
    const { loss, optimizer, clipNorm, clipValue } = options;
    if (model === null || typeof model !== 'object' || typeof model.forward !== 'function') {
      throw new TypeError(`model expected a layer, got ${describe(model)}`);
    }
    if (typeof loss !== 'function')
      throw new TypeError(`loss expected a function such as crossEntropy, got ${describe(loss)}`);
    if (!(optimizer instanceof Optimizer))
      throw new TypeError(`optimizer expected one such as new Adam(model), got ${describe(optimizer)}`);
    if (optimizer.runtime !== model.runtime)
      throw new TypeError('optimizer expected the parameters of the model, got those of another runtime');
    if (!optimizer.covers(model))
      throw new TypeError("optimizer expected the model's parameters, got none of them");
    this.model = model;
    this.optimizer = optimizer;
    this.#loss = loss;
    this.#clipNorm = clipNorm === undefined ? undefined : checkPositive('clipNorm', clipNorm);
    this.#clipValue = clipValue === undefined ? undefined : checkPositive('clipValue', clipValue);
  }

  /** Steps so far, over all runs and those of the state that was loaded. */
  get step(): number {
    return this.#step;
  }

  /** One step, at once. @throws Error where the loss or a gradient is not finite; nothing has changed then */
  trainStep(batch: Batch<Target>): Progress {
    if (batch === null || typeof batch !== 'object')
      throw new TypeError(`batch expected { input, target }, got ${describe(batch)}`);
    const layers = layersOf(this.model);
    if (batch.reset && layers.length === 0) {
      throw new TypeError(
        "reset expected a model of this package's layers: a layer of your own is yours to reset",
      );
    }
    const restore = remember(layers);
    try {
      this.model.zeroGrad();
      if (batch.reset) for (const layer of layers) layer.extras.carried?.set({});
      const progress = this.#update(batch);
      this.#step = progress.step;
      return progress;
    } catch (error) {
      restore();
      throw error;
    } finally {
      this.model.zeroGrad();
    }
  }

  /**
   * Trains on batches as they come, and tells of each step. The event loop turns after every step, so that a page stays
   * alive; leaving the loop, or `signal`, ends the run after a whole step.
   *
   * @throws the signal's reason when it is aborted, and as {@link trainStep}
   */
  async *run(
    batches: Iterable<Batch<Target>> | AsyncIterable<Batch<Target>>,
    options: { signal?: AbortSignal } = {},
  ): AsyncGenerator<Progress, void, undefined> {
    checkOptions(options, ['signal'], 'Trainer.run');
    const { signal } = options;
    if (signal !== undefined && typeof signal?.throwIfAborted !== 'function') {
      throw new TypeError(`signal expected an AbortSignal, got ${describe(signal)}`);
    }
    const iterable = batches as Partial<Iterable<unknown> & AsyncIterable<unknown>> | null;
    if (!iterable?.[Symbol.iterator] && !iterable?.[Symbol.asyncIterator]) {
      throw new TypeError(`batches expected an iterable of { input, target }, got ${describe(batches)}`);
    }
    const loop = new EventLoop();
    try {
      // Asked before a batch is taken: what is saved after an abort goes on with the batch that was not trained on.
      signal?.throwIfAborted();
      for await (const batch of batches) {
        yield this.trainStep(batch);
        await loop.turn();
        signal?.throwIfAborted();
      }
    } finally {
      loop.close();
    }
  }

  /** A copy of the state: the optimizer's, and how many steps were made. `saveModel(model, { trainer })` writes it. */
  stateDict(): TrainerState {
    return {
      step: String(this.#step),
      variant: this.model.runtime.variant,
      optimizer: this.optimizer.stateDict(),
    };
  }

  /**
   * Goes on from what {@link stateDict} gave. Under another binary than it was made with the next steps may differ in the
   * last bits; this is warned of.
   *
   * @throws TypeError for another kind of state, RangeError where it has other parameters
   */
  loadStateDict(state: TrainerState): void {
    if (state === null || typeof state !== 'object')
      throw new TypeError(`state expected that of a Trainer, got ${describe(state)}`);
    const step = Number(state.step);
    if (!Number.isSafeInteger(step) || step < 0)
      throw new RangeError(`state.step expected a whole number as text, got ${describe(state.step)}`);
    this.optimizer.loadStateDict(state.optimizer);
    this.#step = step;
    const { variant } = this.model.runtime;
    if (state.variant !== variant) {
      console.warn(
        `lstm-wasm: this training ran on the ${state.variant} binary and goes on with ${variant}: its results may differ in the last bits`,
      );
    }
  }

  #update(batch: Batch<Target>): Progress {
    const { model, optimizer } = this;
    const step = this.#step + 1;
    const { output } = model.forward(batch.input, { training: true });
    const { loss, grad } = this.#loss(output, batch.target, {
      ...(batch.mask && { mask: batch.mask }),
      runtime: model.runtime,
    });
    if (!Number.isFinite(loss)) throw new Error(`step ${step}: the loss is ${loss}; nothing was changed`);
    model.backward({ output: grad }, { inputGradient: false });
    const norm = this.#clip(step);
    optimizer.step();
    return { step, loss, gradNorm: norm };
  }

  /** Clips, and gives the norm before it. */
  #clip(step: number): number {
    const { model } = this;
    const byNorm = this.#clipNorm !== undefined && this.#clipValue === undefined;
    const norm = byNorm ? clipGradNorm(model, this.#clipNorm as number) : gradNorm(model);
    if (!Number.isFinite(norm)) {
      throw new Error(`step ${step}: the norm of the gradients is ${norm}; nothing was changed`);
    }
    if (this.#clipValue !== undefined) clipGradValue(model, this.#clipValue);
    if (this.#clipNorm !== undefined && !byNorm) clipGradNorm(model, this.#clipNorm);
    return norm;
  }
}
