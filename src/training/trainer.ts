import { describe } from '../border/errors.js';
import { checkOptions, checkPositive, checkSignal } from '../border/options.js';
import type { Integers, Tensor } from '../border/tensor.js';
import { type CoreLayer, type Layer, layersOf, remember } from '../layers/layer.js';
import { EventLoop } from '../runtime/event-loop.js';
import type { Runtime } from '../runtime/runtime.js';
import { clipGradNorm, clipGradValue, gradNorm } from './clipping.js';
import type { LossResult } from './losses.js';
import { Optimizer } from './optimizer.js';
import type { Team } from './team.js';
import { checkThreads } from './threads.js';
import { checkState, type TrainerState, warnOfChange } from './trainer-state.js';

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
  /**
   * How many threads share each batch: this one and workers, which a run starts and ends. Default 1. For `run` alone, in Node,
   * Deno, Bun and pages that are cross-origin isolated.
   */
  threads?: number;
}

/** The options of a trainer but for its optimizer, checked. */
interface Recipe<Target> {
  readonly loss: Loss<Target>;
  readonly clipNorm: number | undefined;
  readonly clipValue: number | undefined;
  readonly threads: number;
}

/** What one step tells. */
export interface Progress {
  /** Steps so far, over all runs. */
  readonly step: number;
  readonly loss: number;
  /** The norm of all gradients before clipping. */
  readonly gradNorm: number;
}

/**
 * Trains a model, step by step: forward, loss, backward, clipping, optimizer. A loss or a gradient that is not finite
 * ends the run with an Error before anything was written: weights, optimizer and carried states are as they were.
 *
 * With `threads` each thread takes its slice of the batch, forward and backward, in a copy of the model; the loss sees the whole
 * batch, in this thread. Gradients are summed in one order, so that a run repeats to the bit for one number of threads; from that
 * on one thread it differs by rounding, and by the masks of dropout, which each thread draws for its rows.
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
 *
 * // The same on two threads: only `run` can wait for them.
 * const shared = new Trainer(model, { loss: mse, optimizer: new Adam(model), threads: 2 });
 * for await (const { loss } of shared.run([batch, batch])) last = loss;
 * console.log(last < 0.01, shared.step); // true 2
 * ```
 * @throws TypeError for another kind of argument, an unknown option, an optimizer of another runtime, or more than one thread
 *   for a model that holds a layer of your own or one layer twice; Error where the runtime has no threads
 */
export class Trainer<Target = Integers | Tensor> {
  readonly model: Layer;
  readonly optimizer: Optimizer<{ lr: number }>;
  /** @internal What the options said. */
  readonly recipe: Recipe<Target>;
  /** @internal What is at the model now, so that nothing else may be. */
  at: 'a step of a run' | 'a worker' | undefined;
  #step = 0;

  constructor(model: Layer, options: TrainerOptions<Target>) {
    checkOptions(options, ['loss', 'optimizer', 'clipNorm', 'clipValue', 'threads'], 'Trainer');
    const { loss, optimizer, clipNorm, clipValue, threads = 1 } = options;
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
    this.recipe = {
      loss,
      clipNorm: clipNorm === undefined ? undefined : checkPositive('clipNorm', clipNorm),
      clipValue: clipValue === undefined ? undefined : checkPositive('clipValue', clipValue),
      threads: checkThreads(threads, model),
    };
  }

  /** Steps so far, over all runs and those of the state that was loaded. */
  get step(): number {
    return this.#step;
  }

  /**
   * One step, at once.
   *
   * @throws Error where the loss or a gradient is not finite, and nothing has changed then, or where there are several threads
   */
  trainStep(batch: Batch<Target>): Progress {
    const { threads } = this.recipe;
    if (threads > 1)
      throw new Error(`trainStep expected threads: 1, got ${threads}: run() waits for the others`);
    const restore = this.#begin(batch);
    try {
      const { output } = this.model.forward(batch.input, { training: true });
      const { loss, grad } = this.#measure(output, batch);
      this.model.backward({ output: grad }, { inputGradient: false });
      return this.#update(loss);
    } catch (error) {
      restore();
      throw error;
    } finally {
      this.model.zeroGrad();
    }
  }

