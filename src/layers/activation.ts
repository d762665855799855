import type { Allocations } from '../runtime/memory.js';
import { checkRuntime, type Runtime } from '../runtime/runtime.js';
import * as ActivationKind from '../runtime/structs/activation-kind.js';
import { checkOneOf, checkOptions } from '../validation/options.js';
import { sizeOf } from '../validation/tensor.js';
import type { LayerConfig } from './layer.js';
import { Stateless } from './stateless.js';
import type { Stage, StageInput } from './stream.js';
import type { Block, Tape } from './tape.js';

/** The kind of each activation in the core. */
const KINDS = {
  tanh: ActivationKind.TANH,
  sigmoid: ActivationKind.SIGMOID,
  relu: ActivationKind.RELU,
  exponential: ActivationKind.EXPONENTIAL,
};

export type ActivationName = keyof typeof KINDS;

export const ACTIVATIONS = /* @__PURE__ */ Object.keys(KINDS) as ActivationName[];

/**
 * An elementwise activation as a layer: `tanh`, `sigmoid`, `relu` or `exponential`, for any shape.
 *
 * @example
 * ```ts
 * import { Activation } from 'lstm-wasm';
 * const { output } = new Activation('relu').forward({ data: new Float32Array([-1, 2]), shape: [2] });
 * console.log(output.data[0], output.data[1]); // 0 2
 * ```
 * @throws TypeError if the name is not a string, RangeError for an unknown name
 */
export class Activation extends Stateless {
  override readonly type = 'Activation';
  readonly name: ActivationName;

  constructor(name: ActivationName, options: { runtime?: Runtime } = {}) {
    checkOptions(options, ['runtime'], 'Activation');
    checkOneOf('name', name, ACTIVATIONS);
    super(checkRuntime(options.runtime));
    this.name = name;
  }

  /** @internal */
  override forwardIn(input: Block, tape: Tape): Block {
    const { core } = this.runtime;
    const size = sizeOf(input.shape);
    const kind = KINDS[this.name];
    const output: Block = { ...input, pointer: tape.allocate(size * 4) };
    core.activationForward(output.pointer, input.pointer, size, kind, 0, 0);
    if (tape.recording) {
      tape.steps.push(() => (dOutput) => {
        const { pointer } = dOutput;
        core.activationBackward(pointer, pointer, input.pointer, output.pointer, size, kind, 0, 0);
        return dOutput;
      });
    }
    return output;
  }

  /** @internal */
  override openStage(input: StageInput, allocations: Allocations): Stage {
    if (input.ids !== undefined) throw new TypeError('Activation expected values, got ids');
    const size = input.rows * input.width;
    const pointer = allocations.allocate(size * 4);
    const kind = KINDS[this.name];
    const run = () => {
      this.runtime.core.activationForward(pointer, input.pointer, size, kind, 0, 0);
    };
    return { output: { ...input, pointer }, states: [], run };
  }

  /** @internal */
  override config(): LayerConfig {
    return { type: this.type, name: this.name };
  }
}
