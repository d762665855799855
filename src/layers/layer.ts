import { Allocations } from '../runtime/memory.js';
import { type Runtime, refuseBytes } from '../runtime/runtime.js';
import { isOf } from '../validation/copies.js';
import { checkBoolean, checkOptions } from '../validation/options.js';
import {
  checkIds,
  checkIntegers,
  checkTensor,
  checkTensorOf,
  type IntegerArray,
  type Integers,
  type NamedTensors,
  type OwnTensor,
  sameShape,
  sizeOf,
  type Tensor,
  unshared,
  valuesFor,
} from '../validation/tensor.js';
import { type LayerExtras, remember } from './extras.js';
import type { Parameter } from './parameter.js';
import {
  type AxisOrder,
  copyOf,
  type SequenceOptions,
  type SkippedSteps,
  skippedSteps,
} from './sequence-options.js';
import { loadParameters } from './state-dict.js';
import type { Stage, StageInput } from './stream.js';
import { type Block, leadingOf, type Tape, TapePool } from './tape.js';

/** The options of every forward. `lengths` and `mask` are for recurrent layers, and a Sequential that contains one. */
export interface ForwardOptions extends SequenceOptions {
  /** Turns on dropout, and recording. Default false. */
  training?: boolean;
  /** Keeps what `backward` needs. Default: the value of `training`. */
  record?: boolean;
}

export interface BackwardOptions {
  /** Whether to compute the gradient of the input. The first layer of a model does not need it. Default true. */
  inputGradient?: boolean;
}

/** The interface of models for `Trainer`, `Sequential` and the optimizers. Custom layers implement it too. */
export interface Layer {
  forward(input: Tensor | Integers, options?: ForwardOptions): { output: Tensor };
  /** Parameter gradients accumulate. */
  backward(gradient: { output: Tensor }, options?: BackwardOptions): { input?: Tensor };
  /** Parameters by name. Listing them copies nothing. */
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly parameterCount: number;
  readonly runtime: Runtime;
  zeroGrad(): void;
  stateDict(): Record<string, Tensor>;
  loadStateDict(dict: NamedTensors): void;
  dispose(): void;
}

/** The configuration of a layer as plain data, which `saveModel` stores. */
export type LayerConfig = { readonly type: string; readonly [key: string]: unknown };

/** The base class of this package's layers: argument checks, copies to and from the core, tapes, parameters. */
export abstract class CoreLayer implements Layer {
  declare readonly runtime: Runtime;
  /** @internal */
  declare readonly allocations: Allocations;
  /** @internal */
  declare protected readonly tapes: TapePool;
  declare [Symbol.dispose]: () => void;
  /** @internal */
  protected readonly named = new Map<string, Parameter>();
  #memory: readonly Allocations[] | undefined;

  /** The name of the class, for messages and files. */
  abstract readonly type: string;
  /** @internal */
  get 'lstm-wasm'(): string {
    return 'Layer';
  }

  /** @internal The order of the leading axes, batch or time first; undefined if the layer has no time axis. */
  get order(): AxisOrder | undefined {
    return undefined;
  }

  /** @internal Whether it takes lengths and masks. */
  get readsLengths(): boolean {
    return false;
  }

  /** @internal The order of the axes that `lengths` and `mask` describe; undefined if they do not describe the input. */
  get sequenceOrder(): AxisOrder | undefined {
    return this.order ?? 'batch';
  }

  /** @internal */
  constructor(runtime: Runtime) {
    this.runtime = runtime;
    this.allocations = new Allocations(runtime, this);
    this.tapes = new TapePool(this.allocations, this);
  }

  /** @internal Forward over a block in the core. */
  abstract forwardIn(input: Block, tape: Tape): Block;
  /** @internal One step of a stream, planned once. */
  abstract openStage(input: StageInput, allocations: Allocations): Stage;
  /** @internal The constructor's arguments as plain data. */
  abstract config(): LayerConfig;

  get parameters(): ReadonlyMap<string, Parameter> {
    return this.named;
  }

  get parameterCount(): number {
    let count = 0;
    for (const parameter of new Set(this.parameters.values())) count += parameter.size;
    return count;
  }

  /**
   * Computes the output. With `record`, what backward needs is kept until its backward, or until a parameter of the model
   * changes: then no backward can use it any more, and the next recorded forward takes its memory. Several forwards may be
   * recorded; each backward takes the latest.
   */
  abstract forward(input: Tensor | Integers, options?: ForwardOptions): { output: OwnTensor };
  abstract backward(gradient: { output: Tensor }, options?: BackwardOptions): { input?: OwnTensor };

