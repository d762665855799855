import type { Allocations } from '../runtime/memory.js';
import { Runtime, refuseBytes } from '../runtime/runtime.js';
import { isMap } from '../validation/arrays.js';
import { isOf } from '../validation/copies.js';
import { describe } from '../validation/errors.js';
import { checkOptions } from '../validation/options.js';
import { type Integers, sizeOf, type Tensor } from '../validation/tensor.js';
import { Embedding } from './embedding.js';
import { CoreLayer, isCoreLayer, type Layer, type LayerConfig, layersOf } from './layer.js';
import { Linear } from './linear.js';
import type { Parameter } from './parameter.js';
import { Recurrent } from './recurrent.js';
import { inputGradientOf, outputOf } from './results.js';
import { type AxisOrder, type SkippedSteps, skippedSteps } from './sequence-options.js';
import { Stateless } from './stateless.js';
import {
  checkStreamBatch,
  type Stage,
  type StageInput,
  type StageState,
  Stream,
  type StreamOptions,
} from './stream.js';
import { type Block, leadingOf, type Tape } from './tape.js';

/**
 * Layers applied in order, like PyTorch's `nn.Sequential`. Parameter names start with the number of their layer, as in
 * `0.weight_ih_l0`. Activations stay in WebAssembly memory between this package's layers; custom layers receive copies.
 *
 * @example
 * ```ts
 * import { Embedding, Linear, LSTM, Sequential } from 'lstm-wasm';
 * const model = new Sequential(new Embedding(30, 8), new LSTM(8, 16), new Linear(16, 30));
 * const { output } = model.forward({ data: new Int32Array(2 * 5), shape: [2, 5] });
 * console.log(output.shape, [...model.parameters.keys()][0]); // [ 2, 5, 30 ] 0.weight
 * ```
 * @throws TypeError for an argument that is not a layer, layers of different runtimes, or layers that disagree on `timeMajor`
 */
export class Sequential extends Stateless {
  override readonly type = 'Sequential';
  readonly layers: readonly Layer[];
  readonly #order: AxisOrder | undefined;
  #parameters: ReadonlyMap<string, Parameter> | undefined;
  #coreLayers: readonly CoreLayer[] | undefined;

  constructor(...layers: Layer[]) {
    if (layers.length === 0) throw new TypeError('Sequential expected at least one layer, got none');
    for (const [n, layer] of layers.entries()) checkLayer(`layers[${n}]`, layer);
    const runtime = oneRuntime(layers);
    const orders = new Set(layers.map((layer) => (layer instanceof CoreLayer ? layer.order : undefined)));
    orders.delete(undefined);
    if (orders.size > 1)
      throw new TypeError('Sequential expected layers with one timeMajor, got both true and false');
    checkSequences(layers);
    super(runtime);
    this.layers = layers;
    this.#order = [...orders][0];
  }

  override get parameters(): ReadonlyMap<string, Parameter> {
    if (this.#parameters) return this.#parameters;
    const all = new Map<string, Parameter>();
    for (const [n, layer] of this.layers.entries()) {
      for (const [name, parameter] of layer.parameters) all.set(`${n}.${name}`, parameter);
    }
    // A custom layer may add parameters later.
    if (this.layers.every((layer) => layer instanceof CoreLayer)) this.#parameters = all;
    return all;
  }

  /** @internal */
  override coreLayers(): readonly CoreLayer[] {
    this.#coreLayers ??= this.layers.flatMap((layer) => layersOf(layer));
    return this.#coreLayers;
  }

  override zeroGrad(): void {
    super.zeroGrad();
    for (const layer of this.layers) layer.zeroGrad();
  }

  /** Also disposes of the layers. */
  override dispose(): void {
    super.dispose();
    for (const layer of this.layers) layer.dispose();
  }

  /**
   * Runs all layers step by step, with one call per step.
   *
   * @throws TypeError if it contains a custom layer, or if no layer determines the input size
   */
  stream(options: StreamOptions = {}): Stream {
    this.allocations.check();
    checkOptions(options, ['batch'], 'Sequential.stream');
    const batch = checkStreamBatch(options.batch);
    refuseBytes(4 * (batch ?? 1) * this.valuesPerRow(false));
    return new Stream(this, batch, inputOf(this.layers));
  }

  /** @internal */
  override get order(): AxisOrder | undefined {
    return this.#order;
  }

  /** @internal */
  override get sequenceOrder(): AxisOrder | undefined {
    const all = flattened(this.layers);
    const recurrent = all.findIndex((layer) => layer instanceof Recurrent);
    const custom = all.findIndex((layer) => !(layer instanceof CoreLayer));
    return custom >= 0 && custom < recurrent ? undefined : super.sequenceOrder;
  }

  /** @internal */
  override enter(input: Tensor | Integers, tape: Tape, transposed: boolean, model: CoreLayer = this): Block {
    const first = this.layers[0];
    return first instanceof CoreLayer
      ? first.enter(input, tape, transposed, model)
      : super.enter(input as Tensor, tape, transposed, model);
  }

  /** @internal Layers after one that returns only its last step have fewer rows. */
  override valuesPerRow(recording: boolean): number {
    let values = 0;
    for (const layer of this.coreLayers()) {
      values += layer.valuesPerRow(recording);
      if (layer instanceof Recurrent && !layer.returnSequences) break;
    }
    return values;
  }

  /** @internal */
  override forwardIn(input: Block, tape: Tape): Block {
    let block = input;
    for (const [n, layer] of this.layers.entries()) {
      try {
        if (layer instanceof CoreLayer) {
          layer.allocations.check();
          const given = block;
          block = layer.forwardIn(given, tape);
          if (layer instanceof Recurrent) tape.skipped = skippedOutput(layer, given, tape);
        } else block = this.#around(layer, block, tape);
      } catch (error) {
        if (error instanceof RangeError) error.message = `layer ${n}: ${error.message}`;
        throw error;
      }
    }
    return block;
  }

  /** @internal */
  override openStage(input: StageInput, allocations: Allocations): Stage {
    const stages: Stage[] = [];
    const states: StageState[] = [];
    for (const [n, layer] of this.layers.entries()) {
      if (!(layer instanceof CoreLayer))
        throw new TypeError(`layer ${n} is a custom layer, which a stream does not support`);
      const stage = layer.openStage(stages.at(-1)?.output ?? input, allocations);
      stages.push(stage);
      states.push(...stage.states.map((state) => ({ ...state, name: `${n}.${state.name}` })));
    }
    const run = (oneHot: boolean) => {
      for (const stage of stages) stage.run(oneHot && stage === stages[0]);
    };
    return { output: (stages.at(-1) as Stage).output, states, run };
  }

  /** @internal */
  override config(): LayerConfig {
    const layers = this.layers.map((layer, n) => {
      if (layer instanceof CoreLayer) return layer.config();
      throw new TypeError(`layer ${n} is a custom layer, which a file cannot store`);
    });
    return { type: this.type, layers };
  }

  /** Runs a custom layer on copies, which it may keep. */
  #around(layer: Layer, block: Block, tape: Tape): Block {
    const { training, recording: record } = tape;
    const output = outputOf(layer.forward(this.leave(block, tape), { training, record }));
    const transposed = this.#order === 'batch' && output.shape.length === 3;
    const result = this.copyIn(output.data, { shape: output.shape, transposed }, tape);
    const { skipped } = tape;
    this.blank(result, skipped);
    if (tape.recording) {
      tape.steps.push((wantInput) => {
        tape.reserve(2 * (sizeOf(result.shape) + sizeOf(block.shape)) * 4 + 256);
        return (dOutput) => {
          const given = layer.backward({ output: this.leave(dOutput, tape) }, { inputGradient: wantInput });
          const input = inputGradientOf(given, block.shape);
          if (!input) return undefined;
          const dInput = this.copyIn(input.data, block, tape);
          this.blank(dInput, skipped);
          return dInput;
        };
      });
    }
    return result;
  }
}

