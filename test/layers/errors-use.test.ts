import { describe, expect } from 'vitest';
import { LSTM, RNN } from '../../src/index.js';
import { bad, type Row, refuses, type Subjects, zeros } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

const BEFORE = /^backward expected a recorded forward before it/;

const order: Row[] = [
  ...(['lstm', 'rnn', 'linear', 'dropout', 'activation'] as const).flatMap((name): Row[] => {
    const backward = (s: Subjects) => s[name].backward({ output: zeros(2, 4, 5) });
    return [
      [`${name}: backward before forward`, backward, Error, BEFORE],
      [
        `${name}: backward without record`,
        (s) => s[name].forward(zeros(2, 4, 3)) && backward(s),
        Error,
        BEFORE,
      ],
      [
        `${name}: a second backward`,
        (s) => {
          const { output } = s[name].forward(zeros(2, 4, 3), { training: true });
          s[name].backward({ output });
          s[name].backward({ output });
        },
        Error,
        BEFORE,
      ],
    ];
  }),
  [
    'training without record',
    (s) => {
      s.lstm.forward(zeros(4, 3), { training: true, record: false });
      s.lstm.backward({});
    },
    Error,
    BEFORE,
  ],
  ['model: backward before forward', (s) => s.model.backward({ output: zeros(2, 4) }), Error, BEFORE],
  ['embedding: backward before forward', (s) => s.embedding.backward({ output: zeros(2, 3) }), Error, BEFORE],
];

const VALUES = /^"(data|out)" expected a Float32Array, got /;

const parameters: Row[] = [
  ...['a', 3, null, undefined, [1, 2, 3, 4, 5], new Float64Array(5)].flatMap((value, n): Row[] => [
    [`write of no Float32Array (${n})`, (s) => bias(s).write(bad(value)), TypeError, VALUES],
    [`writeGrad of no Float32Array (${n})`, (s) => bias(s).writeGrad(bad(value)), TypeError, VALUES],
  ]),
  ...['a', 3, null, [], new Float64Array(5)].flatMap((value, n): Row[] => [
    [`read into no Float32Array (${n})`, (s) => bias(s).read(bad(value)), TypeError, VALUES],
    [`readGrad into no Float32Array (${n})`, (s) => bias(s).readGrad(bad(value)), TypeError, VALUES],
  ]),
  ...[0, 4, 6].flatMap((length): Row[] => {
    const message = new RegExp(`^"(data|out)" expected 5 = 5 values for shape \\[5\\], got ${length}$`);
    return [
      [`write of ${length} values`, (s) => bias(s).write(new Float32Array(length)), RangeError, message],
      [
        `writeGrad of ${length} values`,
        (s) => bias(s).writeGrad(new Float32Array(length)),
        RangeError,
        message,
      ],
      [`read into ${length} values`, (s) => bias(s).read(new Float32Array(length)), RangeError, message],
      [
        `readGrad into ${length} values`,
        (s) => bias(s).readGrad(new Float32Array(length)),
        RangeError,
        message,
      ],
    ];
  }),
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(
    (value): Row => [
      `write of ${value}`,
      (s) => bias(s).write(new Float32Array([0, 1, value, 3, 4])),
      RangeError,
      new RegExp(`^"data" expected finite values, got ${value} at 2$`),
    ],
  ),
  ...['true', 1, null, undefined].map(
    (value): Row => [
      `requiresGrad of ${value}`,
      (s) => {
        bias(s).requiresGrad = bad(value);
      },
      TypeError,
      /^requiresGrad expected true or false, got /,
    ],
  ),
];

function bias(s: Subjects) {
  return s.linear.parameters.get('bias') ?? expect.fail('no bias');
}

/** The state dict of an LSTM with one of its tensors replaced, or left out. */
function changed(s: Subjects, name: string, value?: unknown) {
  const { [name]: _, ...others } = s.lstm.stateDict();
  return { ...others, ...(value !== undefined && { [name]: bad(value) }) };
}

const notFinite = zeros(20, 3);
notFinite.data[59] = Number.NaN;

