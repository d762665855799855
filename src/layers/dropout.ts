import { checkRuntime, type GeneratorState, type Runtime } from '../runtime/runtime.js';
import { checkOptions, checkProbability } from '../validation/options.js';
import { sizeOf } from '../validation/tensor.js';
import type { LayerExtras } from './extras.js';
import { streamOf } from './initialize.js';
import type { LayerConfig } from './layer.js';
import { Stateless } from './stateless.js';
import type { Stage, StageInput } from './stream.js';
import type { Block, Tape } from './tape.js';

/** The generator of dropout masks. A mask is a function of its state, so backward draws the same one again. */
export class Masks {
  declare readonly generator: GeneratorState;
  readonly #runtime: Runtime;

  constructor(runtime: Runtime, seed: number | undefined) {
    this.#runtime = runtime;
    this.generator = { ...streamOf(runtime, seed), counter: 0 };
  }

  /** Draws the masks of a pass. */
  drawFor(pass: number): void {
    this.generator.counter += this.#runtime.core.drawMasks(pass, this.generator.counter, this.source);
  }

  /** The address of its random source in the core. */
  get source(): number {
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
    const { generator } = this.#masks;
    const { counter } = generator;
    this.#apply(pointer, input.pointer, size, counter);
    generator.counter += Math.ceil(size / 4) * 4;
    if (tape.recording) {
      tape.steps.push(() => (dOutput) => {
        this.#apply(dOutput.pointer, dOutput.pointer, size, counter);
        return dOutput;
      });
    }
    return { ...input, pointer };
  }

  /** out = x with the mask that starts at `counter`. */
  #apply(out: number, x: number, size: number, counter: number): void {
    const { p } = this;
    this.runtime.core.dropout(out, x, size, p, 1 / (1 - p), counter, this.#masks.source);
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
