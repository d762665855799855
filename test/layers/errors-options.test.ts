import { describe } from 'vitest';
import { Linear, type Tensor } from '../../src/index.js';
import { make } from '../helpers/options.js';
import { bad, type Row, refuses, type Subjects, zeros } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';
import type { Kind, Options } from '../reference/options.js';

const ALL: readonly Kind[] = ['LSTM', 'GRU', 'RNN'];

/** What an option is given, shortly. */
function show(value: unknown): string {
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return `${typeof value} ${String(value)}`;
}

function layer(s: Subjects, kind: Kind, options: object) {
  const { runtime } = s;
  return make({ kind, inputSize: 3, hiddenSize: 5, options: options as Options }, { runtime });
}

/** Each value of an option refused with one class; the message names it, or what else it should. */
function values(
  kinds: readonly Kind[],
  name: string,
  error: typeof TypeError | typeof RangeError,
  given: readonly unknown[],
  { message = new RegExp(name), ...beside }: Record<string, unknown> & { message?: RegExp } = {},
): Row[] {
  return kinds.flatMap((kind) =>
    given.map((value): Row => {
      const options = { ...beside, [name]: value };
      return [
        `${kind} with ${Object.entries(options).map(([key, one]) => `${key}: ${show(one)}`)}`,
        (s) => layer(s, kind, options),
        error,
        message,
      ];
    }),
  );
}

const NUMBERS = [0, -1, Number.NaN, Number.POSITIVE_INFINITY];
const PROBABILITIES = [-0.1, 1, 2, Number.NaN];
const NOT_NUMBERS = ['1', true, null, [1]];
const NOT_BOOLEANS = ['true', 1, 0, null, {}];

/** Options that only one kind of layer has. */
const elsewhere: Row[] = [
  ...[
    'projSize',
    'peepholes',
    'coupled',
    'cellClip',
    'layerNorm',
    'normEpsilon',
    'forgetBias',
    'chrono',
  ].flatMap((name) =>
    values(['GRU', 'RNN'], name, TypeError, [1], { message: new RegExp(`unknown option "${name}"`) }),
  ),
  ...values(['LSTM', 'RNN'], 'resetAfter', TypeError, [true], { message: /unknown option "resetAfter"/ }),
  ...values(['LSTM', 'GRU'], 'nonlinearity', TypeError, ['relu'], {
    message: /unknown option "nonlinearity"/,
  }),
  ...values(ALL, 'peephole', TypeError, [true], { message: /unknown option "peephole"/ }),
  ...values(['LSTM'], 'proj_size', TypeError, [2], { message: /projSize/ }),
];

const everyLayer: Row[] = [
  ...values(ALL, 'clip', RangeError, NUMBERS),
  ...values(ALL, 'clip', TypeError, NOT_NUMBERS),
  ...['inputDropout', 'recurrentDropout', 'zoneout'].flatMap((name) => [
    ...values(ALL, name, RangeError, PROBABILITIES),
    ...values(ALL, name, TypeError, ['0.5', true, null]),
  ]),
  ...values(ALL, 'zoneout', RangeError, [{ h: 1 }, { h: -0.5 }, { h: Number.NaN }]),
  ...values(ALL, 'zoneout', TypeError, [{ h: '0.5' }, { x: 0.5 }, [0.5, 0.5]]),
  ...values(['GRU', 'RNN'], 'zoneout', TypeError, [{ c: 0.5 }, { h: 0.5, c: 0.5 }]),
  ...values(['LSTM'], 'zoneout', RangeError, [{ c: 1 }, { h: 0.5, c: 2 }]),
  ...values(ALL, 'learnInitial', TypeError, NOT_BOOLEANS),
  ...values(ALL, 'maskedOutput', RangeError, ['nothing', 'zero']),
  ...values(ALL, 'maskedOutput', TypeError, [0, true, null]),
  ...values(ALL, 'bias', TypeError, ['true', 1, null]),
  ...values(['LSTM', 'GRU'], 'init', RangeError, ['identity', 'torch']),
  ...values(['RNN'], 'init', RangeError, ['xavier']),
  ...values(ALL, 'init', TypeError, [0, null, true]),
];

