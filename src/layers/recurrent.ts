import { checkOptions } from '../border/options.js';
import { type Integers, isIntegers, showShape, sizeOf, type Tensor } from '../border/tensor.js';
import type { Holdings } from '../runtime/memory.js';
import { checkRuntime } from '../runtime/runtime.js';
import type { Cell, CellKind, OwnOptions } from './cell.js';
import { Directions, type Merge } from './directions.js';
import { Masks } from './dropout.js';
import { enterIds, writtenOut } from './ids.js';
import {
  type BackwardOptions,
  CoreLayer,
  type ForwardOptions,
  type LayerConfig,
  type LayerExtras,
} from './layer.js';
import { checkActivations } from './nonlinearities.js';
import { checkSequence, type Extent, Ragged } from './ragged.js';
import { checkRecurrent, OPTIONS, type RecurrentOptions } from './recurrent-options.js';
import { recurrentStage } from './recurrent-stage.js';
import type { StatePointers } from './run.js';
import { type LevelRun, Stack } from './stack.js';
import { type Batch, type RecurrentGradient, type StateName, StateShapes, type States } from './states.js';
import { checkBatch, type Stage, type StageInput, Stream, type StreamOptions } from './stream.js';
import type { Block, Tape } from './tape.js';

interface Sizes extends Batch {
  readonly steps: number;
}

interface Forward extends Sizes, Extent {
  readonly input: Block;
  readonly output: Block;
  readonly levels: readonly LevelRun[];
}

/** What a file does not say of a layer, since its parameters do or it is over. */
const UNSAVED = ['seed', 'runtime', 'init', 'forgetBias', 'chrono'];

/** What LSTM, GRU and RNN share: shapes and states at the border of a stack. */
export abstract class Recurrent extends CoreLayer {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean | 'single';
  readonly dropout: number;
  readonly returnSequences: boolean;
  readonly timeMajor: boolean;
  readonly stateful: boolean;
  readonly bidirectional: boolean;
  readonly merge: Merge;
  readonly reverse: boolean;
  /** Values of h: hiddenSize, or with a projection projSize. */
  readonly stateSize: number;
  /** Values of the output: twice those of h where both directions stand side by side. */
  readonly outputSize: number;
  readonly #directions: Directions;
  readonly #cell: Cell;
  readonly #zeroMasked: boolean;
  readonly #states: StateShapes;
  readonly #stack: Stack;
  readonly #masks: Masks | undefined;
  readonly #saved: Record<string, unknown>;
  readonly #recorded = new WeakMap<Tape, Forward>();
  #carried: { h?: Tensor; c?: Tensor } = {};

