import type { Allocations } from '../runtime/memory.js';
import { checkRuntime } from '../runtime/runtime.js';
import { wrongValue } from '../validation/errors.js';
import { checkOptions } from '../validation/options.js';
import {
  type IntegerArray,
  type Integers,
  isIntegers,
  type OwnTensor,
  showShape,
  sizeOf,
  type Tensor,
} from '../validation/tensor.js';
import { type Cell, type CellDescription, cellOf, type OwnOptions } from './cell.js';
import { Masks } from './dropout.js';
import type { LayerExtras } from './extras.js';
import { UNINITIALIZED } from './initialize.js';
import { type BackwardOptions, CoreLayer, type ForwardOptions, type LayerConfig } from './layer.js';
import { oneHotRows } from './one-hot.js';
import {
  checkForwardOnly,
  checkRecurrent,
  type Merge,
  OPTIONS,
  type RecurrentOptions,
  savedOptions,
} from './recurrent-options.js';
import { type AxisOrder, checkSequence, type SequenceSize } from './sequence-options.js';
import { type CoreSequences, Stack, type StackForward, type StatePointers } from './stack.js';
import {
  type BatchSize,
  carriedBatchError,
  type RecurrentGradient,
  type StateName,
  StateShapes,
  type States,
} from './states.js';
import { checkStreamBatch, type Stage, type StageInput, Stream, type StreamOptions } from './stream.js';
import { type Block, leadingOf, type Tape } from './tape.js';

type Sizes = BatchSize & SequenceSize;

interface Forward extends Sizes {
  readonly input: Block;
  readonly output: Block;
  readonly pass: StackForward;
}

/** The base class of LSTM, GRU and RNN: checks of shapes and states around a stack. */
export abstract class Recurrent extends CoreLayer {
  declare readonly inputSize: number;
  declare readonly hiddenSize: number;
  declare readonly numLayers: number;
  declare readonly bias: boolean | 'single';
  declare readonly dropout: number;
  declare readonly inputDropout: number;
  declare readonly recurrentDropout: number;
  declare readonly zoneout: { readonly h: number; readonly c: number };
  /** The bound of the cell state; 0 for none. */
  declare readonly clip: number;
  declare readonly learnInitial: boolean;
  declare readonly maskedOutput: 'repeat' | 'zeros';
  declare readonly returnSequences: boolean;
  declare readonly timeMajor: boolean;
  declare readonly stateful: boolean;
  declare readonly bidirectional: boolean;
  declare readonly merge: Merge;
  declare readonly reverse: boolean;
  /** The size of h: hiddenSize, or projSize with a projection. */
  readonly stateSize: number;
  /** The size of the output: that of h, or twice that if both directions are concatenated. */
  readonly outputSize: number;
  readonly #cell: Cell;
  readonly #states: StateShapes;
  readonly #stack: Stack;
  readonly #masks: Masks | undefined;
  readonly #saved: Record<string, unknown>;
  readonly #recorded = new WeakMap<Tape, Forward>();
  #carried: { h?: Tensor; c?: Tensor } = {};

  /** @internal `own` checks the options of this kind of cell. */
  constructor(
    owner: string,
    kind: CellDescription,
    inputSize: number,
    hiddenSize: number,
    options: RecurrentOptions,
    known: readonly string[],
    own: () => OwnOptions,
  ) {
    const sizes = { inputSize, hiddenSize };
    const { seed, ...given } = checkRecurrent(owner, sizes, options, known, kind.hasCell);
    const cell = cellOf(kind, hiddenSize, own(), given, options.activations);
    super(checkRuntime(options.runtime));
    Object.assign(this, sizes, given);
    this.#cell = cell;
    this.stateSize = cell.stateSize;
    this.#saved = savedOptions(options, [...OPTIONS, ...known]);
    this.#states = new StateShapes(cell, given.numLayers, given.bidirectional ? 2 : 1);
    const { dropout, numLayers, inputDropout, recurrentDropout, zoneout } = given;
    const init = UNINITIALIZED in options ? undefined : (options as { init?: unknown }).init;
    const draws =
      (dropout > 0 && numLayers > 1) || inputDropout + recurrentDropout + zoneout.h + zoneout.c > 0;
    this.#masks = draws ? new Masks(this.runtime, seed) : undefined;
    this.#stack = this.build(
      () => new Stack(this.allocations, cell, { ...sizes, ...given, init }, this.#masks, this.named),
    );
    this.outputSize = this.#stack.width;
  }

  /** Resets the states of a stateful layer: the next recorded forward starts with zeros. */
  resetState(): void {
    this.checkFree();
    this.#carried = {};
  }

  protected forwardStates(
    input: Tensor | Integers,
    options: ForwardOptions & States,
    names: readonly string[],
  ) {
    const { training, recording } = this.checkForward(options, names);
    return this.attempt(training, recording, (tape) => {
      const forward = this.#forward(this.enterSequence(input, options, tape), options, tape);
      if (recording) this.#recorded.set(tape, forward);
      return {
        block: forward.output,
        output: this.leave(forward.output, tape),
        ...this.#finalStates(forward, tape),
      };
    });
  }