  /** Sets the gradients to zero. Recorded forwards are kept. */
  zeroGrad(): void {
    this.checkFree();
    for (const parameter of this.named.values()) parameter.zeroGrad();
  }

  /** Copies of all parameters, by name. @throws Error while the model is trained in a worker, which has the current values */
  stateDict(): Record<string, OwnTensor> {
    this.allocations.checkHere();
    const dict: Record<string, OwnTensor> = {};
    for (const [name, parameter] of this.parameters)
      dict[name] = { data: parameter.read(), shape: [...parameter.shape] };
    return dict;
  }

  /**
   * Replaces all parameters. If one does not fit, none is changed. Also accepts the names of PyTorch's `DataParallel` (`module.`) and weight
   * norm (`weight_g`, `weight_v`, or `parametrizations.weight.original0`).
   *
   * @throws TypeError for a missing or an unknown name, RangeError for a wrong shape or values that are not finite
   */
  loadStateDict(dict: NamedTensors): void {
    this.checkFree();
    loadParameters(this.parameters, dict);
  }

  /**
   * Returns the layer's memory to its runtime. The layer cannot be used afterwards: a training step or a validation that is
   * running fails, and nothing else changes.
   */
  dispose(): void {
    this.allocations.dispose(this.type);
  }

  /** @internal Streams, training state and the like: what a checkpoint holds beside the parameters. */
  get extras(): LayerExtras {
    return {};
  }

  /** @internal The minimum number of values that a forward allocates per row of its input, that is, per step of a sequence. */
  valuesPerRow(_recording: boolean): number {
    return 0;
  }

  /** @internal The user's input, checked and copied into the core, unless `model` would need more memory for it than a 32-bit address space has. */
  enter(input: Tensor | Integers, tape: Tape, transposed: boolean, model: CoreLayer = this): Block {
    const { data, shape } = checkTensor('input', input);
    refuseBytes(4 * sizeOf(shape.slice(0, -1)) * model.valuesPerRow(tape.recording));
    return this.copyIn(data, { shape, transposed: transposed && shape.length === 3 }, tape);
  }

  /** @internal Like {@link enter}, for ids from 0 to `count` - 1. */
  protected enterIds(
    input: Integers,
    count: number,
    tape: Tape,
    transposed: boolean,
    model: CoreLayer,
  ): Block {
    const { data, shape } = checkIntegers('input', input);
    refuseBytes(4 * data.length * model.valuesPerRow(tape.recording));
    const ids = unshared(data);
    this.skipSteps(shape, tape);
    checkIds('input', ids, count, tape.skipped?.flags);
    const block = this.copyIn(ids, { shape, transposed: transposed && shape.length === 2, ids: true }, tape);
    this.blank(block, tape.skipped);
    return block;
  }

  /** @internal The user's input in the core, and the steps of it that are skipped. */
  enterSequence(input: Tensor | Integers, sequence: SequenceOptions, tape: Tape): Block {
    tape.sequence = copyOf(sequence);
    tape.inputOrder = this.sequenceOrder;
    return this.enter(input, tape, this.order === 'batch');
  }

  /** @internal Sets which steps of an input with these axes in front of its features are skipped. */
  protected skipSteps(leading: readonly number[], tape: Tape): void {
    tape.skipped = tape.inputOrder && skippedSteps(tape.sequence, leading, tape.inputOrder);
  }

  /** @internal Overwrites skipped steps, values with 0 and ids with -1, if `block` has these steps. */
  protected blank(block: Block, skipped: SkippedSteps | undefined): void {
    if (!skipped || !sameShape(leadingOf(block), skipped.leading)) return;
    const { pointer, shape, transposed, ids } = block;
    const width = ids ? 1 : (shape.at(-1) as number);
    const values = ids ? this.runtime.i32 : this.runtime.f32;
    const [first = 0, second = 1] = skipped.leading;
    for (const [n, flag] of skipped.flags.entries()) {
      if (!flag) continue;
      const row = transposed ? (n % second) * first + Math.floor(n / second) : n;
      const start = (pointer >>> 2) + row * width;
      values.fill(ids ? -1 : 0, start, start + width);
    }
  }

  /** @internal Creates the parameters; frees all memory if it is not enough for all of them. */
  protected build<T>(make: () => T): T {
    try {
      return make();
    } catch (error) {
      this.allocations.dispose(this.type);
      throw error;
    }
  }

