import { checkBoolean, checkOneOf, checkOptions, checkProbability, checkSize } from '../border/options.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Merge } from './directions.js';

export interface RecurrentOptions {
  /** How many layers, each over the output of the one below. Default 1. */
  numLayers?: number;
  /** Whether there are biases: two a layer, as in PyTorch. Default true. */
  bias?: boolean;
  /** The probability of dropout between layers, drawn anew at each step. Default 0. */
  dropout?: number;
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

/** Their names, which every recurrent layer takes. */
export const OPTIONS = [
  'numLayers',
  'bias',
  'dropout',
  'returnSequences',
  'timeMajor',
  'stateful',
  'bidirectional',
  'merge',
  'reverse',
  'seed',
  'runtime',
];

const MERGES: readonly Merge[] = ['concat', 'sum', 'mul', 'average'];

/** The options of a layer, with their defaults. @throws TypeError and RangeError for those that can not be */
export function checkRecurrent(
  owner: string,
  sizes: { inputSize: number; hiddenSize: number },
  options: RecurrentOptions,
  known: readonly string[],
) {
  checkOptions(options, [...OPTIONS, ...known], owner);
  for (const [name, size] of Object.entries(sizes)) checkSize(name, size);
  const { numLayers = 1, dropout = 0, merge = 'concat', seed } = options;
  checkSize('numLayers', numLayers);
  checkProbability('dropout', dropout);
  const { bias = true, returnSequences = true, timeMajor = false, stateful = false } = options;
  const { bidirectional = false, reverse = false } = options;
  const flags = { bias, returnSequences, timeMajor, stateful, bidirectional, reverse };
  for (const [name, flag] of Object.entries(flags)) checkBoolean(name, flag);
  checkDirections(options);
  return { numLayers, dropout, merge, seed, ...flags };
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
