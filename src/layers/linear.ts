import type { Allocations } from '../runtime/memory.js';
import { checkRuntime, type Runtime } from '../runtime/runtime.js';
import { checkBoolean, checkOptions, checkSize } from '../validation/options.js';
import { showShape, sizeOf } from '../validation/tensor.js';
import { drawSource, UNINITIALIZED, uniform } from './initialize.js';
import type { LayerConfig } from './layer.js';
import { PackedWeights, panelBytes } from './packed-weights.js';
import { Parameter } from './parameter.js';
import { Stateless } from './stateless.js';
import type { Stage, StageInput } from './stream.js';
import type { BackwardStep, Block, Tape } from './tape.js';

export interface LinearOptions {
  /** Whether there is a bias. Default true. */
  bias?: boolean;
  /** The seed of the initial weights; layers with the same seed draw the same numbers. Default: the runtime's seed, from which each layer draws different numbers. */
  seed?: number;
  runtime?: Runtime;
}

/**
 * y = x Wᵀ + b over the last axis, compatible with PyTorch's `nn.Linear`. Parameters: `weight` [outFeatures, inFeatures] and `bias`
 * [outFeatures], both initialized from U(±1/√inFeatures).
 *
 * @example
 * ```ts
 * import { Linear } from 'lstm-wasm';
 * const layer = new Linear(3, 2);
 * const { output } = layer.forward({ data: new Float32Array(6), shape: [2, 3] });
 * console.log(output.shape); // [ 2, 2 ]
 * ```
 * @throws TypeError for an argument of the wrong type or an unknown option, RangeError for a size that is not a positive integer
 */
export class Linear extends Stateless {
  override readonly type = 'Linear';
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly #weight: Parameter;
  readonly #bias: Parameter | undefined;
  readonly #panels: PackedWeights;
  readonly #backPanels: PackedWeights;

  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    checkOptions(options, ['bias', 'seed', 'runtime'], 'Linear');
    const K = checkSize('inFeatures', inFeatures);
    const N = checkSize('outFeatures', outFeatures);
    const { bias = true } = options;
    checkBoolean('bias', bias);
    super(checkRuntime(options.runtime));
    this.inFeatures = K;
    this.outFeatures = N;
    const { core } = this.runtime;
    const source = drawSource(this.runtime, options.seed);
    this.build(() => {
      this.named.set('weight', new Parameter(this.allocations, [N, K]));
      if (bias) this.named.set('bias', new Parameter(this.allocations, [N]));
    });
    this.#weight = this.named.get('weight') as Parameter;
    this.#bias = this.named.get('bias');
    const { pointer } = this.#weight;
    this.#panels = new PackedWeights(
      this.allocations,
      [this.#weight],
      () => panelBytes(N, K),
      (to) => core.packRows(to, pointer, N, K),
    );
    this.#backPanels = new PackedWeights(
      this.allocations,
      [this.#weight],
      () => panelBytes(K, N),
      (to) => core.packColumns(to, pointer, K, N, K),
    );
    if (UNINITIALIZED in options) return;
    for (const [n, parameter] of [...this.named.values()].entries()) {
      uniform(parameter, 1 / Math.sqrt(K), source(n));
    }
  }

  /** @internal */
  override valuesPerRow(_recording: boolean): number {
    return this.outFeatures;
  }

  /** @internal */
  override forwardIn(input: Block, tape: Tape): Block {
    const { inFeatures: K, outFeatures: N } = this;
    if (input.shape.at(-1) !== K) {
      throw new RangeError(
        `input expected shape [..., inFeatures] = [..., ${K}], got ${showShape(input.shape)}`,
      );
    }
    const rows = sizeOf(input.shape) / K;
    const output: Block = {
      pointer: tape.allocate(rows * N * 4),
      shape: [...input.shape.slice(0, -1), N],
      transposed: input.transposed,
    };
    const bias = this.#bias?.pointer ?? 0;
    this.runtime.core.linearForward(output.pointer, input.pointer, this.#panels.current(), bias, rows, N, K);
    if (tape.recording) tape.steps.push((wantInput) => this.#prepare(input, rows, tape, wantInput));
    return output;
  }

  #prepare(input: Block, rows: number, tape: Tape, wantInput: boolean): BackwardStep {
    const { inFeatures: K, outFeatures: N } = this;
    const { core } = this.runtime;
    const dInput = wantInput ? tape.allocate(rows * K * 4) : 0;
    const scratch = tape.allocate(core.gradientScratch(N, K));
    const dWeight = this.#weight.needGradient();
    const dBias = this.#bias?.needGradient() ?? 0;
    const backPanels = wantInput ? this.#backPanels.current() : 0;
    return ({ pointer: dOutput }) => {
      if (dWeight) core.weightGradient(dWeight, dOutput, input.pointer, K, rows, N, K, scratch);
      if (dBias) core.biasGradient(dBias, 0, dOutput, rows, N);
      if (!wantInput) return undefined;
      core.inputGradient(dInput, dOutput, backPanels, rows, N, K);
      return { ...input, pointer: dInput };
    };
  }

  /** @internal */
  override openStage(input: StageInput, allocations: Allocations): Stage {
    const { inFeatures: K, outFeatures: N } = this;
    if (input.width !== K || input.ids !== undefined)
      throw new RangeError(`Linear expected inFeatures = ${K} values per row, got ${input.width}`);
    const pointer = allocations.allocate(input.rows * N * 4);
    const bias = this.#bias?.pointer ?? 0;
    const { core } = this.runtime;
    const run = () => {
      core.linearForward(pointer, input.pointer, this.#panels.current(), bias, input.rows, N, K);
    };
    return { output: { pointer, rows: input.rows, width: N }, states: [], run };
  }

  /** @internal */
  override config(): LayerConfig {
    return {
      type: this.type,
      inFeatures: this.inFeatures,
      outFeatures: this.outFeatures,
      bias: this.#bias !== undefined,
    };
  }
}
