import { describe } from '../border/errors.js';
import {
  checkBoolean,
  checkOneOf,
  checkOptions,
  checkPositive,
  checkProbability,
  checkSize,
} from '../border/options.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Merge } from './directions.js';
import type { NonlinearitySpec } from './nonlinearities.js';

/** `Parts`: a nonlinearity for each place of the cell that has one. */
export interface RecurrentOptions<Parts extends readonly NonlinearitySpec[] = readonly NonlinearitySpec[]> {
  /** How many layers, each over the output of the one below. Default 1. */
  numLayers?: number;
  /** Whether there are biases: two a layer, as in PyTorch, or with `single` `bias_ih` alone. Default true. */
  bias?: boolean | 'single';
  /** The probability of dropout between layers, drawn anew at each step. Default 0. */
  dropout?: number;
  /** The probability of dropout on each layer's input, one mask a sequence, as Keras's `dropout` (Gal & Ghahramani 2016). Default 0. */
  inputDropout?: number;
  /** The same on h where the products read it, as Keras's `recurrent_dropout`. Default 0. */
  recurrentDropout?: number;
  /**
   * The probability for each value of a state to stay as it was, of h and c apart or alike; where nothing is trained, the
   * part of it that stays (Krueger et al. 2016). Default 0.
   */
  zoneout?: number | { h?: number; c?: number };
  /** Bounds what every nonlinearity reads to ± clip, as ONNX's `clip`; gradients pass strictly inside. Default: no bound. */
  clip?: number;
  /** The nonlinearities of the cell; for a bidirectional layer also a list for each direction. */
  activations?: Parts | readonly [forward: Parts, reverse: Parts];
  /** Whether the states before the first step are parameters, `h0` and `c0` of each layer and direction; zeros at first. Default false. */
  learnInitial?: boolean;
  /** What the output holds at masked steps: the state that was carried on, or zeros. Default `repeat`. */
  maskedOutput?: 'repeat' | 'zeros';
  /** Whether the output is the whole sequence, or its last step alone. Default true. */
  returnSequences?: boolean;
  /** Whether sequences are [time, batch, features] in place of [batch, time, features]. Default false. */
  timeMajor?: boolean;
  /** Whether each recorded forward begins with the states that the one before left. Default false. */
  stateful?: boolean;
  /** Whether a second set of weights runs from the last step to the first. Default false. */
  bidirectional?: boolean;
  /** How both directions become one output: side by side, added, multiplied, or their average. Default `concat`. */
  merge?: Merge;
  /** Whether the layer runs from the last step to the first; outputs stay where their inputs are. Default false. */
  reverse?: boolean;
  /** The seed of the initial weights and of dropout; layers of one seed draw the same numbers. Default: the runtime's, where none share. */
  seed?: number;
  runtime?: Runtime;
}

/** What parameters show of themselves. */
export const INFERRED = [
  'numLayers',
  'bias',
  'bidirectional',
  'learnInitial',
  'projSize',
  'peepholes',
  'layerNorm',
];

/** Their names, which every recurrent layer takes. */
export const OPTIONS = [
  ...['numLayers', 'bias', 'dropout', 'inputDropout', 'recurrentDropout', 'zoneout', 'clip', 'activations'],
  ...['learnInitial', 'maskedOutput', 'returnSequences', 'timeMajor', 'stateful', 'bidirectional', 'merge'],
  ...['reverse', 'init', 'seed', 'runtime'],
];

const MERGES: readonly Merge[] = ['concat', 'sum', 'mul', 'average'];

/** The options of a layer, with their defaults. @throws TypeError and RangeError for those that can not be */
export function checkRecurrent(
  owner: string,
  sizes: { inputSize: number; hiddenSize: number },
  options: RecurrentOptions,
  known: readonly string[],
  hasCell: boolean,
) {
  checkOptions(options, [...OPTIONS, ...known], owner);
  for (const [name, size] of Object.entries(sizes)) checkSize(name, size);
  const { numLayers = 1, dropout = 0, inputDropout = 0, recurrentDropout = 0 } = options;
  const { merge = 'concat', maskedOutput = 'repeat', clip, seed } = options;
  checkSize('numLayers', numLayers);
  const probabilities = { dropout, inputDropout, recurrentDropout };
  for (const [name, p] of Object.entries(probabilities)) checkProbability(name, p);
  if (clip !== undefined) checkPositive('clip', clip);
  checkOneOf('maskedOutput', maskedOutput, ['repeat', 'zeros']);
  const { bias = true, returnSequences = true, timeMajor = false, stateful = false } = options;
  const { bidirectional = false, reverse = false, learnInitial = false } = options;
  const flags = { returnSequences, timeMajor, stateful, bidirectional, reverse, learnInitial };
  for (const [name, flag] of Object.entries(flags)) checkBoolean(name, flag);
  if (bias !== 'single') checkBoolean('bias', bias);
  checkDirections(options);
  const zoneout = checkZoneout(options.zoneout, hasCell);
  return { numLayers, ...probabilities, merge, seed, bias, clip: clip ?? 0, maskedOutput, zoneout, ...flags };
}

function checkZoneout(given: unknown, hasCell: boolean): { h: number; c: number } {
  if (given === undefined) return { h: 0, c: 0 };
  if (typeof given === 'number') return { h: checkProbability('zoneout', given), c: hasCell ? given : 0 };
  if (given === null || typeof given !== 'object')
    throw new TypeError(`zoneout expected a probability or { h, c }, got ${describe(given)}`);
  checkOptions(given, hasCell ? ['h', 'c'] : ['h'], 'zoneout');
  const { h = 0, c = 0 } = given as { h?: unknown; c?: unknown };
  return { h: checkProbability('zoneout.h', h), c: checkProbability('zoneout.c', c) };
}

/** @throws TypeError where the options name directions that do not go together */
function checkDirections({ bidirectional, merge, reverse, stateful }: RecurrentOptions): void {
  if (merge !== undefined) checkOneOf('merge', merge, MERGES);
  if (merge !== undefined && !bidirectional)
    throw new TypeError('merge expected two directions to make one: it goes with bidirectional: true');
  if (bidirectional && reverse)
    throw new TypeError('reverse expected one direction: a bidirectional layer runs in both');
  if (stateful && (bidirectional || reverse)) {
    throw new TypeError(
      'stateful expected a layer that runs forward: what runs from the last step to the first has nothing to hand on',
    );
  }
}
