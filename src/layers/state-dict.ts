import { describe } from '../border/errors.js';
import { checkOptions } from '../border/options.js';
import { checkTensor, type NamedTensors } from '../border/tensor.js';
import { UNINITIALISED } from './initialise.js';
import type { Recurrent } from './recurrent.js';
import { INFERRED, OPTIONS, type RecurrentOptions } from './recurrent-options.js';

export type FromStateDict<Options> = Omit<
  Options,
  | 'numLayers'
  | 'bias'
  | 'bidirectional'
  | 'learnInitial'
  | 'projSize'
  | 'peepholes'
  | 'layerNorm'
  | 'init'
  | 'forgetBias'
  | 'chrono'
> & {
  /** What stands before each name, as in "encoder.". Other names are left alone then. */
  prefix?: string;
};

/** A recurrent layer of the sizes that the parameters have, with their values. */
export function fromStateDict<L extends Recurrent, Options extends RecurrentOptions>(
  Class: new (inputSize: number, hiddenSize: number, options: Options) => L,
  gates: number,
  dict: NamedTensors,
  options: FromStateDict<Options>,
  known: readonly string[] = [],
): L {
  if (dict === null || typeof dict !== 'object')
    throw new TypeError(`state dict expected an object, got ${describe(dict)}`);
  checkOptions(
    options,
    [...OPTIONS, ...known, 'prefix'].filter((name) => !INFERRED.includes(name)),
    'fromStateDict',
  );
  const { prefix = '', ...rest } = options as { prefix?: unknown };
  if (typeof prefix !== 'string') throw new TypeError(`prefix expected a string, got ${describe(prefix)}`);
  const own: Record<string, NamedTensors[string]> = {};
  for (const [name, value] of Object.entries(dict))
    if (name.startsWith(prefix)) own[name.slice(prefix.length)] = value;
  const missing = (name: string) =>
    new TypeError(
      `state dict: "${prefix}${name}" is missing; it has ${Object.keys(dict).join(', ') || 'nothing'}`,
    );
  if (!own.weight_ih_l0) throw missing('weight_ih_l0');
  if (!own.weight_hh_l0) throw missing('weight_hh_l0');
  const [rows = 0, inputSize = 0] = checkTensor(`${prefix}weight_ih_l0`, own.weight_ih_l0).shape;
  const [, stateSize = 0] = checkTensor(`${prefix}weight_hh_l0`, own.weight_hh_l0).shape;
  const projection = own.weight_hr_l0 && checkTensor(`${prefix}weight_hr_l0`, own.weight_hr_l0);
  const hiddenSize = projection?.shape[1] ?? stateSize;
  if (rows !== gates * hiddenSize) {
    const formula = `[${gates > 1 ? `${gates} * ` : ''}hiddenSize, inputSize] = [${gates * hiddenSize}, ${inputSize}]`;
    throw new RangeError(
      `"${prefix}weight_ih_l0" expected shape ${formula}, got [${own.weight_ih_l0.shape.join(', ')}]`,
    );
  }
  let numLayers = 1;
  while (own[`weight_ih_l${numLayers}`]) numLayers++;
  const inferred = { ...rest, numLayers, ...inferredFrom(own, stateSize), [UNINITIALISED]: true };
  const layer = new Class(inputSize, hiddenSize, inferred as unknown as Options);
  try {
    layer.loadStateDict(own);
  } catch (error) {
    layer.dispose();
    throw error;
  }
  return layer;
}

/** What the names of the parameters tell of the options. */
function inferredFrom(own: Record<string, unknown>, stateSize: number): Record<string, unknown> {
  const has = (name: string) => own[`${name}_l0`] !== undefined;
  const inferred: Record<string, unknown> = { bias: has('bias_ih') && (has('bias_hh') || 'single') };
  if (own.weight_ih_l0_reverse !== undefined) inferred.bidirectional = true;
  if (has('h0')) inferred.learnInitial = true;
  if (has('weight_hr')) inferred.projSize = stateSize;
  if (has('weight_peephole')) inferred.peepholes = true;
  if (has('weight_ln_ih')) inferred.layerNorm = 'cell';
  else if (has('weight_ln')) inferred.layerNorm = 'gate';
  return inferred;
}