  /** @internal `own` checks the options that only this kind of cell has. */
  constructor(
    owner: string,
    kind: CellKind,
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
    this.stateSize = cell.stateSize;
    this.#zeroMasked = given.maskedOutput === 'zeros';
    this.#saved = saved(options, [...OPTIONS, ...known]);
    const reversed = given.bidirectional ? [false, true] : [given.reverse];
    this.#directions = new Directions(this.runtime, cell.stateSize, reversed, given.merge);
    this.outputSize = this.#directions.width;
    this.#states = new StateShapes(cell, given.numLayers, reversed.length);
    const { dropout, numLayers, inputDropout, recurrentDropout, zoneout } = given;
    const draws =
      (dropout > 0 && numLayers > 1) || inputDropout + recurrentDropout + zoneout.h + zoneout.c > 0;
    this.#masks = draws ? new Masks(this.runtime, seed) : undefined;
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
    const { training, recording, sequence } = this.checkForward(options, names);
    return this.attempt(training, recording, (tape) => {
      tape.sequence = sequence;
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
    for (const name of this.#states.names) {
      const state = gradient[`${name}N`];
      if (state !== undefined) this.#states.check(`${name}N`, name, state, forward);
    }
    return this.tapes.backward((tape, recorded) => {
      const dOutput = output && this.copyIn(output.data, recorded, tape);
      const step = this.#prepare(forward, gradient, wantInput, tape);
      tape.reserve(wantInput ? this.turningBytes(forward.input) : 0);
      tape.spent = true;
      const { dInput, h, c } = step(dOutput);
      return {
        input: dInput && this.leave(dInput, tape),
        h0: this.leave({ pointer: h, shape: this.#states.of('h', forward), turned: false }, tape),
        c0: c
          ? this.leave({ pointer: c, shape: this.#states.of('c', forward), turned: false }, tape)
          : undefined,
      };
    });
  }

  protected openStream(options: StreamOptions & States, names: readonly string[]): Stream {
    this.holdings.check();
    checkOptions(options, ['batch', ...names], `${this.type}.stream`);
    const batch = checkBatch(options.batch);
    const sizes = { batch: batch ?? 1, batched: batch !== undefined };
    const { h0, c0 } = options;
    if (h0 !== undefined) this.#states.check('h0', 'h', h0, sizes);
    if (c0 !== undefined) this.#states.check('c0', 'c', c0, sizes);
    const open = (input: StageInput, holdings: Holdings) => this.openStage(input, holdings);
    const input = { width: this.inputSize, oneHot: this.inputSize };
    const stream = new Stream(this.runtime, batch, input, open);
    if (h0 || c0) stream.setState({ ...stream.state, ...(h0 && { h: h0 }), ...(c0 && { c: c0 }) });
    return stream;
  }

  /** @internal */
  override get recurs(): boolean {
    return true;
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
    return recurrentStage(this.#stack.levels.flat(), this.#cell, input, holdings, () =>
      this.holdings.check(),
    );
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
    const { type, inputSize, hiddenSize, numLayers, bias, dropout, returnSequences, timeMajor, stateful } =
      this;
    return {
      ...{ type, inputSize, hiddenSize, numLayers, bias, dropout, returnSequences, timeMajor, stateful },
      ...this.#saved,
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

  #forward(input: Block, given: States, tape: Tape): Forward {
    const sizes = this.#sizes(input);
    const ragged = this.#raggedOf(input, sizes, tape);
    const extent = { ...sizes, ragged };
    const initial = this.#initialStates(sizes, given, tape);
    const levels = this.#stack.forward(this.#inside(input, extent, tape), extent, initial, tape);
    const output = this.#output(input.turned, levels.at(-1) as LevelRun, extent, tape);
    const forward = { ...extent, input, output, levels };
    if (this.stateful && tape.recording) {
      const { hN, cN } = this.#finalStates(forward);
      this.#carried = { h: hN, ...(cN && { c: cN }) };
    }
    return forward;
  }

  #raggedOf({ shape, ids }: Block, sizes: Sizes, tape: Tape): Ragged | undefined {
    const told = checkSequence(tape.sequence, sizes, ids ? shape : shape.slice(0, -1), this.timeMajor);
    return told && new Ragged(this.runtime, sizes, told.lengths, told.mask, tape);
  }

  /** The input as the levels read it: each row in its place, and no ids where their rows are to be dropped from. */
  #inside(input: Block, { steps, batch, ragged }: Extent, tape: Tape): Pick<Block, 'pointer' | 'ids'> {
    let { pointer, ids } = input;
    if (ids && tape.training && this.#cell.inputDropout > 0) {
      pointer = writtenOut(this.runtime, pointer, steps * batch, this.inputSize, tape);
      ids = false;
    }
    const bytes = ids ? 4 : this.inputSize * 4;
    const room = ragged ? tape.take(steps * batch * bytes) : pointer;
    ragged?.gather(room, pointer, bytes, true);
    return ids ? { pointer: room, ids } : { pointer: room };
  }

  #output(turned: boolean, { y, runs }: LevelRun, extent: Extent & Batch, tape: Tape): Block {
    const { steps, batch, batched, ragged } = extent;
    const { width } = this.#directions;
    if (this.returnSequences) {
      const leading = this.timeMajor ? [steps, batch] : [batch, steps];
      const pointer = ragged ? tape.take(steps * batch * width * 4) : y;
      ragged?.scatter(pointer, y, width * 4, this.#zeroMasked);
      return { pointer, shape: [...(batched ? leading : [steps]), width], turned };
    }
    const pointer = this.#directions.last(
      runs.map((run) => run.hN),
      batch,
      tape,
    );
    return { pointer, shape: batched ? [batch, width] : [width], turned: false };
  }

  /** The states before the first step: given, carried, or none (0), which is zeros or what was learned. */
  #initialStates(sizes: Sizes, given: States, tape: Tape): StatePointers {
    const carries = this.stateful && tape.recording && given.h0 === undefined && given.c0 === undefined;
    const { h } = this.#carried;
    if (carries && h && h.data.length !== sizeOf(this.#states.of('h', sizes))) {
      throw carriedBatchError(h.shape, sizes.batch);
    }
    const place = (name: StateName) => {
      const label = `${name}0` as const;
      const state =
        given[label] !== undefined
          ? this.#states.check(label, name, given[label], sizes)
          : carries
            ? this.#carried[name]
            : undefined;
      if (state === undefined) return 0;
      return this.copyIn(state.data, { shape: this.#states.of(name, sizes), turned: false }, tape).pointer;
    };
    return { h: place('h'), c: place('c') };
  }

  #finalStates(forward: Forward): { hN: Tensor; cN: Tensor | undefined } {
    const runs = forward.levels.flatMap((level) => level.runs);
    const gather = (name: StateName) => {
      const pointers = runs.map((run) => run[`${name}N`]);
      return this.#states.gather(this.runtime, name, pointers, forward);
    };
    return { hN: gather('h'), cN: this.#cell.hasCell ? gather('c') : undefined };
  }

  /** Takes what backward needs. The step leaves the gradients of the initial states at `h` and `c`. */
  #prepare(forward: Forward, given: RecurrentGradient, wantInput: boolean, tape: Tape) {
    const { levels, input, steps, batch, ragged } = forward;
    const h = this.#stateGradient('h', given.hN, forward, tape);
    const c = this.#cell.hasCell ? this.#stateGradient('c', given.cN, forward, tape) : 0;
    const addLast = this.returnSequences ? undefined : this.#prepareLast(forward, h, tape);
    const wantX = wantInput && !input.ids;
    const backward = this.#stack.prepareBackward(levels, forward, wantX, tape);
    const { width } = this.#directions;
    const dy = ragged && this.returnSequences ? tape.take(steps * batch * width * 4) : 0;
    const dInput = ragged && wantX ? tape.take(steps * batch * this.inputSize * 4) : 0;
    return (dOutput: Block | undefined): { dInput: Block | undefined; h: number; c: number } => {
      if (dOutput) addLast?.(dOutput.pointer);
      let pointer = addLast ? 0 : (dOutput?.pointer ?? 0);
      if (dy && pointer) {
        ragged?.gather(dy, pointer, width * 4, this.#zeroMasked);
        pointer = dy;
      }
      const dx = backward(pointer, { h, c });
      if (dInput) ragged?.scatter(dInput, dx, this.inputSize * 4, true);
      return { dInput: dx ? { ...input, pointer: dInput || dx } : undefined, h, c };
    };
  }

  /** The output after the last step is made of the last states: so is its gradient. */
  #prepareLast({ batch, levels }: Forward, dStates: number, tape: Tape): (dOutput: number) => void {
    const { runs } = levels.at(-1) as LevelRun;
    const size = batch * this.stateSize;
    const split = this.#directions.prepareBackward(
      runs.map((run) => run.hN),
      size,
      tape,
    );
    const top = dStates + (levels.length - 1) * runs.length * size * 4;
    return (dOutput) => this.#directions.addLast(top, split(dOutput), batch);
  }

  #stateGradient(name: StateName, state: Tensor | undefined, sizes: Batch, tape: Tape): number {
    const shape = this.#states.of(name, sizes);
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

type Checked = Omit<ReturnType<typeof checkRecurrent>, 'seed'>;

function cellOf(
  kind: CellKind,
  hiddenSize: number,
  own: OwnOptions,
  given: Checked,
  activations: unknown,
): Cell {
  const { bias, learnInitial, clip, inputDropout, recurrentDropout, zoneout } = given;
  const directions = given.bidirectional ? 2 : 1;
  const { projSize, peepholes, coupled, cellClip, layerNorm } = own;
  const varied = projSize || peepholes || coupled || cellClip || layerNorm || clip || zoneout.h || zoneout.c;
  return {
    ...kind,
    ...{ hiddenSize, stateSize: projSize ?? hiddenSize, own, bias, learnInitial, clip },
    ...{ inputDropout, recurrentDropout, zoneout },
    activations: checkActivations(
      activations,
      kind.parts,
      own.nonlinearities ?? kind.nonlinearities,
      directions,
    ),
    plain: kind.kind === 0 && !varied && activations === undefined,
  };
}

/** The options that a file keeps, as plain data. */
function saved(options: RecurrentOptions, names: readonly string[]): Record<string, unknown> {
  const given = Object.entries(options).filter(
    ([name, value]) => value !== undefined && names.includes(name) && !UNSAVED.includes(name),
  );
  return JSON.parse(JSON.stringify(Object.fromEntries(given)));
}