const dicts: Row[] = [
  ...[null, undefined, 3, 'a'].flatMap((value): Row[] => [
    [
      `loadStateDict of ${value}`,
      (s) => s.lstm.loadStateDict(bad(value)),
      TypeError,
      /^state dict expected an object, got /,
    ],
    [
      `LSTM.fromStateDict of ${value}`,
      () => LSTM.fromStateDict(bad(value)),
      TypeError,
      /^state dict expected an object, got /,
    ],
  ]),
  [
    'loadStateDict of nothing',
    (s) => s.lstm.loadStateDict({}),
    TypeError,
    /^state dict: "weight_ih_l0" is missing; it has nothing$/,
  ],
  [
    'loadStateDict without the last bias',
    (s) => s.lstm.loadStateDict(changed(s, 'bias_hh_l1')),
    TypeError,
    /^state dict: "bias_hh_l1" is missing; it has .*weight_ih_l0/,
  ],
  [
    'loadStateDict with one too many',
    (s) => s.lstm.loadStateDict({ ...s.lstm.stateDict(), weight_ih_l2: zeros(20, 5) }),
    TypeError,
    /^state dict: unknown name "weight_ih_l2"; did you mean "weight_ih_l[01]"\?$/,
  ],
  [
    'loadStateDict with a name’s case wrong',
    (s) => s.lstm.loadStateDict({ ...changed(s, 'bias_hh_l1'), Bias_hh_l1: zeros(20) }),
    TypeError,
    /^state dict: unknown name "Bias_hh_l1"; did you mean "bias_hh_l1"\?$/,
  ],
  [
    'loadStateDict, the last of another shape',
    (s) => s.lstm.loadStateDict(changed(s, 'bias_hh_l1', zeros(19))),
    RangeError,
    /^"bias_hh_l1" expected shape of the parameter = \[20\], got \[19\]$/,
  ],
  [
    'loadStateDict, a weight turned',
    (s) => s.lstm.loadStateDict(changed(s, 'weight_ih_l0', zeros(3, 20))),
    RangeError,
    /^"weight_ih_l0" expected shape .* = \[20, 3\], got \[3, 20\]$/,
  ],
  [
    'loadStateDict, a weight of NaN',
    (s) => s.lstm.loadStateDict(changed(s, 'weight_ih_l0', notFinite)),
    RangeError,
    /^"weight_ih_l0" expected finite values, got NaN at 59$/,
  ],
  [
    'loadStateDict, a bare array',
    (s) => s.lstm.loadStateDict(changed(s, 'weight_ih_l1', new Float32Array(100))),
    TypeError,
    /^weight_ih_l1 expected a tensor/,
  ],
  [
    'loadStateDict, null',
    (s) => s.lstm.loadStateDict(changed(s, 'weight_ih_l1', null)),
    TypeError,
    /^weight_ih_l1 expected a tensor .*, got null$/,
  ],
  [
    'loadStateDict of another model',
    (s) => s.model.loadStateDict(bad(s.lstm.stateDict())),
    TypeError,
    /^state dict: unknown name "weight_ih_l0"; did you mean "1\.weight_ih_l0"\?$/,
  ],
  [
    'fromStateDict without weight_hh_l0',
    (s) => LSTM.fromStateDict(changed(s, 'weight_hh_l0')),
    TypeError,
    /^state dict: "weight_hh_l0" is missing; it has /,
  ],
  [
    'fromStateDict without the prefix',
    (s) => LSTM.fromStateDict(s.lstm.stateDict(), { prefix: 'encoder.' }),
    TypeError,
    /^state dict: "encoder\.weight_ih_l0" is missing; it has /,
  ],
  [
    'fromStateDict with a number for a prefix',
    (s) => LSTM.fromStateDict(s.lstm.stateDict(), { prefix: bad(3) }),
    TypeError,
    /^prefix expected a string, got 3$/,
  ],
  [
    'fromStateDict with null for options',
    (s) => LSTM.fromStateDict(s.lstm.stateDict(), bad(null)),
    TypeError,
    /^fromStateDict: options expected an object, got null$/,
  ],
  [
    'fromStateDict with an unknown option',
    (s) => LSTM.fromStateDict(s.lstm.stateDict(), bad({ timemajor: true })),
    TypeError,
    /unknown option "timemajor"; did you mean "timeMajor"\?$/,
  ],
  ...['numLayers', 'bias', 'init', 'forgetBias', 'chrono'].map(
    (option): Row => [
      `fromStateDict with ${option}`,
      (s) => LSTM.fromStateDict(s.lstm.stateDict(), bad({ [option]: 5 })),
      TypeError,
      new RegExp(`unknown option "${option}"`),
    ],
  ),
  [
    'LSTM.fromStateDict of an RNN',
    (s) => LSTM.fromStateDict(s.rnn.stateDict()),
    RangeError,
    /^"weight_ih_l0" expected shape \[4 \* hiddenSize, inputSize\] = \[20, 3\], got \[5, 3\]$/,
  ],
  [
    'RNN.fromStateDict of an LSTM',
    (s) => RNN.fromStateDict(s.lstm.stateDict()),
    RangeError,
    /^"weight_ih_l0" expected shape \[hiddenSize, inputSize\] = \[5, 3\], got \[20, 3\]$/,
  ],
  [
    'fromStateDict of no units',
    () => LSTM.fromStateDict({ weight_ih_l0: zeros(0, 3), weight_hh_l0: zeros(0, 0) }),
    RangeError,
    /^hiddenSize expected a whole number from 1 to 2\^30, got 0$/,
  ],
  [
    'fromStateDict, a middle layer of another shape',
    (s) => LSTM.fromStateDict(changed(s, 'weight_ih_l1', zeros(20, 3))),
    RangeError,
    /^"weight_ih_l1" expected shape .* = \[20, 5\], got \[20, 3\]$/,
  ],
];

function suite(variant: Variant) {
  describe(`what the order of use refuses [${variant.name}]`, () => {
    describe('backward', () => refuses(variant, order));
    describe('parameters', () => refuses(variant, parameters));
    describe('state dicts', () => refuses(variant, dicts));
  });
}

variants.forEach(suite);
