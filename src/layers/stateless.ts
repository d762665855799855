import { wrongKind } from '../validation/errors.js';
import { type Integers, type OwnTensor, sizeOf, type Tensor } from '../validation/tensor.js';
import { type BackwardOptions, CoreLayer, type ForwardOptions } from './layer.js';
import type { SequenceOptions } from './sequence-options.js';
import { type BackwardStep, type Block, leadingOf, type Tape } from './tape.js';

/** A recorded forward whose output stays in the core, and where backward reads its gradient. */
export interface Recording {
  readonly block: Block;
  readonly gradient: Block;
  copyOutput(): OwnTensor;
}

/** The base of layers with one input, one output and no states. A page with only an LSTM does not load it. */
export abstract class Stateless extends CoreLayer {
  /**
   * Computes the output.
   *
   * @throws TypeError for an input of the wrong type or an unknown option, RangeError for a wrong shape, Error after `dispose`
   */
  forward(input: Tensor | Integers, options: ForwardOptions = {}): { output: OwnTensor } {
    const { training, recording } = this.checkForward(options);
    const { output } = this.attempt(training, recording, (tape) => {
      const block = this.#forward(input, options, tape);
      return { block, output: this.leave(block, tape) };
    });
    return { output };
  }

  #forward(input: Tensor | Integers, sequence: SequenceOptions, tape: Tape): Block {
    const entered = this.enterSequence(input, sequence, tape);
    if (!entered.ids) {
      this.skipSteps(leadingOf(entered), tape);
      this.blank(entered, tape.skipped);
    }
    tape.inputBytes = this.transposeBytes(entered);
    return this.forwardIn(entered, tape);
  }

  /**
   * The gradient of the input, from the gradient of the output of the latest recorded forward, whose recording is then freed.
   * Parameter gradients accumulate.
   *
   * @throws Error if no forward is recorded, RangeError if the gradient does not have the output's shape
   */
  backward(gradient: { output: Tensor }, options: BackwardOptions = {}): { input?: OwnTensor } {
    const { output, wantInput } = this.checkBackward(gradient, ['output'], options);
    if (!output) throw wrongKind('backward: "output"', 'the gradient of the output', output);
    return this.tapes.backward((tape, recorded) => {
      const dOutput = this.copyIn(output.data, recorded, tape);
      this.blank(dOutput, tape.skipped);
      const dInput = runBackward(tape, dOutput, wantInput);
      return dInput === undefined ? {} : { input: this.leave(dInput, tape) };
    });
  }

  /** @internal Whether a subclass or the user has replaced `forward` or `backward`. */
  get overridden(): boolean {
    return this.forward !== Stateless.prototype.forward || this.backward !== Stateless.prototype.backward;
  }

  /**
   * @internal A recorded `forward` whose output stays in the core, with memory for its gradient. On failure the caller restores
   * the layer's state.
   */
  record(input: Tensor | Integers, options: ForwardOptions): Recording {
    const { training } = this.checkForward(options);
    return this.tapes.forward(training, true, (tape) => {
      const block = this.#forward(input, options, tape);
      const gradient = { ...block, pointer: tape.allocate(sizeOf(block.shape) * 4) };
      return { block, gradient, copyOutput: () => this.leave(block, tape) };
    });
  }

  /**
   * @internal The `backward` of a recording, from the gradient written in the core; without the input's gradient.
   *
   * @throws Error if another forward was recorded after it
   */
  backwardRecorded({ block, gradient }: Recording): void {
    this.checkFree(this.tapes);
    if (this.tapes.latest.output !== block)
      throw new Error('backward expected the recording of this step: another forward was recorded after it');
    this.tapes.backward((tape) => void runBackward(tape, gradient, false));
  }
}

/** Backward through the steps that a tape recorded, the latest first. All of them allocate their memory before the first runs. */
export function runBackward(tape: Tape, dOutput: Block, wantInput: boolean): Block | undefined {
  const steps = tape.steps.map((prepare, n) => prepare(wantInput || n > 0));
  tape.reserve(tape.inputBytes);
  tape.spent = true;
  let gradient: Block | undefined = dOutput;
  for (let n = steps.length - 1; n >= 0 && gradient !== undefined; n--) {
    gradient = (steps[n] as BackwardStep)(gradient);
  }
  return gradient;
}
