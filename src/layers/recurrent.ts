import { checkOptions } from '../border/options.js';
import {
  checkTensorOf,
  type Integers,
  isIntegers,
  showShape,
  sizeOf,
  type Tensor,
} from '../border/tensor.js';
import type { Holdings } from '../runtime/memory.js';
import { checkRuntime } from '../runtime/runtime.js';
import { Directions, type Merge } from './directions.js';
import { Masks } from './dropout.js';
import { enterIds } from './ids.js';
import {
  type BackwardOptions,
  CoreLayer,
  type ForwardOptions,
  type LayerConfig,
  type LayerExtras,
} from './layer.js';
import type { Cell } from './level.js';
import { checkRecurrent, type RecurrentOptions } from './recurrent-options.js';
import { recurrentStage } from './recurrent-stage.js';
import { type Extent, type LevelRun, Stack, type StatePointers } from './stack.js';
import { checkBatch, type Stage, type StageInput, Stream, type StreamOptions } from './stream.js';
import type { Block, Tape } from './tape.js';

/** The states before the first step, or their gradients, [numLayers, batch, hiddenSize] each. */
export interface States {
  h0?: Tensor | undefined;
  c0?: Tensor | undefined;
}

/** Gradients of what a recurrent layer gave; a missing one counts as zeros. */
export interface RecurrentGradient {
  output?: Tensor | undefined;
  hN?: Tensor | undefined;
  cN?: Tensor | undefined;
}

interface Sizes extends Extent {
  readonly batched: boolean;
}

interface Forward extends Sizes {
  readonly input: Block;
  readonly output: Block;
  readonly levels: readonly LevelRun[];
}

/** What LSTM, GRU and RNN share: shapes and states at the border of a stack. */
export abstract class Recurrent extends CoreLayer {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  readonly dropout: number;
  readonly returnSequences: boolean;
  readonly timeMajor: boolean;
  readonly stateful: boolean;
  readonly bidirectional: boolean;
  readonly merge: Merge;
  readonly reverse: boolean;
  /** Values of the output: twice hiddenSize where both directions stand side by side. */
  readonly outputSize: number;
  readonly #directions: Directions;
  readonly #cell: Cell;
  readonly #stack: Stack;
  readonly #masks: Masks | undefined;
  readonly #recorded = new WeakMap<Tape, Forward>();
  #carried: { h?: Tensor; c?: Tensor } = {};

  /** @internal */
  constructor(
    owner: string,
    cell: Cell,
    inputSize: number,
    hiddenSize: number,
    options: RecurrentOptions,
    known: readonly string[],
  ) {
    const sizes = { inputSize, hiddenSize };
    const { seed, ...given } = checkRecurrent(owner, sizes, options, known);
    super(checkRuntime(options.runtime));
    this.#cell = cell;
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.numLayers = given.numLayers;
    this.bias = given.bias;
    this.dropout = given.dropout;
    this.returnSequences = given.returnSequences;
    this.timeMajor = given.timeMajor;
    this.stateful = given.stateful;
    this.bidirectional = given.bidirectional;
    this.reverse = given.reverse;
    this.merge = given.merge;
    const reversed = given.bidirectional ? [false, true] : [given.reverse];
    this.#directions = new Directions(this.runtime, hiddenSize, reversed, given.merge);
    this.outputSize = this.#directions.width;
    const { dropout, numLayers } = given;
    this.#masks = dropout > 0 && numLayers > 1 ? new Masks(this.runtime, dropout, seed) : undefined;
    this.#stack = this.build(
      () => new Stack(this.holdings, cell, { ...sizes, ...given }, this.#directions, this.#masks, this.named),
    );
  }

  /** Forgets the states that a stateful layer carries: the next recorded forward begins with zeros. */
  resetState(): void {
    this.#carried = {};
  }

  protected forwardStates(
    input: Tensor | Integers,
    options: ForwardOptions & States,
    names: readonly string[],
  ) {
    const { training, recording } = this.checkForward(options, names);
    return this.attempt(training, recording, (tape) => {
      const forward = this.#forward(this.enter(input, tape, this.order === 'batch'), options, tape);
      if (recording) this.#recorded.set(tape, forward);
      return {
        block: forward.output,
        output: this.leave(forward.output, tape),
        ...this.#finalStates(forward),
      };
    });
  }

