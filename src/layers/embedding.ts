import type { Allocations } from '../runtime/memory.js';
import { checkRuntime, type Runtime } from '../runtime/runtime.js';
import { checkNumber, checkOptions, checkSize } from '../validation/options.js';
import { type Integers, showShape, sizeOf, type Tensor } from '../validation/tensor.js';
import { drawSource, normal, UNINITIALIZED } from './initialize.js';
import type { CoreLayer, LayerConfig } from './layer.js';
import { Parameter } from './parameter.js';
import { Stateless } from './stateless.js';
import type { Stage, StageInput } from './stream.js';
import type { Block, Tape } from './tape.js';

export interface EmbeddingOptions {
  /**
   * The id of padding, as PyTorch's `padding_idx`: its vector is initialized with zeros and gets no gradient. Negative ids count from the
   * end. Default: none.
   */
  paddingIdx?: number;
  /** The seed of the initial weights; layers with the same seed draw the same numbers. Default: the runtime's seed, from which each layer draws different numbers. */
  seed?: number;
  runtime?: Runtime;
}

/**
 * A vector of `size` values for each of `count` ids, compatible with PyTorch's `nn.Embedding`. Parameter: `weight` [count, size],
 * initialized from N(0, 1). The input is an integer array of any shape; the output has one more axis. `forward` accepts `lengths` and
 * `mask` for ids [batch, time] or [time]: skipped ids may be anything, and their output is 0.
 *
 * @example
 * ```ts
 * import { Embedding } from 'lstm-wasm';
 * const { output } = new Embedding(10, 4).forward(new Int32Array([1, 9]));
 * console.log(output.shape); // [ 2, 4 ]
 * ```
 * @throws TypeError for an argument of the wrong type or an unknown option, RangeError for a size that is not a positive integer
 */
export class Embedding extends Stateless {
  override readonly type = 'Embedding';
  readonly count: number;
  readonly size: number;
  /** The id of padding, from 0 up; undefined if there is none. */
  readonly paddingIdx: number | undefined;
  readonly #weight: Parameter;

  constructor(count: number, size: number, options: EmbeddingOptions = {}) {
    checkOptions(options, ['paddingIdx', 'seed', 'runtime'], 'Embedding');
    checkSize('count', count);
    checkSize('size', size);
    const paddingIdx =
      options.paddingIdx === undefined ? undefined : checkPaddingIdx(options.paddingIdx, count);
    super(checkRuntime(options.runtime));
    this.count = count;
    this.size = size;
    this.paddingIdx = paddingIdx;
    const source = drawSource(this.runtime, options.seed);
    this.build(() => this.named.set('weight', new Parameter(this.allocations, [count, size])));
    this.#weight = this.named.get('weight') as Parameter;
    if (UNINITIALIZED in options) return;
    normal(this.#weight, 1, source(0));
    if (paddingIdx !== undefined)
      this.runtime.floats(this.#weight.pointer + paddingIdx * size * 4, size).fill(0);
  }

  /** @internal */
  override get readsLengths(): boolean {
    return true;
  }

  /** @internal */
  override enter(input: Tensor | Integers, tape: Tape, transposed: boolean, model: CoreLayer = this): Block {
    return this.enterIds(input as Integers, this.count, tape, transposed, model);
  }

  /** @internal */
  override valuesPerRow(_recording: boolean): number {
    return this.size;
  }

  /** @internal */
  override forwardIn(input: Block, tape: Tape): Block {
    if (!input.ids)
      throw new TypeError(`Embedding expected ids, got values of shape ${showShape(input.shape)}`);
    const { core } = this.runtime;
    const rows = sizeOf(input.shape);
    const pointer = tape.allocate(rows * this.size * 4);
    core.embeddingForward(pointer, input.pointer, this.#weight.pointer, rows, this.size);
    if (tape.recording) {
      tape.steps.push(() => {
        const gradient = this.#weight.needGradient();
        return ({ pointer: dOutput }) => {
          if (gradient)
            core.embeddingBackward(gradient, dOutput, input.pointer, rows, this.size, this.paddingIdx ?? -1);
          return undefined;
        };
      });
    }
    return { pointer, shape: [...input.shape, this.size], transposed: input.transposed };
  }

  /** @internal */
  override openStage(input: StageInput, allocations: Allocations): Stage {
    if (input.ids !== this.count)
      throw new TypeError(`Embedding expected ids, got ${input.width} values per row`);
    const { rows } = input;
    const pointer = allocations.allocate(rows * this.size * 4);
    const run = () => {
      this.runtime.core.embeddingForward(pointer, input.pointer, this.#weight.pointer, rows, this.size);
    };
    return { output: { pointer, rows, width: this.size }, states: [], run };
  }

  /** @internal */
  override config(): LayerConfig {
    const { type, count, size, paddingIdx } = this;
    return { type, count, size, ...(paddingIdx !== undefined && { paddingIdx }) };
  }
}

function checkPaddingIdx(value: unknown, count: number): number {
  const inRange = (id: number) => Number.isInteger(id) && id >= -count && id < count;
  const id = checkNumber(
    'paddingIdx',
    value,
    `an id from -count = ${-count} to count - 1 = ${count - 1}`,
    inRange,
  );
  return id < 0 ? count + id : id;
}
