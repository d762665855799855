import type { ActivationName, ActivationSpec } from '../reference/activations.js';
import type { Kind, Options } from '../reference/options.js';
import type { OptionCase } from './options.js';

export interface SingleOption {
  name: string;
  kind: Kind;
  options: Options;
  more: Partial<OptionCase>;
}

export const ACTIVATION_NAMES: readonly ActivationName[] = [
  ...(['tanh', 'sigmoid', 'relu', 'hardSigmoid', 'affine', 'leakyRelu'] as const),
  ...(['thresholdedRelu', 'scaledTanh', 'elu', 'softsign', 'softplus'] as const),
];

const ALL: readonly Kind[] = ['LSTM', 'GRU', 'RNN'];
const LENGTHS = [2, 4, 1];
/** All shorter than the input. */
const SHORT = [1, 3, 2];
const MASK = [1, 0, 1, 1, /**/ 0, 1, 0, 0, /**/ 1, 1, 1, 0];

function of(kinds: readonly Kind[], options: Options, more: Partial<OptionCase> = {}): SingleOption[] {
  const parts = Object.entries({ ...options, ...more }).map(
    ([name, value]) => `${name} ${JSON.stringify(value)}`,
  );
  return kinds.map((kind) => ({ name: `${kind} ${parts.join(', ') || 'alone'}`, kind, options, more }));
}

/** Every activation in each part of each kind. */
function activations(): SingleOption[] {
  const usual: [Kind, ActivationName[]][] = [
    ['LSTM', ['sigmoid', 'tanh', 'tanh']],
    ['GRU', ['sigmoid', 'tanh']],
    ['RNN', ['tanh']],
  ];
  return usual.flatMap(([kind, names]) =>
    names.flatMap((_, place) =>
      ACTIVATION_NAMES.flatMap((name) =>
        of([kind], { activations: names.map((usual, n) => (n === place ? name : usual)) }),
      ),
    ),
  );
}

const PARAMETRIZED: ActivationSpec[] = [
  { name: 'hardSigmoid', alpha: 1 / 6 },
  { name: 'hardSigmoid', alpha: 0.25, beta: 0.375 },
  { name: 'affine', alpha: 0.75, beta: -0.25 },
  { name: 'affine', beta: 0.25 },
  { name: 'leakyRelu', alpha: 0.25 },
  { name: 'thresholdedRelu', alpha: 0.25 },
  { name: 'scaledTanh', alpha: 1.7159, beta: 2 / 3 },
  { name: 'elu', alpha: 0.5 },
];

const DIRECTIONS: Options[] = [
  ...(['concat', 'sum', 'mul', 'average'] as const).map((merge) => ({ bidirectional: true, merge })),
  { reverse: true },
];

const EVERY_LAYER: SingleOption[] = [
  of(ALL, {}),
  of(ALL, {}, { states: [] }),
  of(ALL, { bias: 'single' }),
  of(ALL, { bias: false }),
  of(ALL, { returnSequences: false }),
  of(ALL, { clip: 0.5 }),
  of(ALL, { zoneout: 0.25 }),
  of(ALL, { zoneout: { h: 0.125 } }),
  of(ALL, { learnInitial: true }, { states: [] }),
  of(ALL, { learnInitial: true, bidirectional: true, numLayers: 2 }, { states: [] }),
  of(ALL, { learnInitial: true }),
  of(ALL, {}, { lengths: LENGTHS }),
  of(ALL, {}, { lengths: SHORT }),
  of(ALL, { bidirectional: true, clip: 0.5 }, { lengths: SHORT }),
  of(ALL, {}, { mask: MASK }),
  of(ALL, { maskedOutput: 'zeros' }, { mask: MASK }),
  of(ALL, {}, { lengths: LENGTHS, mask: MASK }),
  ...DIRECTIONS.flatMap((options) => [
    of(ALL, { ...options, numLayers: 2 }),
    of(ALL, { ...options, numLayers: 2 }, { lengths: LENGTHS }),
    of(ALL, { ...options, numLayers: 2, maskedOutput: 'zeros' }, { mask: MASK }),
    of(ALL, { ...options, returnSequences: false }, { lengths: LENGTHS }),
    of(ALL, { ...options, returnSequences: false }, { mask: MASK }),
  ]),
].flat();

const LSTM_ONLY: SingleOption[] = [
  { projSize: 2 },
  { projSize: 1, numLayers: 2, bidirectional: true },
  { peepholes: true },
  { coupled: true },
  { peepholes: true, coupled: true },
  { cellClip: 0.5 },
  { peepholes: true, cellClip: 0.5 },
  { layerNorm: 'cell' },
  { layerNorm: 'gate' },
  { layerNorm: 'cell', normEpsilon: 0.125 },
  { layerNorm: 'gate', normEpsilon: 0.125 },
  { layerNorm: 'gate', peepholes: true },
  { layerNorm: 'cell', peepholes: true },
  { layerNorm: 'gate', coupled: true },
  { layerNorm: 'gate', bias: 'single' },
  { layerNorm: 'cell', bias: false },
  { layerNorm: 'gate', bias: false },
  { layerNorm: 'cell', projSize: 3 },
  { zoneout: { c: 0.25 } },
  { zoneout: { h: 0.125, c: 0.25 }, projSize: 3 },
].flatMap((options) => of(['LSTM'], options as Options));

export const SINGLE_OPTIONS: readonly SingleOption[] = [
  ...EVERY_LAYER,
  ...LSTM_ONLY,
  ...of(['GRU'], { resetAfter: true }),
  ...of(['GRU'], { resetAfter: false }),
  ...of(['GRU'], { resetAfter: false, bias: 'single' }),
  ...of(['GRU'], { resetAfter: false, numLayers: 2, bidirectional: true }),
  ...of(['RNN'], { nonlinearity: 'relu' }),
  ...activations(),
  ...PARAMETRIZED.flatMap((spec) => of(['RNN'], { activations: [spec] })),
  ...PARAMETRIZED.flatMap((spec) => of(['LSTM'], { activations: ['sigmoid', spec, 'tanh'] })),
  ...of(['LSTM'], {
    bidirectional: true,
    activations: [
      ['hardSigmoid', 'softsign', 'elu'],
      ['sigmoid', { name: 'scaledTanh', alpha: 1.25 }, 'affine'],
    ],
  }),
  ...of(['GRU'], {
    bidirectional: true,
    activations: [
      ['hardSigmoid', 'relu'],
      ['sigmoid', 'softsign'],
    ],
  }),
  ...of(['RNN'], { bidirectional: true, numLayers: 2, activations: [['relu'], ['tanh']] }),
  ...of(['RNN'], { bidirectional: true, numLayers: 2, activations: ['softsign'] }),
];
