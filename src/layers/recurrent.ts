import { checkBoolean, checkOptions, checkProbability, checkSize } from '../border/options.js';
import { checkTensorOf, type Integers, showShape, sizeOf, type Tensor } from '../border/tensor.js';
import type { Holdings } from '../runtime/memory.js';
import { checkRuntime, type Runtime } from '../runtime/runtime.js';
import { Masks } from './dropout.js';
import {
  type BackwardOptions,
  CoreLayer,
  type ForwardOptions,
  type LayerConfig,
  type LayerExtras,
} from './layer.js';
import { type Cell, Level } from './level.js';
import { PLAN_BYTES, type Plan, writePlan } from './plan.js';
import { recurrentStage } from './recurrent-stage.js';
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
  /** The seed of the initial weights and of dropout; default: the runtime's. */
  seed?: number;
  runtime?: Runtime;
}

const OPTIONS = [
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

/** A sequence as it lies in the core. */
interface Sizes {
  readonly steps: number;
  readonly batch: number;
  readonly batched: boolean;
}

/** What a forward over one level left, for the states and for backward. */
interface Run {
  readonly plan: number;
  readonly fields: Plan;
  readonly hN: number;
  readonly cN: number;
  /** Which mask lies on this level's input. */
  readonly mask: number | undefined;
}

interface Forward extends Sizes {
  readonly input: Block;
  readonly output: Block;
  readonly runs: readonly Run[];
}

/** Values of the input product that one call computes ahead of its steps: they stay in the second-level cache. */
const PRODUCT_VALUES = 65536;

const STATE_SHAPE = '[numLayers, batch, hiddenSize]';

/** What LSTM and RNN share: the stack of levels, their states, and the calls over time. */
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
  readonly #levels: Level[] = [];
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
    const numLayers = checkSize('numLayers', options.numLayers ?? 1);
    const dropout = checkProbability('dropout', options.dropout ?? 0);
    const bias = checkBoolean('bias', options.bias ?? true);
    const returnSequences = checkBoolean('returnSequences', options.returnSequences ?? true);
    const timeMajor = checkBoolean('timeMajor', options.timeMajor ?? false);
    const stateful = checkBoolean('stateful', options.stateful ?? false);
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
    this.build(() => {
      for (let n = 0; n < numLayers; n++) {
        const sizes = { inputSize: n === 0 ? inputSize : hiddenSize, hiddenSize, bias };
        this.#levels.push(new Level(this.holdings, cell, sizes, this.named, `_l${n}`));
      }
    });
    this.#masks = dropout > 0 && numLayers > 1 ? new Masks(this.runtime, dropout, options.seed) : undefined;
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
    return this.tapes.forward(training, recording, (tape) => {
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
      const { dInput, dh, dc } = this.#backward(forward, dOutput, gradient, wantInput, tape);
      const h0 = this.#gather(dh, forward);
      return {
        input: dInput && this.leave(dInput, tape),
        h0,
        c0: this.#cell.hasCell ? this.#gather(dc, forward) : undefined,
      };
    });
  }

  protected openStream(options: StreamOptions & States, names: readonly string[]): Stream {
    this.holdings.check();
    checkOptions(options, ['batch', ...names], `${this.type}.stream`);
    const batch = checkBatch(options.batch);
    const shape = this.#stateShape({ batch: batch ?? 1, batched: batch !== undefined });
    const { h0, c0 } = options;
    if (h0) checkTensorOf('h0', h0, shape, STATE_SHAPE);
    if (c0) checkTensorOf('c0', c0, shape, STATE_SHAPE);
    const open = (input: StageInput, holdings: Holdings) => this.openStage(input, holdings);
    const stream = new Stream(this.runtime, batch, { width: this.inputSize }, open);
    if (h0 || c0) stream.setState({ ...stream.state, ...(h0 && { h: h0 }), ...(c0 && { c: c0 }) });
    return stream;
  }

  /** @internal */
  override get order(): 'batch' | 'time' {
    return this.timeMajor ? 'time' : 'batch';
  }

  /** @internal */
  override forwardIn(input: Block, tape: Tape): Block {
    const forward = this.#forward(input, {}, tape);
    if (tape.recording)
      tape.steps.push((dOutput, wantInput) => this.#backward(forward, dOutput, {}, wantInput, tape).dInput);
    return forward.output;
  }

  /** @internal */
  override openStage(input: StageInput, holdings: Holdings): Stage {
    if (input.width !== this.inputSize || input.ids !== undefined) {
      const came = input.ids === undefined ? input.width : 'ids';
      throw new RangeError(`${this.type} expected inputSize = ${this.inputSize} values a row, got ${came}`);
    }
    return recurrentStage(this.#levels, this.#cell, this.hiddenSize, input, holdings, () =>
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
    const batched = shape.length === 3;
    const [first = 0, second = 0] = shape;
    const steps = batched && !this.timeMajor ? second : first;
    const batch = batched ? (this.timeMajor ? second : first) : 1;
    if (
      ids ||
      !(batched || shape.length === 2) ||
      shape.at(-1) !== this.inputSize ||
      steps < 1 ||
      batch < 1
    ) {
      const axes = this.timeMajor ? 'time, batch' : 'batch, time';
      throw new RangeError(
        `input expected shape [${axes}, inputSize] = [${axes}, ${this.inputSize}] or [time, ${this.inputSize}], ` +
          `with at least one step, got ${ids ? 'ids' : showShape(shape)}`,
      );
    }
    return { steps, batch, batched };
  }

  #stateShape({ batch, batched }: Pick<Sizes, 'batch' | 'batched'>): number[] {
    return batched ? [this.numLayers, batch, this.hiddenSize] : [this.numLayers, this.hiddenSize];
  }

  /** Forward through the stack. */
  #forward(input: Block, given: States, tape: Tape): Forward {
    const sizes = this.#sizes(input);
    const { steps, batch } = sizes;
    const size = batch * this.hiddenSize * 4;
    const states = this.#initialStates(sizes, given, tape);
    const runs: Run[] = [];
    let x = input.pointer;
    for (const [n, level] of this.#levels.entries()) {
      let mask: number | undefined;
      if (n > 0 && tape.training && this.#masks) {
        const dropped = tape.take(steps * size);
        mask = this.#masks.draw(dropped, x, (steps * size) / 4);
        x = dropped;
      }
      const run = this.#runLevel(
        level,
        x,
        sizes,
        { h0: states.h0 && states.h0 + n * size, c0: states.c0 && states.c0 + n * size },
        tape,
      );
      runs.push({ ...run, mask });
      x = (run.fields.y as number) + size;
    }
    const forward = { ...sizes, input, output: this.#output(input, x, sizes), runs };
    if (this.stateful && tape.recording) {
      const { hN, cN } = this.#finalStates(forward);
      this.#carried = { h: hN, ...(cN && { c: cN }) };
    }
    return forward;
  }

  #output(input: Block, y: number, { steps, batch, batched }: Sizes): Block {
    const H = this.hiddenSize;
    if (this.returnSequences)
      return { pointer: y, shape: [...input.shape.slice(0, -1), H], turned: input.turned };
    return { pointer: y + (steps - 1) * batch * H * 4, shape: batched ? [batch, H] : [H], turned: false };
  }

  /** The states before the first step: given, carried, or none (0), which is zeros. */
  #initialStates(sizes: Sizes, given: States, tape: Tape): { h0: number; c0: number } {
    const shape = this.#stateShape(sizes);
    const carries = this.stateful && tape.recording && this.#carried.h?.data.length === sizeOf(shape);
    const place = (name: 'h0' | 'c0', carried: Tensor | undefined) => {
      const state = given[name]
        ? checkTensorOf(name, given[name], shape, STATE_SHAPE)
        : carries
          ? carried
          : undefined;
      return state ? this.copyIn(state.data, { shape, turned: false }, tape).pointer : 0;
    };
    return { h0: place('h0', this.#carried.h), c0: place('c0', this.#carried.c) };
  }

  /** Forward over one level: everything that it needs is taken before the first step. */
  #runLevel(
    level: Level,
    x: number,
    { steps, batch }: Sizes,
    states: { h0: number; c0: number },
    tape: Tape,
  ): Run {
    const { hasCell } = this.#cell;
    const columns = this.#cell.columns(this.hiddenSize);
    const size = batch * this.hiddenSize * 4;
    const kept = tape.recording ? steps : 0;
    const chunk = Math.max(1, Math.min(steps, Math.floor(PRODUCT_VALUES / (batch * columns))));
    const y = tape.take((steps + 1) * size);
    const c = hasCell ? tape.take((kept + 1) * size) : 0;
    const gates = hasCell && kept > 0 ? tape.take(4 * kept * size) : 0;
    const squashed = hasCell && kept > 0 ? tape.take(kept * size) : 0;
    const product = hasCell ? tape.take(chunk * batch * columns * 4) : 0;
    const plan = tape.take(PLAN_BYTES);
    const fields: Plan = { ...level.forwardPlan(batch), x, y, c, gates, squashed, product };
    writePlan(this.runtime, plan, fields);
    this.#place(y, states.h0, size);
    if (hasCell) this.#place(c, states.c0, size);
    for (let t = 0; t < steps; t += chunk)
      this.#cell.forward(this.runtime.core, plan, t, Math.min(steps, t + chunk));
    return { plan, fields, hN: y + steps * size, cN: c + kept * size, mask: undefined };
  }

  /** Copies a state to where a step reads it, zeros where there is none. */
  #place(to: number, from: number, bytes: number): void {
    const { f32 } = this.runtime;
    if (from) f32.copyWithin(to >> 2, from >> 2, (from + bytes) >> 2);
    else f32.fill(0, to >> 2, (to + bytes) >> 2);
  }

  #finalStates(forward: Pick<Forward, 'runs' | 'batch' | 'batched'>): { hN: Tensor; cN: Tensor | undefined } {
    const hN = this.#gather(
      forward.runs.map((run) => run.hN),
      forward,
    );
    return {
      hN,
      cN: this.#cell.hasCell
        ? this.#gather(
            forward.runs.map((run) => run.cN),
            forward,
          )
        : undefined,
    };
  }

  /** One tensor [numLayers, batch, hiddenSize] of a block for each level. */
  #gather(pointers: readonly number[], sizes: Pick<Sizes, 'batch' | 'batched'>): Tensor {
    const size = sizes.batch * this.hiddenSize;
    const data = new Float32Array(pointers.length * size);
    for (const [n, pointer] of pointers.entries()) {
      data.set(this.runtime.f32.subarray(pointer >> 2, (pointer >> 2) + size), n * size);
    }
    return { data, shape: this.#stateShape(sizes) };
  }

  /** Backward through the stack, from the top; `dh dc` are the gradients of the initial states, level by level. */
  #backward(
    forward: Forward,
    dOutput: Block | undefined,
    given: RecurrentGradient,
    wantInput: boolean,
    tape: Tape,
  ) {
    const { steps, batch } = forward;
    const size = batch * this.hiddenSize * 4;
    const dh: number[] = [];
    const dc: number[] = [];
    let dy = dOutput ? this.#spread(dOutput.pointer, steps, size, tape) : 0;
    for (let n = this.#levels.length - 1; n >= 0; n--) {
      const level = this.#levels[n] as Level;
      const run = forward.runs[n] as Run;
      dh[n] = this.#stateGradient(given.hN, n, size, tape);
      dc[n] = this.#stateGradient(given.cN, n, size, tape);
      const wantX = n > 0 || wantInput;
      const dx = wantX ? tape.take(steps * batch * level.inputSize * 4) : 0;
      const rows = this.#cell.gates * this.hiddenSize;
      const gates = run.fields.gates || tape.take(steps * batch * rows * 4);
      const scratch = tape.take(
        this.runtime.core.gradientScratch(rows, Math.max(level.inputSize, this.hiddenSize)),
      );
      const places: Plan = { gates, scratch, dy, dh: dh[n] as number, dc: dc[n] as number, dx };
      writePlan(this.runtime, run.plan, { ...run.fields, ...level.backwardPlan(wantX), ...places });
      this.#cell.backward(this.runtime.core, run.plan, steps);
      if (run.mask !== undefined) this.#masks?.again(dx, dx, steps * batch * level.inputSize, run.mask);
      dy = dx;
    }
    return { dInput: wantInput ? { ...forward.input, pointer: dy } : undefined, dh, dc };
  }

  /** The gradient of the whole sequence from that of the output: the last step's alone stands behind zeros. */
  #spread(dOutput: number, steps: number, size: number, tape: Tape): number {
    if (this.returnSequences || steps === 1) return dOutput;
    const dy = tape.takeZeros(steps * size);
    this.#place(dy + (steps - 1) * size, dOutput, size);
    return dy;
  }

  #stateGradient(state: Tensor | undefined, n: number, size: number, tape: Tape): number {
    const pointer = tape.takeZeros(size);
    if (state) this.runtime.f32.set(state.data.subarray((n * size) / 4, ((n + 1) * size) / 4), pointer >> 2);
    return pointer;
  }
}
