import type { ActivationSpec } from './activations.js';

export type Kind = 'LSTM' | 'GRU' | 'RNN';

/** What the constructors take beside both sizes, as far as it shapes a result. */
export interface Options {
  numLayers?: number;
  bias?: boolean | 'single';
  bidirectional?: boolean;
  merge?: 'concat' | 'sum' | 'mul' | 'average';
  reverse?: boolean;
  returnSequences?: boolean;
  projSize?: number;
  peepholes?: boolean;
  coupled?: boolean;
  clip?: number;
  cellClip?: number;
  activations?: readonly ActivationSpec[] | readonly (readonly ActivationSpec[])[];
  nonlinearity?: 'tanh' | 'relu';
  resetAfter?: boolean;
  layerNorm?: 'cell' | 'gate';
  normEpsilon?: number;
  zoneout?: number | { h?: number; c?: number };
  learnInitial?: boolean;
  maskedOutput?: 'repeat' | 'zeros';
}

/** A layer before it has parameters. */
export interface Design {
  kind: Kind;
  inputSize: number;
  hiddenSize: number;
  options: Options;
}

/** One level in one direction. */
export interface Place {
  level: number;
  direction: number;
  reverse: boolean;
  suffix: string;
}

export const GATES = { LSTM: 4, GRU: 3, RNN: 1 };

export function places({ options }: Design): Place[] {
  const { numLayers = 1, bidirectional = false, reverse = false } = options;
  return Array.from({ length: numLayers }, (_, level): Place[] => [
    { level, direction: 0, reverse, suffix: `_l${level}` },
    ...(bidirectional ? [{ level, direction: 1, reverse: true, suffix: `_l${level}_reverse` }] : []),
  ]).flat();
}

export function directionCount({ options }: Design): number {
  return options.bidirectional ? 2 : 1;
}

/** Values of h: what a projection leaves. */
export function stateSize({ hiddenSize, options }: Design): number {
  return options.projSize ?? hiddenSize;
}

/** Values that a level gives at each step. */
export function outputSize(design: Design): number {
  const { merge = 'concat' } = design.options;
  return stateSize(design) * (merge === 'concat' ? directionCount(design) : 1);
}

/** Names and shapes in the order of the layer's parameters. */
export function optionShapes(design: Design): Map<string, number[]> {
  return new Map(
    places(design).flatMap(({ level, suffix }) =>
      Object.entries(placeShapes(design, level)).map(([name, shape]): [string, number[]] => [
        name + suffix,
        shape,
      ]),
    ),
  );
}

function placeShapes(design: Design, level: number): Record<string, number[]> {
  const { kind, inputSize, hiddenSize: H, options } = design;
  const { bias = true, projSize, peepholes, learnInitial } = options;
  const R = stateSize(design);
  const rows = GATES[kind] * H;
  return {
    weight_ih: [rows, level === 0 ? inputSize : outputSize(design)],
    weight_hh: [rows, R],
    ...(bias !== false && { bias_ih: [rows] }),
    ...(bias === true && { bias_hh: [rows] }),
    ...(projSize !== undefined && { weight_hr: [projSize, H] }),
    ...(peepholes && { weight_peephole: [3 * H] }),
    ...normShapes(options, rows, H),
    ...(learnInitial && { h0: [R] }),
    ...(learnInitial && kind === 'LSTM' && { c0: [H] }),
  };
}

function normShapes({ layerNorm }: Options, rows: number, H: number): Record<string, number[]> {
  if (layerNorm === 'gate') return { weight_ln: [rows] };
  if (layerNorm === undefined) return {};
  return {
    ...{ weight_ln_ih: [rows], bias_ln_ih: [rows], weight_ln_hh: [rows], bias_ln_hh: [rows] },
    ...{ weight_ln_c: [H], bias_ln_c: [H] },
  };
}