/** @throws TypeError if a recurrent layer follows one that returns only its last step */
function checkSequences(layers: readonly Layer[]): void {
  let last = -1;
  for (const [n, layer] of layers.entries()) {
    const recurrent = layersOf(layer).filter((one) => one instanceof Recurrent);
    if (recurrent.length === 0) continue;
    if (last >= 0)
      throw new TypeError(`layer ${n} expected a sequence, but layer ${last} has returnSequences: false`);
    if (recurrent.some((one) => !one.returnSequences)) last = n;
  }
}

/** The layers of a Sequential, with nested ones flattened. */
function flattened(layers: readonly Layer[]): Layer[] {
  return layers.flatMap((layer) => (layer instanceof Sequential ? flattened(layer.layers) : [layer]));
}

function checkLayer(name: string, layer: unknown): void {
  const complete =
    layer !== null &&
    typeof layer === 'object' &&
    ['forward', 'backward', 'zeroGrad'].every(
      (method) => typeof (layer as Record<string, unknown>)[method] === 'function',
    ) &&
    (isCoreLayer(layer, name) || isMap((layer as Layer).parameters)) &&
    isOf(`${name}.runtime`, (layer as Layer).runtime, Runtime);
  if (!complete)
    throw new TypeError(
      `${name} expected a layer (forward, backward, parameters, …), got ${describe(layer)}`,
    );
}

/** The runtime that all layers share. @throws TypeError if there are two */
export function oneRuntime(ones: readonly { runtime: Runtime }[], what = 'layer'): Runtime {
  const [first, ...others] = ones.map((one) => one.runtime);
  const other = others.findIndex((runtime) => runtime !== first);
  if (other >= 0)
    throw new TypeError(
      `${what} ${other + 1} belongs to another runtime than ${what} 0: create both with the same { runtime }`,
    );
  return first as Runtime;
}

/** The steps of a recurrent layer's output that no layer reads: at masked steps it may repeat the state. */
function skippedOutput(
  { returnSequences, maskedOutput, order }: Recurrent,
  input: Block,
  { sequence: { lengths, mask }, recording }: Tape,
): SkippedSteps | undefined {
  if (!recording || !returnSequences) return undefined;
  const sequence = { ...(lengths && { lengths }), ...(mask && maskedOutput === 'zeros' && { mask }) };
  return skippedSteps(sequence, leadingOf(input), order);
}

/** The input of a step of these layers, from the first layer that determines it. */
function inputOf(layers: readonly Layer[]): Omit<StageInput, 'pointer' | 'rows'> {
  for (const [n, layer] of layers.entries()) {
    if (layer instanceof Embedding) return { width: 1, ids: layer.count };
    if (layer instanceof Recurrent)
      return { width: layer.inputSize, ...(n === 0 && { oneHot: layer.inputSize }) };
    if (layer instanceof Linear) return { width: layer.inFeatures };
    if (layer instanceof Sequential) {
      const { oneHot, ...input } = inputOf(layer.layers);
      return n === 0 && oneHot !== undefined ? { ...input, oneHot } : input;
    }
  }
  throw new TypeError('Sequential.stream: no layer determines the size of the input');
}