const lstm: Row[] = [
  ...values(['LSTM'], 'projSize', RangeError, [0, -1, 5, 6, 1.5, Number.NaN]),
  ...values(['LSTM'], 'projSize', TypeError, ['2', true, null]),
  ...values(['LSTM'], 'peepholes', TypeError, NOT_BOOLEANS),
  ...values(['LSTM'], 'coupled', TypeError, NOT_BOOLEANS),
  ...values(['LSTM'], 'forgetBias', TypeError, [1], { coupled: true, message: /coupled|forgetBias/ }),
  ...values(['LSTM'], 'cellClip', RangeError, NUMBERS),
  ...values(['LSTM'], 'cellClip', TypeError, NOT_NUMBERS),
  ...values(['LSTM'], 'layerNorm', RangeError, ['foo', 'cells']),
  ...values(['LSTM'], 'layerNorm', TypeError, [true, 1, null]),
  ...values(['LSTM'], 'layerNorm', TypeError, ['cell'], { coupled: true, message: /coupled|layerNorm/ }),
  ...values(['LSTM'], 'normEpsilon', TypeError, [0.125]),
  ...values(['LSTM'], 'normEpsilon', RangeError, [-1, Number.NaN], { layerNorm: 'cell' }),
  ...values(['LSTM'], 'normEpsilon', TypeError, ['1', null], { layerNorm: 'cell' }),
  ...values(['GRU'], 'resetAfter', TypeError, NOT_BOOLEANS),
];

const lists = (one: unknown, count: number): unknown[] => Array.from({ length: count }, () => one);
const COUNTS = { LSTM: 3, GRU: 2, RNN: 1 };

const activations: Row[] = ALL.flatMap((kind) => {
  const count = COUNTS[kind];
  const of = (error: typeof TypeError, given: unknown[], more = {}) =>
    values([kind], 'activations', error, given, more);
  const rest = lists('tanh', count - 1);
  const good = lists('tanh', count);
  return [
    ...of(RangeError, [lists('tanh', count + 1), rest, []]),
    ...of(TypeError, ['tanh', 1, null, { name: 'tanh' }]),
    ...of(RangeError, [[...rest, 'hardsigmoid']], { message: /activations.*did you mean "hardSigmoid"/ }),
    ...of(RangeError, [
      [...rest, 'foo'],
      [...rest, { name: 'rely' }],
    ]),
    ...of(TypeError, [
      [...rest, 1],
      [...rest, null],
      [...rest, {}],
      [...rest, { alpha: 1 }],
    ]),
    ...of(TypeError, [
      [...rest, { name: 'elu', gamma: 1 }],
      [...rest, { name: 'elu', alpha: '1' }],
    ]),
    ...of(TypeError, [
      [...rest, { name: 'elu', beta: 1 }],
      [...rest, { name: 'tanh', alpha: 1 }],
    ]),
    ...of(RangeError, [[...rest, { name: 'affine', beta: Number.NaN }]]),
    ...of(TypeError, [[good], [good, good]]),
    ...of(TypeError, [[good, 'tanh']], { bidirectional: true }),
    ...of(RangeError, [[good], [good, good, good], [good, [...good, 'tanh']]], { bidirectional: true }),
  ];
});

const together: Row[] = [
  ...values(['RNN'], 'activations', TypeError, [['relu']], {
    nonlinearity: 'relu',
    message: /nonlinearity|activations/,
  }),
  ...ALL.flatMap((kind) =>
    [{ bidirectional: true }, { reverse: true }].map(
      (options): Row => [
        `a stream of ${kind} with ${show(options)}`,
        (s) => layer(s, kind, { ...options, clip: 1, learnInitial: true }).stream(),
        TypeError,
        /stream.*runs forward only/,
      ],
    ),
  ),
];

