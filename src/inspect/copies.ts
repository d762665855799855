import { Activation } from '../layers/activation.js';
import { Dropout } from '../layers/dropout.js';
import { Embedding } from '../layers/embedding.js';
import { GRU } from '../layers/gru.js';
import { UNINITIALISED } from '../layers/initialise.js';
import { isCoreLayer, type Layer } from '../layers/layer.js';
import { Linear } from '../layers/linear.js';
import { LSTM } from '../layers/lstm.js';
import { Recurrent } from '../layers/recurrent.js';
import { RNN } from '../layers/rnn.js';
import { Sequential } from '../layers/sequential.js';
import type { Runtime } from '../runtime/runtime.js';
import { describe } from '../validation/errors.js';
import type { Integers, Tensor } from '../validation/tensor.js';

/** A recurrent layer of one level and one direction, which is given one step at a time. */
export interface StepLayer {
  forward(input: Tensor | Integers, options: object): { hN: Tensor; cN?: Tensor };
  backward(gradient: object, options: object): { input?: Tensor; h0: Tensor; c0?: Tensor };
  dispose(): void;
}

/** Parameters of one level in one direction, by their names without the suffix. */
export type LevelParameters = Readonly<Record<string, Tensor>>;

/** What a level's parameters do not tell and its outcome hangs on where nothing is trained. */
const KEPT = ['zoneout', 'clip', 'cellClip', 'coupled', 'normEpsilon', 'resetAfter', 'nonlinearity'];

/** Copies draw nothing: a stream of the runtime that they took would change what the user's next layer begins with. */
export function unseeded(runtime: Runtime): { seed: number; runtime: Runtime } {
  return { seed: 0, runtime, [UNINITIALISED]: true } as { seed: number; runtime: Runtime };
}

export function parametersOf(layer: Recurrent, suffix: string): LevelParameters {
  const own = [...layer.parameters].filter(([name]) => name.endsWith(suffix));
  return Object.fromEntries(
    own.map(([name, parameter]) => [
      name.slice(0, -suffix.length),
      { data: parameter.read(), shape: parameter.shape },
    ]),
  );
}

/** The nonlinearities that a direction was given, if any. */
export function activationsOf(layer: Recurrent, direction: number): unknown[] | undefined {
  const given = layer.config().activations as unknown[] | undefined;
  return given && Array.isArray(given[0]) ? (given[direction] as unknown[]) : given;
}

/** One level in one direction as a layer of its own, running forward; its initial states are left to the caller. */
export function copyOfLevel(layer: Recurrent, direction: number, parameters: LevelParameters): StepLayer {
  const config = layer.config();
  const activations = activationsOf(layer, direction);
  const dict = Object.entries(parameters)
    .filter(([name]) => name !== 'h0' && name !== 'c0')
    .map(([name, tensor]) => [`${name}_l0`, tensor]);
  const options = {
    ...Object.fromEntries(KEPT.filter((name) => name in config).map((name) => [name, config[name]])),
    ...(activations && { activations }),
    ...unseeded(layer.runtime),
    timeMajor: true,
  };
  const Kind = (layer instanceof LSTM ? LSTM : layer instanceof GRU ? GRU : RNN) as typeof LSTM;
  const copy = Kind.fromStateDict(Object.fromEntries(dict), options as object);
  // The products that sum their gradients would be the larger part of the work.
  for (const parameter of copy.parameters.values()) parameter.requiresGrad = false;
  return copy as unknown as StepLayer;
}

/** A layer without time, with the same weights; `undefined` for dropout, which passes everything on where nothing is trained. */
export function copyOf(layer: Layer): Layer | undefined {
  const { runtime } = layer;
  let copy: Layer;
  if (layer instanceof Dropout) return undefined;
  if (layer instanceof Activation) return new Activation(layer.name, { runtime });
  if (layer instanceof Embedding) copy = new Embedding(layer.count, layer.size, unseeded(runtime));
  else {
    const { inFeatures, outFeatures } = layer as Linear;
    copy = new Linear(inFeatures, outFeatures, {
      bias: layer.parameters.has('bias'),
      ...unseeded(runtime),
    });
  }
  for (const [name, parameter] of copy.parameters) {
    parameter.write((layer.parameters.get(name) as typeof parameter).read());
    parameter.requiresGrad = false;
  }
  return copy;
}

/** A layer of a model and where it stands, as its parameters name it: `0`, `1.0`; empty for the model itself. */
export interface Placed {
  readonly path: string;
  readonly layer: Layer;
}

/**
 * All layers of a model in order, those of nested ones too.
 *
 * @throws TypeError where one can not be looked into, or none recurs
 */
export function placedLayers(owner: string, model: unknown): Placed[] {
  const all = flat(owner, '', model as Layer);
  if (all.some(({ layer }) => layer instanceof Recurrent)) return all;
  throw new TypeError(`${owner}: model expected a recurrent layer in it, an LSTM, GRU or RNN, and has none`);
}

function flat(owner: string, path: string, layer: Layer): Placed[] {
  if (layer instanceof Sequential)
    return layer.layers.flatMap((one, n) => flat(owner, path === '' ? `${n}` : `${path}.${n}`, one));
  if ([LSTM, GRU, RNN, Linear, Embedding, Activation, Dropout].some((Kind) => layer instanceof Kind))
    return [{ path, layer }];
  const name = path === '' ? 'model' : `model: layer ${path}`;
  isCoreLayer(layer, `${owner}: ${name}`);
  throw new TypeError(
    `${owner}: ${name} expected one of this package's layers, or a Sequential of them, got ${describe(layer)}`,
  );
}
