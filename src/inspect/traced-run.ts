import { remember } from '../layers/extras.js';
import { type CoreLayer, isCoreLayer } from '../layers/layer.js';
import { Recurrent } from '../layers/recurrent.js';
import type { SequenceOptions } from '../layers/sequence-options.js';
import { Sequential } from '../layers/sequential.js';
import { runBackward } from '../layers/stateless.js';
import { type Block, Tape } from '../layers/tape.js';
import { Allocations } from '../runtime/memory.js';
import { describe } from '../validation/errors.js';
import type { Integers, Tensor } from '../validation/tensor.js';
import { levelsOf, type TracedLevel } from './level.js';

/**
 * A traced forward and backward of a model on a separate tape: the model's recorded forwards and parameter gradients do not
 * change.
 */
class TracedRun {
  readonly output: Tensor;
  readonly levels: readonly TracedLevel[];
  readonly #model: CoreLayer;
  readonly #allocations: Allocations;
  readonly #tape: Tape;
  readonly #block: Block;

  constructor(model: CoreLayer, input: Tensor | Integers, sequence: SequenceOptions) {
    this.#model = model;
    this.#allocations = new Allocations(model.runtime, this);
    this.#tape = new Tape(this.#allocations);
    this.#tape.recording = true;
    this.#tape.trace = [];
    try {
      const entered = model.enterSequence(input, sequence, this.#tape);
      this.#block = model.forwardIn(entered, this.#tape);
      this.output = model.leave(this.#block, this.#tape);
      this.levels = levelsOf(model, this.#tape.trace);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Fills the trace of each level, from the gradient of the output; overwrites the gates. */
  backward(gradient: Tensor): void {
    const wanted = [...this.#model.parameters.values()].filter(({ requiresGrad }) => requiresGrad);
    for (const parameter of wanted) parameter.requiresGrad = false;
    try {
      runBackward(this.#tape, this.#model.copyIn(gradient.data, this.#block, this.#tape), false);
    } finally {
      for (const parameter of wanted) parameter.requiresGrad = true;
    }
  }

  dispose(): void {
    this.#allocations.dispose('TracedRun');
  }
}

/** Calls `use` with a traced run in evaluation mode, from zeros or learned states. The model does not change. */
export function traced<T>(
  model: CoreLayer,
  input: Tensor | Integers,
  sequence: SequenceOptions,
  use: (run: TracedRun) => T,
): T {
  const layers = model.coreLayers();
  for (const { allocations } of [model, ...layers]) allocations.check();
  const restore = remember(layers);
  let run: TracedRun | undefined;
  try {
    for (const { extras } of layers) extras.carried?.set({});
    run = new TracedRun(model, input, sequence);
    return use(run);
  } finally {
    run?.dispose();
    restore();
  }
}

/** @throws TypeError if the model contains a layer that is not this package's, or no recurrent layer */
export function checkModel(owner: string, model: unknown): CoreLayer {
  const checked = checkLayers(owner, '', model);
  if (checked.coreLayers().some((layer) => layer instanceof Recurrent)) return checked;
  throw new TypeError(
    `${owner}: model expected to contain a recurrent layer, an LSTM, GRU or RNN, but has none`,
  );
}

function checkLayers(owner: string, path: string, layer: unknown): CoreLayer {
  if (layer instanceof Sequential) {
    for (const [n, inner] of layer.layers.entries())
      checkLayers(owner, path === '' ? `${n}` : `${path}.${n}`, inner);
    return layer;
  }
  const name = path === '' ? 'model' : `model: layer ${path}`;
  if (isCoreLayer(layer, `${owner}: ${name}`)) return layer;
  throw new TypeError(
    `${owner}: ${name} expected one of this package's layers, or a Sequential of them, got ${describe(layer)}`,
  );
}