  protected backwardStates(gradient: RecurrentGradient, names: readonly string[], options: BackwardOptions) {
    const { output, wantInput } = this.checkBackward(gradient, names, options);
    const forward = this.#recorded.get(this.tapes.latest.tape) as Forward;
    const shape = this.#stateShape(forward);
    for (const name of ['hN', 'cN'] as const) {
      if (gradient[name] !== undefined) checkTensorOf(name, gradient[name], shape, this.#stateFormula);
    }
    return this.tapes.backward((tape, recorded) => {
      const dOutput = output && this.copyIn(output.data, recorded, tape);
      const step = this.#prepare(forward, gradient, wantInput, tape);
      tape.reserve(wantInput ? this.turningBytes(forward.input) : 0);
      tape.spent = true;
      const { dInput, h, c } = step(dOutput);
      return {
        input: dInput && this.leave(dInput, tape),
        h0: this.leave({ pointer: h, shape, turned: false }, tape),
        c0: this.#cell.hasCell ? this.leave({ pointer: c, shape, turned: false }, tape) : undefined,
      };
    });
  }

  protected openStream(options: StreamOptions & States, names: readonly string[]): Stream {
    this.holdings.check();
    checkOptions(options, ['batch', ...names], `${this.type}.stream`);
    const batch = checkBatch(options.batch);
    const shape = this.#stateShape({ batch: batch ?? 1, batched: batch !== undefined });
    const { h0, c0 } = options;
    if (h0 !== undefined) checkTensorOf('h0', h0, shape, this.#stateFormula);
    if (c0 !== undefined) checkTensorOf('c0', c0, shape, this.#stateFormula);
    const open = (input: StageInput, holdings: Holdings) => this.openStage(input, holdings);
    const input = { width: this.inputSize, oneHot: this.inputSize };
    const stream = new Stream(this.runtime, batch, input, open);
    if (h0 || c0) stream.setState({ ...stream.state, ...(h0 && { h: h0 }), ...(c0 && { c: c0 }) });
    return stream;
  }

  /** @internal */
  override get order(): 'batch' | 'time' {
    return this.timeMajor ? 'time' : 'batch';
  }

  /** @internal Ids stand for one-hot rows. */
  override enter(input: Tensor | Integers, tape: Tape, turned: boolean): Block {
    return isIntegers(input)
      ? enterIds(this.runtime, input, this.inputSize, tape, turned)
      : super.enter(input, tape, turned);
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
  override openStage(input: StageInput, holdings: Holdings): Stage {
    if (input.width !== this.inputSize || input.ids !== undefined) {
      const came = input.ids === undefined ? input.width : 'ids';
      throw new RangeError(`${this.type} expected inputSize = ${this.inputSize} values a row, got ${came}`);
    }
    if (this.bidirectional || this.reverse) {
      throw new TypeError(
        `${this.type}.stream: a layer that runs from the last step to the first needs the whole sequence: ` +
          'bidirectional and reverse layers have no stream',
      );
    }
    return recurrentStage(this.#stack.levels.flat(), this.#cell, this.hiddenSize, input, holdings, () =>
      this.holdings.check(),
    );
  }

  /** @internal */
  override get extras(): LayerExtras {
    return {
      ...(this.#masks && { generators: [this.#masks.generator] }),
      ...(this.stateful && {
        carried: {
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
    const { type, inputSize, hiddenSize, numLayers, bias, dropout, returnSequences, timeMajor, stateful } =
      this;
    const { bidirectional, merge, reverse } = this;
    return {
      ...{ type, inputSize, hiddenSize, numLayers, bias, dropout, returnSequences, timeMajor, stateful },
      ...(bidirectional && { bidirectional, merge }),
      ...(reverse && { reverse }),
    };
  }

  #sizes({ shape, ids }: Block): Sizes {
    const leading = ids ? shape : shape.slice(0, -1);
    const batched = leading.length === 2;
    const [first = 0, second = 0] = leading;
    const steps = batched && !this.timeMajor ? second : first;
    const batch = batched ? (this.timeMajor ? second : first) : 1;
    const fits = ids || shape.at(-1) === this.inputSize;
    if (!(batched || leading.length === 1) || !fits || steps < 1 || batch < 1) {
      const axes = this.timeMajor ? 'time, batch' : 'batch, time';
      const expected = ids
        ? `ids of shape [${axes}] or [time]`
        : `shape [${axes}, inputSize] = [${axes}, ${this.inputSize}] or [time, ${this.inputSize}]`;
      throw new RangeError(`input expected ${expected}, with at least one step, got ${showShape(shape)}`);
    }
    return { steps, batch, batched };
  }

  get #stateFormula(): string {
    return `[${this.bidirectional ? '2 * ' : ''}numLayers, batch, hiddenSize]`;
  }

  #stateShape({ batch, batched }: Pick<Sizes, 'batch' | 'batched'>): number[] {
    const count = this.numLayers * this.#directions.count;
    return batched ? [count, batch, this.hiddenSize] : [count, this.hiddenSize];
  }

  #forward(input: Block, given: States, tape: Tape): Forward {
    const sizes = this.#sizes(input);
    const levels = this.#stack.forward(input, sizes, this.#initialStates(sizes, given, tape), tape);
    const output = this.#output(input.turned, levels.at(-1) as LevelRun, sizes, tape);
    const forward = { ...sizes, input, output, levels };
    if (this.stateful && tape.recording) {
      const { hN, cN } = this.#finalStates(forward);
      this.#carried = { h: hN, ...(cN && { c: cN }) };
    }
    return forward;
  }

  #output(turned: boolean, { y, runs }: LevelRun, { steps, batch, batched }: Sizes, tape: Tape): Block {
    const { width } = this.#directions;
    if (this.returnSequences) {
      const leading = this.timeMajor ? [steps, batch] : [batch, steps];
      return { pointer: y, shape: [...(batched ? leading : [steps]), width], turned };
    }
    const pointer = this.#directions.last(
      runs.map((run) => run.hN),
      batch,
      tape,
    );
    return { pointer, shape: batched ? [batch, width] : [width], turned: false };
  }

  /** The states before the first step: given, carried, or none (0), which is zeros. */
  #initialStates(sizes: Sizes, given: States, tape: Tape): StatePointers {
    const shape = this.#stateShape(sizes);
    const carries = this.stateful && tape.recording && given.h0 === undefined && given.c0 === undefined;
    const { h } = this.#carried;
    if (carries && h && h.data.length !== sizeOf(shape)) {
      throw carriedBatchError(h.shape, sizes.batch);
    }
    const place = (name: 'h0' | 'c0', carried: Tensor | undefined) => {
      const own = given[name] !== undefined;
      const state = own
        ? checkTensorOf(name, given[name], shape, this.#stateFormula)
        : carries
          ? carried
          : undefined;
      return state ? this.copyIn(state.data, { shape, turned: false }, tape).pointer : 0;
    };
    return { h: place('h0', this.#carried.h), c: place('c0', this.#carried.c) };
  }

  #finalStates(forward: Forward): { hN: Tensor; cN: Tensor | undefined } {
    const gather = (pointers: number[]): Tensor => {
      const size = forward.batch * this.hiddenSize;
      const data = new Float32Array(pointers.length * size);
      for (const [n, pointer] of pointers.entries()) {
        data.set(this.runtime.f32.subarray(pointer >>> 2, (pointer >>> 2) + size), n * size);
      }
      return { data, shape: this.#stateShape(forward) };
    };
    const runs = forward.levels.flatMap((level) => level.runs);
    const hN = gather(runs.map((run) => run.hN));
    return { hN, cN: this.#cell.hasCell ? gather(runs.map((run) => run.cN)) : undefined };
  }

  /** Takes what backward needs. The step leaves the gradients of the initial states at `h` and `c`. */
  #prepare(forward: Forward, given: RecurrentGradient, wantInput: boolean, tape: Tape) {
    const h = this.#stateGradient(given.hN, forward, tape);
    const c = this.#stateGradient(given.cN, forward, tape);
    const { levels, input } = forward;
    const addLast = this.returnSequences ? undefined : this.#prepareLast(forward, h, tape);
    const backward = this.#stack.prepareBackward(levels, forward, wantInput, tape);
    return (dOutput: Block | undefined): { dInput: Block | undefined; h: number; c: number } => {
      if (dOutput) addLast?.(dOutput.pointer);
      const dx = backward(addLast ? 0 : (dOutput?.pointer ?? 0), { h, c });
      return { dInput: dx ? { ...input, pointer: dx } : undefined, h, c };
    };
  }

  /** The output after the last step is made of the last states: so is its gradient. */
  #prepareLast({ batch, levels }: Forward, dStates: number, tape: Tape): (dOutput: number) => void {
    const { runs } = levels.at(-1) as LevelRun;
    const size = batch * this.hiddenSize;
    const split = this.#directions.prepareBackward(
      runs.map((run) => run.hN),
      size,
      tape,
    );
    const top = dStates + (levels.length - 1) * runs.length * size * 4;
    return (dOutput) => this.#directions.addLast(top, split(dOutput), batch);
  }

  #stateGradient(state: Tensor | undefined, sizes: Sizes, tape: Tape): number {
    const shape = this.#stateShape(sizes);
    return state
      ? this.copyIn(state.data, { shape, turned: false }, tape).pointer
      : tape.takeZeros(sizeOf(shape) * 4);
  }
}

/** @internal */
export function carriedBatchError(shape: readonly number[], batch: number): RangeError {
  return new RangeError(
    `input expected the batch of the states that are carried, of shape ${showShape(shape)}, got ${batch}: call resetState() first`,
  );
}