  protected backwardStates(gradient: RecurrentGradient, names: readonly string[], options: BackwardOptions) {
    const { output, wantInput } = this.checkBackward(gradient, names, options);
    return this.tapes.backward((tape, recorded) => {
      const forward = this.#recorded.get(tape) as Forward;
      const dOutput = output && this.copyIn(output.data, recorded, tape);
      const step = this.#prepare(forward, gradient, wantInput, tape);
      tape.reserve(wantInput ? this.transposeBytes(forward.input) : 0);
      tape.spent = true;
      const { dInput, h, c } = step(dOutput);
      return {
        input: dInput && this.leave(dInput, tape),
        h0: this.#leaveState('h', h, forward, tape),
        c0: c ? this.#leaveState('c', c, forward, tape) : undefined,
      };
    });
  }

  protected openStream(options: StreamOptions & States, names: readonly string[]): Stream {
    this.allocations.check();
    checkOptions(options, ['batch', ...names], `${this.type}.stream`);
    const batch = checkStreamBatch(options.batch);
    const sizes = { batch: batch ?? 1, batched: batch !== undefined };
    const initial: Record<string, Tensor> = {};
    for (const name of this.#states.names) {
      const state = options[`${name}0`];
      if (state !== undefined) initial[name] = this.#states.check(`${name}0`, name, state, sizes);
    }
    const stream = new Stream(this, batch, { width: this.inputSize, oneHot: this.inputSize });
    if (Object.keys(initial).length > 0) stream.setState({ ...stream.state, ...initial });
    return stream;
  }

  /** @internal */
  override get readsLengths(): boolean {
    return true;
  }

  /** @internal */
  override get order(): AxisOrder {
    return this.timeMajor ? 'time' : 'batch';
  }

  /** @internal Ids are read as one-hot rows. */
  override enter(input: Tensor | Integers, tape: Tape, transposed: boolean, model: CoreLayer = this): Block {
    return isIntegers(input)
      ? this.enterIds(input, this.inputSize, tape, transposed, model)
      : super.enter(input, tape, transposed, model);
  }

  /** @internal Outputs, and for backward gates, cells and their activations. */
  override valuesPerRow(recording: boolean): number {
    const { hasCell, gates } = this.#cell;
    const kept = recording ? (hasCell ? 5 : gates) * this.hiddenSize : 0;
    return this.numLayers * (this.bidirectional ? 2 : 1) * (this.stateSize + kept);
  }

  /** @internal */
  override forwardIn(input: Block, tape: Tape): Block {
    const forward = this.#forward(input, {}, tape);
    if (tape.recording) {
      tape.steps.push((wantInput) => {
        const step = this.#prepare(forward, {}, wantInput, tape);
        return (dOutput) => step(dOutput).dInput;
      });
    }
    return forward.output;
  }

  /** @internal */
  override openStage(input: StageInput, allocations: Allocations): Stage {
    if (input.width !== this.inputSize || input.ids !== undefined) {
      const came = input.ids === undefined ? input.width : 'ids';
      throw new RangeError(`${this.type} expected inputSize = ${this.inputSize} values per row, got ${came}`);
    }
    checkForwardOnly('stream', this);
    return this.#stack.openStage(input, allocations);
  }

