import { checkBoolean, checkOptions, checkProbability, checkSize } from '../border/options.js';
import {
  checkTensorOf,
  type Integers,
  isIntegers,
  showShape,
  sizeOf,
  type Tensor,
} from '../border/tensor.js';
import type { Holdings } from '../runtime/memory.js';
import { checkRuntime, type Runtime } from '../runtime/runtime.js';
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
import { recurrentStage } from './recurrent-stage.js';
import { type Extent, type Run, Stack, type StatePointers } from './stack.js';
import { checkBatch, type Stage, type StageInput, Stream, type StreamOptions } from './stream.js';
import type { Block, Tape } from './tape.js';

export interface RecurrentOptions {
  /** How many layers, each over the output of the one below. Default 1. */
  numLayers?: number;
  /** Whether there are biases: two a layer, as in PyTorch. Default true. */
  bias?: boolean;
  /** The probability of dropout between layers, drawn anew at each step. Default 0. */
  dropout?: number;
  /** Whether the output is the whole sequence, or its last step alone. Default true. */
  returnSequences?: boolean;
  /** Whether sequences are [time, batch, features] in place of [batch, time, features]. Default false. */
  timeMajor?: boolean;
  /** Whether each recorded forward begins with the states that the one before left. Default false. */
  stateful?: boolean;
  /** The seed of the initial weights and of dropout; layers of one seed draw the same numbers. Default: the runtime's, where none share. */
  seed?: number;
  runtime?: Runtime;
}

/** Their names, which every recurrent layer takes. */
export const OPTIONS = [
  'numLayers',
  'bias',
  'dropout',
  'returnSequences',
  'timeMajor',
  'stateful',
  'seed',
  'runtime',
];

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
  readonly runs: readonly Run[];
}

const STATE_SHAPE = '[numLayers, batch, hiddenSize]';

/** What LSTM and RNN share: shapes and states at the border of a stack. */
export abstract class Recurrent extends CoreLayer {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  readonly dropout: number;
  readonly returnSequences: boolean;
  readonly timeMajor: boolean;
  readonly stateful: boolean;
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
    checkOptions(options, [...OPTIONS, ...known], owner);
    checkSize('inputSize', inputSize);
    checkSize('hiddenSize', hiddenSize);
    const { numLayers = 1, dropout = 0, bias = true } = options;
    const { returnSequences = true, timeMajor = false, stateful = false } = options;
    checkSize('numLayers', numLayers);
    checkProbability('dropout', dropout);
    for (const [name, flag] of Object.entries({ bias, returnSequences, timeMajor, stateful }))
      checkBoolean(name, flag);
    super(checkRuntime(options.runtime));
    this.#cell = cell;
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.numLayers = numLayers;
    this.bias = bias;
    this.dropout = dropout;
    this.returnSequences = returnSequences;
    this.timeMajor = timeMajor;
    this.stateful = stateful;
    this.#masks = dropout > 0 && numLayers > 1 ? new Masks(this.runtime, dropout, options.seed) : undefined;
    const sizes = { inputSize, hiddenSize, numLayers, bias };
    this.#stack = this.build(() => new Stack(this.holdings, cell, sizes, this.#masks, this.named));
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
      if (gradient[name] !== undefined) checkTensorOf(name, gradient[name], shape, STATE_SHAPE);
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
    if (h0 !== undefined) checkTensorOf('h0', h0, shape, STATE_SHAPE);
    if (c0 !== undefined) checkTensorOf('c0', c0, shape, STATE_SHAPE);
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
    return recurrentStage(this.#stack.levels, this.#cell, this.hiddenSize, input, holdings, () =>
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
    return { type, inputSize, hiddenSize, numLayers, bias, dropout, returnSequences, timeMajor, stateful };
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

  #stateShape({ batch, batched }: Pick<Sizes, 'batch' | 'batched'>): number[] {
    return batched ? [this.numLayers, batch, this.hiddenSize] : [this.numLayers, this.hiddenSize];
  }

  #forward(input: Block, given: States, tape: Tape): Forward {
    const sizes = this.#sizes(input);
    const runs = this.#stack.forward(input, sizes, this.#initialStates(sizes, given, tape), tape);
    const output = this.#output(input.turned, (runs.at(-1) as Run).y, sizes);
    const forward = { ...sizes, input, output, runs };
    if (this.stateful && tape.recording) {
      const { hN, cN } = this.#finalStates(forward);
      this.#carried = { h: hN, ...(cN && { c: cN }) };
    }
    return forward;
  }

  #output(turned: boolean, y: number, { steps, batch, batched }: Sizes): Block {
    const H = this.hiddenSize;
    if (this.returnSequences) {
      const leading = this.timeMajor ? [steps, batch] : [batch, steps];
      return { pointer: y, shape: [...(batched ? leading : [steps]), H], turned };
    }
    return { pointer: y + (steps - 1) * batch * H * 4, shape: batched ? [batch, H] : [H], turned: false };
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
        ? checkTensorOf(name, given[name], shape, STATE_SHAPE)
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
    const hN = gather(forward.runs.map((run) => run.hN));
    return { hN, cN: this.#cell.hasCell ? gather(forward.runs.map((run) => run.cN)) : undefined };
  }

  /** Takes what backward needs. The step leaves the gradients of the initial states at `h` and `c`. */
  #prepare(forward: Forward, given: RecurrentGradient, wantInput: boolean, tape: Tape) {
    const h = this.#stateGradient(given.hN, forward, tape);
    const c = this.#stateGradient(given.cN, forward, tape);
    const { steps, batch, runs, input } = forward;
    const lastOnly = !this.returnSequences && steps > 1;
    const dy = lastOnly ? tape.take(steps * batch * this.hiddenSize * 4) : 0;
    const backward = this.#stack.prepareBackward(runs, forward, wantInput, tape);
    return (dOutput: Block | undefined): { dInput: Block | undefined; h: number; c: number } => {
      if (dOutput && lastOnly) this.#stack.spread(dy, dOutput.pointer, forward);
      const dx = backward(dOutput ? dy || dOutput.pointer : 0, { h, c });
      return { dInput: dx ? { ...input, pointer: dx } : undefined, h, c };
    };
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
