import { checkRuntime, type GeneratorState, type Runtime } from '../runtime/runtime.js';
import { checkOptions, checkProbability } from '../validation/options.js';
import { sizeOf } from '../validation/tensor.js';
import { streamOf } from './initialize.js';
import type { LayerConfig, LayerExtras } from './layer.js';
import { Stateless } from './stateless.js';
import type { Stage, StageInput } from './stream.js';
import type { Block, Tape } from './tape.js';

/** Draws dropout masks. A mask is a function of the generator's state, so backward draws the same one again. */
export class Masks {
  declare readonly generator: GeneratorState;
  readonly #runtime: Runtime;

  constructor(runtime: Runtime, seed: number | undefined) {
    this.#runtime = runtime;
    this.generator = { ...streamOf(runtime, seed), counter: 0 };
  }

  /** out = x with a new mask applied. Returns the counter with which `apply` draws the same mask again. */
  draw(out: number, x: number, count: number, p: number): number {
    const { counter } = this.generator;
    this.apply(out, x, count, p, counter);
    this.generator.counter += Math.ceil(count / 4) * 4;
    return counter;
  }

  apply(out: number, x: number, count: number, p: number, counter: number): void {
    this.#runtime.core.dropout(out, x, count, p, 1 / (1 - p), counter, this.#source);
  }

  /** Draws the masks of a pass. */
  drawFor(pass: number): void {
    this.generator.counter += this.#runtime.core.drawMasks(pass, this.generator.counter, this.#source);
  }

  get #source(): number {
    const { seed, stream } = this.generator;
    // Part 2^31: lower parts draw initial parameters.
    return this.#runtime.source(seed, stream, 0x80000000);
  }
}

/**
 * Dropout (Srivastava et al. 2014): with `training: true` each value is zero with probability `p`, and the others are divided by
 * 1 − p. Otherwise the input passes unchanged. Every call draws a new mask.
 *
 * @example
 * ```ts
 * import { Dropout } from 'lstm-wasm';
 * const layer = new Dropout(0.5, { seed: 1 });
 * const { output } = layer.forward({ data: new Float32Array([1, 1]), shape: [2] });
 * console.log(output.data[0]); // 1: no training
 * ```
 * @throws TypeError for an argument of the wrong type, RangeError for a probability outside [0, 1)
 */
export class Dropout extends Stateless {
  override readonly type = 'Dropout';
  declare readonly p: number;
  readonly #masks: Masks;

  constructor(p: number, options: { seed?: number; runtime?: Runtime } = {}) {
    checkOptions(options, ['seed', 'runtime'], 'Dropout');
    checkProbability('p', p);
    super(checkRuntime(options.runtime));
    this.p = p;
    this.#masks = new Masks(this.runtime, options.seed);
  }

  /** @internal */
  override forwardIn(input: Block, tape: Tape): Block {
    if (!tape.training || this.p === 0) {
      if (tape.recording) tape.steps.push(() => (dOutput) => dOutput);
      return input;
    }
    const size = sizeOf(input.shape);
    const pointer = tape.allocate(size * 4);
    const counter = this.#masks.draw(pointer, input.pointer, size, this.p);
    if (tape.recording) {
      tape.steps.push(() => (dOutput) => {
        this.#masks.apply(dOutput.pointer, dOutput.pointer, size, this.p, counter);
        return dOutput;
      });
    }
    return { ...input, pointer };
  }

  /** @internal */
  override openStage(input: StageInput): Stage {
    return { output: input, states: [], run() {} };
  }

  /** @internal */
  override get extras(): LayerExtras {
    return { generators: [this.#masks.generator] };
  }

  /** @internal */
  override config(): LayerConfig {
    return { type: this.type, p: this.p };
  }
}