  /** @internal */
  override get extras(): LayerExtras {
    return {
      ...(this.#masks && { generators: [this.#masks.generator] }),
      ...(this.stateful && {
        carried: {
          names: this.#states.names,
          fits: (name, shape) => this.#states.fits(name as StateName, shape),
          get: () => ({ ...this.#carried }),
          set: (states) => {
            this.#carried = states;
          },
        },
      }),
    };
  }

  /** @internal */
  override config(): LayerConfig {
    const { type, inputSize, hiddenSize, numLayers, bias } = this;
    return { type, inputSize, hiddenSize, numLayers, bias, ...this.#saved };
  }

  #sizes({ shape, ids }: Block, leading: readonly number[]): Sizes {
    const batched = leading.length === 2;
    const [first = 0, second = 0] = leading;
    const steps = batched && !this.timeMajor ? second : first;
    const batch = batched ? (this.timeMajor ? second : first) : 1;
    const fits = ids || shape.at(-1) === this.inputSize;
    if (!(batched || leading.length === 1) || !fits) {
      const axes = this.timeMajor ? 'time, batch' : 'batch, time';
      const expected = ids
        ? `ids of shape [${axes}] or [time]`
        : `shape [${axes}, inputSize] = [${axes}, ${this.inputSize}] or [time, ${this.inputSize}]`;
      throw wrongValue('input', expected, showShape(shape));
    }
    if (steps < 1)
      throw wrongValue('input', 'at least one time step', `shape ${showShape(shape)} with time = 0`);
    return { steps, batch, batched };
  }

  #forward(input: Block, given: States, tape: Tape): Forward {
    const leading = leadingOf(input);
    const sizes = this.#sizes(input, leading);
    const sequences = this.#sequences(sizes, leading, tape);
    const initial = this.#initialStates(sizes, given, tape);
    const pass = this.#stack.forward(this.#inside(input, sizes, tape), sequences, initial, tape);
    const forward = { ...sizes, input, output: this.#output(pass.y, input.transposed, sizes), pass };
    const { type, timeMajor, parameters } = this;
    tape.trace?.push({ ...sizes, pointer: pass.pass, cell: this.#cell, type, timeMajor, parameters });
    if (this.stateful && tape.recording) {
      const { hN, cN } = this.#finalStates(forward, tape);
      this.#carried = { h: hN, ...(cN && { c: cN }) };
    }
    return forward;
  }

  /** Checks the lengths and the mask, and copies them into the core. */
  #sequences(sizes: Sizes, leading: readonly number[], tape: Tape): CoreSequences {
    const { lengths, mask } = checkSequence(tape.sequence, sizes, leading);
    const transposed = sizes.batched && !this.timeMajor;
    const place = (
      values: readonly number[] | IntegerArray | undefined,
      shape: readonly number[],
      transposed: boolean,
    ) => (values ? this.copyIn(values, { shape, transposed, ids: true }, tape).pointer : 0);
    return {
      ...sizes,
      lengths: place(lengths, [sizes.batch], false),
      mask: place(mask, leading, transposed),
    };
  }

  /** The input in the form that the core reads: ids become one-hot rows if dropout applies to them. */
  #inside(input: Block, { steps, batch }: SequenceSize, tape: Tape): Pick<Block, 'pointer' | 'ids'> {
    if (!(input.ids && tape.training && this.#cell.inputDropout > 0)) return input;
    return { pointer: oneHotRows(this.runtime, input.pointer, steps * batch, this.inputSize, tape) };
  }

  #output(pointer: number, transposed: boolean, { steps, batch, batched }: Sizes): Block {
    const leading = this.timeMajor ? [steps, batch] : [batch, steps];
    const shape = batched ? leading : [steps];
    if (this.returnSequences) return { pointer, shape: [...shape, this.outputSize], transposed };
    return { pointer, shape: [...(batched ? [batch] : []), this.outputSize], transposed: false };
  }

  /** The states before the first step: given, carried, or none (0), which means zeros or the learned states. */
  #initialStates(sizes: Sizes, given: States, tape: Tape): StatePointers {
    const carries = this.stateful && tape.recording && given.h0 === undefined && given.c0 === undefined;
    const { h } = this.#carried;
    if (carries && h && h.data.length !== sizeOf(this.#states.of('h', sizes))) {
      throw carriedBatchError(h.shape, sizes.batch);
    }
    const place = (name: StateName) => {
      const label = `${name}0` as const;
      const own = given[label];
      const state =
        own !== undefined
          ? this.#states.check(label, name, own, sizes)
          : carries
            ? this.#carried[name]
            : undefined;
      if (state === undefined) return 0;
      return this.copyIn(state.data, { shape: this.#states.of(name, sizes), transposed: false }, tape)
        .pointer;
    };
    return { h: place('h'), c: place('c') };
  }

  #finalStates({ pass, ...sizes }: Forward, tape: Tape): { hN: OwnTensor; cN: OwnTensor | undefined } {
    const { h, c } = pass.final;
    return {
      hN: this.#leaveState('h', h, sizes, tape),
      cN: this.#cell.hasCell ? this.#leaveState('c', c, sizes, tape) : undefined,
    };
  }

  #leaveState(name: StateName, pointer: number, sizes: BatchSize, tape: Tape): OwnTensor {
    return this.leave({ pointer, shape: this.#states.of(name, sizes), transposed: false }, tape);
  }

  /** Allocates what backward needs. The step writes the gradients of the initial states to `h` and `c`. */
  #prepare(forward: Forward, given: RecurrentGradient, wantInput: boolean, tape: Tape) {
    const { pass, input } = forward;
    const h = this.#stateGradient('h', given.hN, forward, tape);
    const c = this.#cell.hasCell ? this.#stateGradient('c', given.cN, forward, tape) : 0;
    const wanted = wantInput && !input.ids;
    const backward = this.#stack.prepareBackward(pass, wanted, tape);
    return (dOutput: Block | undefined): { dInput: Block | undefined; h: number; c: number } => {
      const pointer = backward(dOutput?.pointer ?? 0, { h, c });
      return { dInput: wanted ? { ...input, pointer } : undefined, h, c };
    };
  }

  #stateGradient(name: StateName, state: Tensor | undefined, sizes: BatchSize, tape: Tape): number {
    const shape = this.#states.of(name, sizes);
    if (state === undefined) return tape.allocateZeros(sizeOf(shape) * 4);
    const { data } = this.#states.check(`${name}N`, name, state, sizes);
    return this.copyIn(data, { shape, transposed: false }, tape).pointer;
  }
}