/** A forward of [2, 4, 3] with options of its own, by each kind of layer. */
function forward(what: string, options: object, error: Row[2], message: RegExp, input?: Tensor): Row[] {
  return ALL.map((kind) => [
    `${kind}.forward with ${what}`,
    (s) => layer(s, kind, {}).forward(input ?? zeros(2, 4, 3), bad(options)),
    error,
    message,
  ]);
}

const LENGTH_KINDS = [
  3,
  '34',
  null,
  {},
  ['3', '4'],
  [3, null],
  Float32Array.of(3, 4),
  { data: Int32Array.of(3, 4) },
];
const LENGTH_VALUES = [
  [-1, 4],
  [4, -1],
  [4, 5],
  [1.5, 2],
  [Number.NaN, 4],
  [],
  [4],
  [4, 4, 4],
  Int32Array.of(4, -1),
];

const lengths: Row[] = [
  ...LENGTH_KINDS.flatMap((value) =>
    forward(`lengths of ${show(value)}`, { lengths: value }, TypeError, /lengths/),
  ),
  ...LENGTH_VALUES.flatMap((value) =>
    forward(`lengths of ${show(value)}`, { lengths: value }, RangeError, /lengths/),
  ),
  ...forward('lengths of one sequence too many', { lengths: [4, 4] }, RangeError, /lengths/, zeros(4, 3)),
  [
    'Linear.forward with lengths',
    (s) => s.linear.forward(zeros(2, 4, 3), bad({ lengths: [1, 2] })),
    TypeError,
    /lengths/,
  ],
  ['LSTM.stream with lengths', (s) => s.lstm.stream(bad({ lengths: [1] })), TypeError, /lengths/],
];

const ones = (...shape: number[]) => ({ data: Int32Array.from(zeros(...shape).data, () => 1), shape });

const masks: Row[] = [
  ...[
    3,
    null,
    'mask',
    [1, 1],
    { data: [1, 1, 1, 1], shape: [2, 2] },
    zeros(2, 4),
    { data: new Int32Array(8) },
  ].flatMap((mask) => forward(`a mask of ${show(mask)}`, { mask }, TypeError, /mask/)),
  ...[
    ones(4, 2),
    ones(2, 3),
    ones(3, 4),
    ones(8),
    ones(2, 4, 1),
    ones(2, 4, 3),
    { ...ones(2, 4), shape: [2, 5] },
  ].flatMap((mask) => forward(`a mask of shape ${mask.shape}`, { mask }, RangeError, /mask/)),
  ...forward('a mask of one sequence too many', { mask: ones(1, 4) }, RangeError, /mask/, zeros(4, 3)),
  ...ALL.map(
    (kind): Row => [
      `${kind}.forward with a mask [batch, time] where time comes first`,
      (s) => layer(s, kind, { timeMajor: true }).forward(zeros(4, 2, 3), { mask: ones(2, 4) }),
      RangeError,
      /mask/,
    ],
  ),
  [
    'Linear.forward with a mask',
    (s) => new Linear(3, 5, { runtime: s.runtime }).forward(zeros(4, 3), bad({ mask: ones(4) })),
    TypeError,
    /mask/,
  ],
];

/** With projections h is narrower than c. */
const states: Row[] = [
  ['h0', zeros(1, 2, 5)],
  ['c0', zeros(1, 2, 2)],
].map(
  ([name, state]): Row => [
    `a projected LSTM with ${name} of the other's shape`,
    (s) => layer(s, 'LSTM', { projSize: 2 }).forward(zeros(2, 4, 3), { [name as string]: state }),
    RangeError,
    new RegExp(`"${name}"`),
  ],
);

function suite(variant: Variant) {
  describe(`options that are refused [${variant.name}]`, () => {
    describe('where they do not belong', () => refuses(variant, elsewhere));
    describe('of every recurrent layer', () => refuses(variant, everyLayer));
    describe('of one kind', () => refuses(variant, lstm));
    describe('activations', () => refuses(variant, activations));
    describe('together', () => refuses(variant, together));
    describe('lengths', () => refuses(variant, lengths));
    describe('masks', () => refuses(variant, masks));
    describe('states', () => refuses(variant, states));
  });
}

variants.forEach(suite);
