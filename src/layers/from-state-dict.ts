import { wrongKind, wrongValue } from '../validation/errors.js';
import { checkObject, checkOptions } from '../validation/options.js';
import { checkTensor, type NamedTensors, showShape } from '../validation/tensor.js';
import { UNINITIALIZED } from './initialize.js';
import type { Recurrent } from './recurrent.js';
import { INFERRED, OPTIONS, type RecurrentOptions } from './recurrent-options.js';
import { missingParameter, withoutWeightNorm, withoutWrappers } from './state-dict.js';

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
  /** The part of each name before `weight_ih_l0`, such as `encoder.`. Names without it are ignored. */
  prefix?: string;
};

/** A recurrent layer with the sizes and values of the given parameters. */
export function fromStateDict<L extends Recurrent, Options extends RecurrentOptions>(
  Class: new (inputSize: number, hiddenSize: number, options: Options) => L,
  gates: number,
  dict: NamedTensors,
  options: FromStateDict<Options>,
  known: readonly string[] = [],
): L {
  checkObject('state dict', dict);
  checkOptions(
    options,
    [...OPTIONS, ...known, 'prefix'].filter((name) => !INFERRED.includes(name)),
    'fromStateDict',
  );
  const { prefix = '', ...rest } = options as { prefix?: unknown };
  if (typeof prefix !== 'string') throw wrongKind('prefix', 'a string', prefix);
  const named: Record<string, NamedTensors[string]> = {};
  const isOwn = (name: string) => prefix !== '' && name.startsWith(prefix);
  for (const [name, value] of Object.entries(withoutWrappers(dict, isOwn)))
    if (name.startsWith(prefix)) named[name.slice(prefix.length)] = value;
  const own = withoutWeightNorm(named, () => true);
  const shapeOf = (name: string) => {
    if (!own[name]) throw missingParameter(prefix + name, dict);
    return checkTensor(prefix + name, own[name]).shape;
  };
  const [rows = 0, inputSize = 0] = shapeOf('weight_ih_l0');
  const [, stateSize = 0] = shapeOf('weight_hh_l0');
  const hiddenSize = (own.weight_hr_l0 && shapeOf('weight_hr_l0')[1]) ?? stateSize;
  if (rows !== gates * hiddenSize) {
    const formula = `shape [${gates > 1 ? `${gates} * ` : ''}hiddenSize, inputSize]`;
    const expected = `${formula} = ${showShape([gates * hiddenSize, inputSize])}`;
    throw wrongValue(`"${prefix}weight_ih_l0"`, expected, showShape(shapeOf('weight_ih_l0')));
  }
  let numLayers = 1;
  while (own[`weight_ih_l${numLayers}`]) numLayers++;
  const inferred = { ...rest, numLayers, ...inferredFrom(own, stateSize), [UNINITIALIZED]: true };
  const layer = new Class(inputSize, hiddenSize, inferred as unknown as Options);
  try {
    layer.loadStateDict(own);
  } catch (error) {
    layer.dispose();
    throw error;
  }
  return layer;
}

/** The options that follow from the names of the parameters. */
function inferredFrom(own: Record<string, unknown>, stateSize: number): Record<string, unknown> {
  const has = (name: string) => `${name}_l0` in own;
  return {
    bias: has('bias_ih') && (has('bias_hh') || 'single'),
    ...('weight_ih_l0_reverse' in own && { bidirectional: true }),
    ...(has('h0') && { learnInitial: true }),
    ...(has('weight_hr') && { projSize: stateSize }),
    ...(has('weight_peephole') && { peepholes: true }),
    ...(has('weight_ln') && { layerNorm: 'gate' }),
    ...(has('weight_ln_ih') && { layerNorm: 'cell' }),
  };
}
