import type { ForwardOptions, LayerConfig } from '../layers/layer.js';
import type { GeneratorState } from '../runtime/runtime.js';
import type { CarriedState } from '../training/model-state.js';

/** What a worker of a team is told at its beginning. */
export interface Setup {
  readonly job: 'slices';
  readonly module: WebAssembly.Module;
  readonly config: LayerConfig;
  readonly rank: number;
  /** All parameters, one after the other. */
  readonly weights: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
}

export interface ForwardRequest {
  readonly kind: 'forward';
  readonly mode: Pick<ForwardOptions, 'training' | 'record'>;
  readonly shape: readonly number[];
  /** The parameters that are new since the last request. */
  readonly changed: readonly number[];
  /** Which parameters want a gradient. */
  readonly learns: readonly boolean[];
  /** As they stand for rank 0. */
  readonly generators: readonly GeneratorState[];
  readonly states: readonly CarriedState[];
  /** How many steps each sequence has, where that is told. */
  readonly lengths?: readonly number[];
  /** The shape of the mask, where there is one: the last array. */
  readonly mask?: readonly number[];
}

export interface BackwardRequest {
  readonly kind: 'backward';
}

export interface ForwardReply {
  readonly shape: readonly number[];
  readonly states: readonly CarriedState[];
}

export interface BackwardReply {
  /** The parameters whose gradients come. */
  readonly gradients: readonly number[];
}

/** In the place of a reply. */
export interface Failure {
  readonly error: { readonly name: string; readonly message: string };
}

export function failureOf(error: unknown): Failure {
  const { name, message } = error as Error;
  return { error: { name, message } };
}

/** The error of another thread, of its kind; `where` stands before its message. */
export function errorOf({ error: { name, message } }: Failure, where = ''): Error {
  const Kind = name === 'RangeError' ? RangeError : name === 'TypeError' ? TypeError : Error;
  return new Kind(where + message);
}