  /** The same on several threads. */
  async #teamStep(team: Team, batch: Batch<Target>): Promise<Progress> {
    const restore = this.#begin(batch);
    this.at = 'a step of a run';
    try {
      const output = await team.forward(batch.input);
      const { loss, grad } = this.#measure(output, batch);
      await team.backward(grad);
      return this.#update(loss);
    } catch (error) {
      restore();
      throw error;
    } finally {
      this.at = undefined;
      this.model.zeroGrad();
    }
  }

  /** Checks a batch and makes the model ready for it; gives the way back. */
  #begin(batch: Batch<Target>): () => void {
    if (this.at) throw new Error(`a step expected the model for itself: ${this.at} is at it`);
    if (batch === null || typeof batch !== 'object')
      throw new TypeError(`batch expected { input, target }, got ${describe(batch)}`);
    const layers = layersOf(this.model);
    if (batch.reset && layers.length === 0) {
      throw new TypeError(
        "reset expected a model of this package's layers: a layer of your own is yours to reset",
      );
    }
    const restore = remember(layers);
    this.model.zeroGrad();
    if (batch.reset) for (const layer of layers) layer.extras.carried?.set({});
    return restore;
  }

  /**
   * Trains on batches as they come, and tells of each step. The event loop turns after every step, so that a page stays
   * alive; leaving the loop, or `signal`, ends the run after a whole step. With several threads the model is theirs while a step
   * is waited for; the end of the run ends the workers.
   *
   * @throws the signal's reason when it is aborted, and as {@link trainStep}
   */
  async *run(
    batches: Iterable<Batch<Target>> | AsyncIterable<Batch<Target>>,
    options: { signal?: AbortSignal } = {},
  ): AsyncGenerator<Progress, void, undefined> {
    checkOptions(options, ['signal'], 'Trainer.run');
    const signal = checkSignal(options.signal);
    const iterable = batches as Partial<Iterable<unknown> & AsyncIterable<unknown>> | null;
    if (!iterable?.[Symbol.iterator] && !iterable?.[Symbol.asyncIterator]) {
      throw new TypeError(`batches expected an iterable of { input, target }, got ${describe(batches)}`);
    }
    const loop = new EventLoop();
    let team: Team | undefined;
    try {
      // Asked before a batch is taken: what is saved after an abort goes on with the batch that was not trained on.
      signal?.throwIfAborted();
      if (this.recipe.threads > 1) {
        const { Team } = await import('#team');
        team = await Team.open(this.model as CoreLayer, this.recipe.threads);
      }
      for await (const batch of batches) {
        yield team ? await this.#teamStep(team, batch) : this.trainStep(batch);
        await loop.turn();
        signal?.throwIfAborted();
      }
    } finally {
      loop.close();
      await team?.close();
    }
  }

  /** A copy of the state: the optimizer's, and how many steps were made. `saveModel(model, { trainer })` writes it. */
  stateDict(): TrainerState {
    return {
      step: String(this.#step),
      variant: this.model.runtime.variant,
      optimizer: this.optimizer.stateDict(),
      ...(this.recipe.threads > 1 && { threads: this.recipe.threads }),
    };
  }

  /**
   * Goes on from what {@link stateDict} gave. Under another binary than it was made with, or on another number of threads, the
   * next steps may differ in the last bits; this is warned of.
   *
   * @throws TypeError for another kind of state, RangeError where it has other parameters
   */
  loadStateDict(state: TrainerState): void {
    for (const _ of this.loading(state));
  }

  /** @internal The same, stopping after each array of the optimizer; nothing is changed before the end. */
  *loading(state: TrainerState): Generator<void, void, undefined> {
    const step = checkState(state);
    yield* this.optimizer.loading(state.optimizer);
    this.#step = step;
    warnOfChange(state, { variant: this.model.runtime.variant, threads: this.recipe.threads });
  }

  #measure(output: Tensor, batch: Batch<Target>): LossResult {
    const { loss } = this.recipe;
    const result = loss(output, batch.target, {
      ...(batch.mask && { mask: batch.mask }),
      runtime: this.model.runtime,
    });
    if (!Number.isFinite(result.loss))
      throw new Error(`step ${this.#step + 1}: the loss is ${result.loss}; nothing was changed`);
    return result;
  }

  #update(loss: number): Progress {
    const step = this.#step + 1;
    const norm = this.#clip(step);
    this.optimizer.step();
    this.#step = step;
    return { step, loss, gradNorm: norm };
  }

  /** Clips, and gives the norm before it. */
  #clip(step: number): number {
    const { model } = this;
    const { clipNorm, clipValue } = this.recipe;
    const byNorm = clipNorm !== undefined && clipValue === undefined;
    const norm = byNorm ? clipGradNorm(model, clipNorm) : gradNorm(model);
    if (!Number.isFinite(norm)) {
      throw new Error(`step ${step}: the norm of the gradients is ${norm}; nothing was changed`);
    }
    if (clipValue !== undefined) clipGradValue(model, clipValue);
    if (clipNorm !== undefined && !byNorm) clipGradNorm(model, clipNorm);
    return norm;
  }
}
