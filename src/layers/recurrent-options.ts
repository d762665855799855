import type { Runtime } from '../runtime/runtime.js';
import { isObject, wrongKind } from '../validation/errors.js';
import {
  checkBoolean,
  checkEach,
  checkOptions,
  checkPositive,
  checkProbability,
  checkSize,
  refuse,
} from '../validation/options.js';
import type { NonlinearitySpec } from './nonlinearities.js';

/** How the outputs of the two directions are combined: concatenated, or elementwise. */
export type Merge = 'concat' | 'sum' | 'mul' | 'average';

/** The options of all recurrent layers. `Parts`: a nonlinearity for each part of the cell that has one. */
export interface RecurrentOptions<Parts extends readonly NonlinearitySpec[] = readonly NonlinearitySpec[]> {
  /** The number of stacked layers. Default 1. */
  numLayers?: number;
  /** Whether there are biases: two per layer, as in PyTorch, or only `bias_ih` with `single`. Default true. */
  bias?: boolean | 'single';
  /** The probability of dropout between layers, drawn at each step. Default 0. */
  dropout?: number;
  /** The probability of dropout on each layer's input, one mask per sequence, as Keras's `dropout` (Gal & Ghahramani 2016). Default 0. */
  inputDropout?: number;
  /** The same for the hidden state that the products read, as Keras's `recurrent_dropout`. Default 0. */
  recurrentDropout?: number;
  /**
   * The probability that a value of h or c keeps its previous state during training; outside training, the expected mixture of the previous
   * and the new state is used (Krueger et al. 2016). One number for both states, or one for each. Default 0.
   */
  zoneout?: number | { h?: number; c?: number };
  /** Clamps the input of every nonlinearity to ±clip, as ONNX's `clip`; gradients pass strictly inside. Default: no clamping. */
  clip?: number;
  /** The nonlinearities of the cell; a bidirectional layer also accepts one list per direction. */
  activations?: Parts | readonly [forward: Parts, reverse: Parts];
  /** Whether the initial states are parameters, `h0` and `c0` of each layer and direction, initialized with zeros. Default false. */
  learnInitial?: boolean;
  /** The output at masked steps: the carried state, or zeros. Default `repeat`. */
  maskedOutput?: 'repeat' | 'zeros';
  /** Whether the output is the whole sequence or only its last step. Default true. */
  returnSequences?: boolean;
  /** Whether sequences are [time, batch, features] instead of [batch, time, features]. Default false. */
  timeMajor?: boolean;
  /**
   * Whether each recorded forward (`training` or `record: true`) starts from the final states of the previous one, in prediction as in
   * training. Other forwards start from zeros and leave the carried states unchanged. Default false.
   */
  stateful?: boolean;
  /** Whether a second set of weights runs from the last step to the first. Default false. */
  bidirectional?: boolean;
  /** How the outputs of both directions are combined: concatenated, added, multiplied, or averaged. Default `concat`. */
  merge?: Merge;
  /** Whether the layer runs from the last step to the first; outputs keep the order of the inputs. Default false. */
  reverse?: boolean;
  /** The seed of the initial weights and of dropout; layers with the same seed draw the same numbers. Default: the runtime's seed, from which each layer draws different numbers. */
  seed?: number;
  runtime?: Runtime;
}

/** Options that follow from loaded parameters, and those of initialization, which loading replaces. */
export const INFERRED = [
  ...['numLayers', 'bias', 'bidirectional', 'learnInitial', 'projSize', 'peepholes', 'layerNorm'],
  ...['init', 'forgetBias', 'chrono'],
];

/** The default and check of options that every recurrent layer has. */
const CHECKS = {
  numLayers: [1, checkSize],
  bias: [true, (name: string, value: unknown) => (value === 'single' ? value : checkBoolean(name, value))],
  dropout: [0, checkProbability],
  inputDropout: [0, checkProbability],
  recurrentDropout: [0, checkProbability],
  clip: [0, checkPositive],
  learnInitial: [false, checkBoolean],
  maskedOutput: ['repeat', ['repeat', 'zeros']],
  returnSequences: [true, checkBoolean],
  timeMajor: [false, checkBoolean],
  stateful: [false, checkBoolean],
  bidirectional: [false, checkBoolean],
  merge: ['concat', ['concat', 'sum', 'mul', 'average']],
  reverse: [false, checkBoolean],
} as const;

/** The names of all common options, including those that are checked elsewhere. */
export const OPTIONS = [
  .../* @__PURE__ */ Object.keys(CHECKS),
  ...['zoneout', 'activations', 'init', 'seed', 'runtime'],
];

/** The options of a layer, with defaults filled in. @throws TypeError or RangeError for an invalid option */
export function checkRecurrent(
  owner: string,
  sizes: { inputSize: number; hiddenSize: number },
  options: RecurrentOptions,
  known: readonly string[],
  hasCell: boolean,
) {
  checkOptions(options, [...OPTIONS, ...known], owner);
  for (const [name, size] of Object.entries(sizes)) checkSize(name, size);
  const checked = checkEach(options, CHECKS);
  const { bidirectional, reverse, stateful } = checked;
  refuse(
    options.merge !== undefined && !bidirectional,
    'merge expected bidirectional: true, got one direction',
  );
  refuse(bidirectional && reverse, 'reverse expected one direction, got bidirectional: true');
  if (stateful) checkForwardOnly('stateful', checked);
  return { ...checked, seed: options.seed, zoneout: checkZoneout(options.zoneout, hasCell) };
}

/** @throws TypeError for a layer that reads backward in time, which `name` does not allow */
export function checkForwardOnly(
  name: string,
  { bidirectional, reverse }: { bidirectional: boolean; reverse: boolean },
): void {
  refuse(
    bidirectional || reverse,
    `${name} expected a layer that runs forward only, got ${reverse ? 'reverse' : 'bidirectional'}: true`,
  );
}

function checkZoneout(given: unknown, hasCell: boolean): { h: number; c: number } {
  if (given === undefined) return { h: 0, c: 0 };
  if (typeof given === 'number') return { h: checkProbability('zoneout', given), c: hasCell ? given : 0 };
  if (!isObject(given)) throw wrongKind('zoneout', 'a probability or { h, c }', given);
  checkOptions(given, hasCell ? ['h', 'c'] : ['h'], 'zoneout');
  const { h = 0, c = 0 } = given as { h?: unknown; c?: unknown };
  return { h: checkProbability('zoneout.h', h), c: checkProbability('zoneout.c', c) };
}

/** Options that files omit: the weights are already initialized, and the runtime is chosen when a file is loaded. */
const UNSAVED = ['seed', 'runtime', 'init', 'forgetBias', 'chrono'];

/** The options that files store, as plain data. */
export function savedOptions(options: RecurrentOptions, names: readonly string[]): Record<string, unknown> {
  const given = Object.entries(options).filter(
    ([name, value]) => value !== undefined && names.includes(name) && !UNSAVED.includes(name),
  );
  return JSON.parse(JSON.stringify(Object.fromEntries(given)));
}
