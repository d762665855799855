import { describe, suggestion } from '../border/errors.js';
import { checkBoolean, checkOptions } from '../border/options.js';
import { checkTensor, checkTensorOf, type Integers, sizeOf, type Tensor } from '../border/tensor.js';
import { disposable, Holdings } from '../runtime/memory.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Parameter } from './parameter.js';
import type { Stage, StageInput } from './stream.js';
import { type Block, type Tape, TapePool } from './tape.js';

export interface ForwardOptions {
  /** Turns dropout on, and recording with it. Default false. */
  training?: boolean;
  /** Keeps what `backward` needs. Default: as `training`. */
  record?: boolean;
}

/** What a model is to {@link Trainer}, {@link Sequential} and the optimizers; a layer of the user's own speaks it too. */
export interface Layer {
  forward(input: Tensor | Integers, options?: ForwardOptions): { output: Tensor };
  /** Parameter gradients accumulate. */
  backward(gradient: { output: Tensor }): { input?: Tensor };
  /** Names to handles; listing copies nothing. */
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly parameterCount: number;
  readonly runtime: Runtime;
  zeroGrad(): void;
  stateDict(): Record<string, Tensor>;
  loadStateDict(dict: Record<string, Tensor>): void;
  dispose(): void;
}

/** What a layer is made from, as plain data: {@link saveModel} writes it. */
export type LayerConfig = { readonly type: string; readonly [key: string]: unknown };

/** What the layers of this package share: border checks, copies, tapes, parameters. */
export abstract class CoreLayer implements Layer {
  readonly runtime: Runtime;
  /** @internal */
  readonly holdings: Holdings;
  protected readonly tapes: TapePool;
  protected readonly named = new Map<string, Parameter>();

  /** The class, as messages and files name it. */
  abstract readonly type: string;
  /** @internal How three axes are read: batch or time first; undefined where the layer sees rows alone. */
  readonly order: 'batch' | 'time' | undefined = undefined;

  /** @internal */
  constructor(runtime: Runtime) {
    this.runtime = runtime;
    this.holdings = new Holdings(runtime, this);
    this.tapes = new TapePool(this.holdings);
  }

  /** @internal Forward over a block in the core. */
  abstract forwardIn(input: Block, tape: Tape): Block;
  /** @internal One step of a stream, planned once. */
  abstract openStage(input: StageInput, holdings: Holdings): Stage;
  /** @internal Its constructor's arguments as plain data. */
  abstract config(): LayerConfig;

  get parameters(): ReadonlyMap<string, Parameter> {
    return this.named;
  }

  get parameterCount(): number {
    let count = 0;
    for (const parameter of this.parameters.values()) count += parameter.size;
    return count;
  }

  /**
   * The output for an input.
   *
   * @throws TypeError for another kind of input or an unknown option, RangeError for another shape, Error after `dispose`
   */
  forward(input: Tensor | Integers, options: ForwardOptions = {}): { output: Tensor } {
    const { training, recording } = this.checkForward(options, ['training', 'record']);
    const { block } = this.tapes.forward(training, recording, (tape) => {
      const block = this.forwardIn(this.enter(input, tape, this.order === 'batch'), tape);
      return { block, output: this.leave(block, tape) };
    });
    void block;
    return { output: this.lastOutput as Tensor };
  }

  /**
   * The gradient of the input, from that of the output of the latest recorded forward, which is then gone. Parameter
   * gradients accumulate.
   *
   * @throws Error where no forward is recorded, RangeError for another shape than the output's
   */
  backward(gradient: { output: Tensor }): { input?: Tensor } {
    this.holdings.check();
    const expected = this.tapes.expected;
    checkOptions(gradient, ['output'], 'backward');
    const output = checkTensorOf('output', gradient.output, expected.shape, 'of the output');
    return this.tapes.backward((tape) => {
      const dInput = runBackward(tape, this.copyIn(output.data, expected, tape), true);
      return dInput === undefined ? {} : { input: this.leave(dInput, tape) };
    });
  }
}