  /** @internal Runs a forward. If it fails, carried states and the generators of dropout are restored. */
  protected attempt<T extends { block: Block }>(
    training: boolean,
    recording: boolean,
    run: (tape: Tape) => T,
  ): T {
    const restore = recording || training ? remember(this.coreLayers()) : undefined;
    try {
      return this.tapes.forward(training, recording, run);
    } catch (error) {
      restore?.();
      throw error;
    }
  }

  /** @internal This package's layers in it, in order: itself, or those of a Sequential. */
  coreLayers(): readonly CoreLayer[] {
    return [this];
  }

  /** @internal Its own memory and that of its layers. */
  get memory(): readonly Allocations[] {
    this.#memory ??= [
      ...new Set([this.allocations, ...this.coreLayers().map(({ allocations }) => allocations)]),
    ];
    return this.#memory;
  }

  /** @internal Like {@link Allocations.checkFree}, for everything that a pass uses. */
  checkFree(pass?: object): void {
    for (const one of this.memory) one.checkFree(pass);
  }

  /** @internal */
  protected checkForward(options: ForwardOptions, known: readonly string[] = []) {
    this.allocations.check();
    const sequences = this.coreLayers().some((layer) => layer.readsLengths) ? ['lengths', 'mask'] : [];
    checkOptions(options, ['training', 'record', ...known, ...sequences], `${this.type}.forward`);
    const { training = false, record = training } = options;
    checkBoolean('training', training);
    checkBoolean('record', record);
    if (training || record) this.checkFree(this.tapes);
    return { training, recording: record };
  }

  /** @internal Checks the gradients of the latest recorded forward's results; each may be missing. */
  protected checkBackward(gradient: { output?: Tensor }, known: readonly string[], options: BackwardOptions) {
    this.checkFree(this.tapes);
    const { shape } = this.tapes.latest.output;
    checkOptions(gradient, known, `${this.type}.backward`);
    checkOptions(options, ['inputGradient'], `${this.type}.backward`);
    const { inputGradient = true } = options;
    const wantInput = checkBoolean('inputGradient', inputGradient);
    const { output } = gradient;
    return {
      output: output === undefined ? output : checkTensorOf('output', output, shape, 'of the output'),
      wantInput,
    };
  }

  /** @internal Copies the user's values into the core, as a block with the given shape and layout. */
  copyIn(
    data: Float32Array | IntegerArray | readonly number[],
    { shape, transposed, ids = false }: Omit<Block, 'pointer'>,
    tape: Tape,
  ): Block {
    const size = sizeOf(shape);
    // The core trusts the shape, and a getter of an option may have detached an array after it was checked.
    if (data.length !== size) throw new RangeError(`expected ${valuesFor(shape)}, got ${data.length}`);
    const block = { pointer: tape.allocate(size * 4), shape, transposed, ids };
    const bytes = this.transposeBytes(block);
    const staged = bytes > 0 ? tape.allocate(bytes) : block.pointer;
    const values = ids ? this.runtime.i32 : this.runtime.f32;
    values.set(data, staged >>> 2);
    if (bytes > 0) this.#transpose(block.pointer, staged, shape);
    return block;
  }

  /** @internal Bytes of a second copy for transposing a block; 0 if one of its leading axes has length 1. */
  protected transposeBytes({ shape, transposed }: Block): number {
    return transposed && shape[0] !== 1 && shape[1] !== 1 ? sizeOf(shape) * 4 : 0;
  }

  /** @internal A block as a tensor that the caller owns. */
  leave(block: Block, tape: Tape): OwnTensor {
    const { pointer, shape } = block;
    const bytes = this.transposeBytes(block);
    const staged = bytes > 0 ? tape.allocate(bytes) : pointer;
    const [first = 0, second = 0, ...row] = shape;
    if (bytes > 0) this.#transpose(staged, pointer, [second, first, ...row]);
    return { data: this.runtime.floats(staged, sizeOf(shape)).slice(), shape: [...shape] };
  }

  #transpose(to: number, from: number, [first = 0, second = 0, ...row]: readonly number[]): void {
    this.runtime.core.swapAxes(to, from, first, second, sizeOf(row) * 4);
  }
}

/** This package's layers in a model, in order. */
export function layersOf(model: Layer): readonly CoreLayer[] {
  return isCoreLayer(model) ? model.coreLayers() : [];
}

/** Whether a layer is one of this package's. @throws TypeError for a layer of another copy of the package */
export function isCoreLayer(layer: unknown, name = 'model'): layer is CoreLayer {
  return isOf(name, layer, CoreLayer);
}
