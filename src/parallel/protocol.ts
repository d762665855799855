import type { CarriedState } from '../layers/extras.js';
import type { ForwardOptions, LayerConfig } from '../layers/layer.js';
import type { GeneratorState } from '../runtime/runtime.js';

/** The first message to a worker of a pool. */
export interface ReplicaSetup {
  readonly job: 'replica';
  readonly module: WebAssembly.Module;
  readonly config: LayerConfig;
  readonly rank: number;
  /** All parameters, one after another. */
  readonly weights: SharedArrayBuffer;
  /** The control buffer of the channel. */
  readonly control: SharedArrayBuffer;
}

/** Its arrays: the input, the carried states, then the mask if there is one. */
export interface ForwardRequest {
  readonly kind: 'forward';
  readonly mode: Pick<ForwardOptions, 'training' | 'record'>;
  /** The input's shape. */
  readonly shape: readonly number[];
  /** Indices of the parameters that changed since this worker's last request. */
  readonly changed: readonly number[];
  readonly requiresGrad: readonly boolean[];
  /** The random generators as rank 0 has them. */
  readonly generators: readonly GeneratorState[];
  readonly states: readonly CarriedState[];
  readonly lengths?: readonly number[];
  /** The mask's shape. */
  readonly mask?: readonly number[];
}

/** Its array: the gradient of the output. */
export interface BackwardRequest {
  readonly kind: 'backward';
}

/** Its arrays: the output, then the carried states. */
export interface ForwardReply {
  readonly shape: readonly number[];
  readonly states: readonly CarriedState[];
}

/** Its arrays: the gradients. */
export interface BackwardReply {
  /** Indices of the parameters that the gradients belong to. */
  readonly gradients: readonly number[];
}

/** Sent instead of a reply. */
export interface Failure {
  readonly error: { readonly name: string; readonly message: string };
}

export function failureOf(error: unknown): Failure {
  const { name, message } = error as Error;
  return { error: { name, message } };
}

/** The error of another thread, of the same class; `prefix` is put before its message. */
export function errorOf({ error: { name, message } }: Failure, prefix = ''): Error {
  const ErrorClass = name === 'RangeError' ? RangeError : name === 'TypeError' ? TypeError : Error;
  return new ErrorClass(prefix + message);
}
