import { describe } from 'vitest';
import { Linear, LSTM, Sequential } from '../../src/index.js';
import {
  bad,
  booleans,
  options,
  type Row,
  refuses,
  type Subjects,
  stateShape,
  tensors,
  zeros,
} from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

const LAYERS = ['lstm', 'rnn', 'linear', 'dropout', 'activation'] as const;

/** A forward of [2, 4, 3] that was recorded, for a backward that is refused. */
function recorded<N extends (typeof LAYERS)[number] = 'lstm'>(s: Subjects, name = 'lstm' as N): Subjects[N] {
  s[name].forward(zeros(2, 4, 3), { record: true });
  return s[name];
}

const SEQUENCE =
  /^input expected shape \[batch, time, inputSize\] = \[batch, time, 3\] or \[time, 3\], got \[/;

const forward: Row[] = [
  ...LAYERS.flatMap((name) => [
    ...tensors('input', (s, value) => s[name].forward(value), `${name}.forward of`),
    ...['training', 'record'].flatMap((option) =>
      booleans(
        option,
        (s, value) => s[name].forward(zeros(2, 4, 3), { [option]: value }),
        `${name}.forward, ${option} of`,
      ),
    ),
  ]),
  ...options('LSTM.forward', (s, value) => s.lstm.forward(zeros(2, 4, 3), value), ['h', 'h0']),
  ...options('RNN.forward', (s, value) => s.rnn.forward(zeros(2, 4, 3), value), ['recording', 'record']),
  ...options('Linear.forward', (s, value) => s.linear.forward(zeros(3), value), ['traning', 'training']),
  ...options('Sequential.forward', (s, value) => s.model.forward(new Int32Array(3), value), [
    'Record',
    'record',
  ]),
  [
    'RNN.forward with c0',
    (s) => s.rnn.forward(zeros(4, 3), bad({ c0: zeros(1, 5) })),
    TypeError,
    /^RNN\.forward: unknown option "c0"; did you mean "h0"\?$/,
  ],
  ...(['lstm', 'rnn'] as const).flatMap((name) =>
    [[], [3], [4, 4], [2, 4, 5], [1, 2, 4, 3], [2, 0, 3], [0, 0, 3], [0, 3]].map(
      (shape): Row => [
        `${name}.forward of [${shape}]`,
        (s) => s[name].forward(zeros(...shape)),
        RangeError,
        shape.at(-2) === 0 ? /^input expected at least one time step, got shape \[/ : SEQUENCE,
      ],
    ),
  ),
  [
    'a time-first LSTM',
    ({ runtime }) => new LSTM(3, 5, { timeMajor: true, runtime }).forward(zeros(4, 4)),
    RangeError,
    /^input expected shape \[time, batch, inputSize\] = \[time, batch, 3\] or \[time, 3\]/,
  ],
  ...[[], [4], [2, 4], [3, 0]].map(
    (shape): Row => [
      `linear.forward of [${shape}]`,
      (s) => s.linear.forward(zeros(...shape)),
      RangeError,
      /^input expected shape \[\.\.\., inFeatures\] = \[\.\.\., 3\], got \[/,
    ],
  ),
  [
    'an LSTM in a Sequential',
    ({ runtime }) =>
      new Sequential(new Linear(3, 4, { runtime }), new LSTM(3, 5, { runtime })).forward(zeros(2, 4, 3)),
    RangeError,
    /^layer 1: input expected shape .* got \[2, 4, 4\]$/,
  ],
  [
    'an Embedding in a Sequential',
    ({ linear, embedding }) => new Sequential(linear, embedding).forward(zeros(3)),
    TypeError,
    /Embedding expected ids, got values of shape \[5\]$/,
  ],
  [
    'ids beyond those of an LSTM',
    (s) => s.lstm.forward(new Int32Array([0, s.lstm.inputSize])),
    RangeError,
    /^input\[1\] expected an id from 0 to /,
  ],
];

const states: Row[] = [
  ...tensors('h0', (s, h0) => s.lstm.forward(zeros(2, 4, 3), { h0 }), 'h0 of'),
  ...tensors('c0', (s, c0) => s.lstm.forward(zeros(2, 4, 3), { c0 }), 'c0 of'),
  ...[0, false, ''].map(
    (value): Row => [
      `h0 of ${JSON.stringify(value)}`,
      (s) => s.lstm.forward(zeros(4, 3), { h0: bad(value) }),
      TypeError,
      /^h0 expected a tensor/,
    ],
  ),
  [
    'h0 without the batch',
    (s) => s.lstm.forward(zeros(2, 4, 3), { h0: zeros(2, 5) }),
    RangeError,
    stateShape('h0', '2, 2, 5', '2, 5'),
  ],
  [
    'h0 with a batch',
    (s) => s.lstm.forward(zeros(4, 3), { h0: zeros(2, 1, 5) }),
    RangeError,
    stateShape('h0', '2, 5', '2, 1, 5'),
  ],
  [
    'c0 of one layer',
    (s) => s.lstm.forward(zeros(2, 4, 3), { c0: zeros(1, 2, 5) }),
    RangeError,
    stateShape('c0', '2, 2, 5', '1, 2, 5'),
  ],
  [
    'h0 of another width',
    (s) => s.rnn.forward(zeros(2, 4, 3), { h0: zeros(1, 2, 3) }),
    RangeError,
    stateShape('h0', '1, 2, 5', '1, 2, 3'),
  ],
];

const embedding: Row[] = [
  ...[
    3,
    'a',
    null,
    [1, 2],
    new Float32Array(2),
    new Float64Array(2),
    zeros(2),
    { data: new Int32Array(2) },
  ].map(
    (value, n): Row => [
      `embedding.forward of no ids (${n})`,
      (s) => s.embedding.forward(bad(value)),
      TypeError,
      /^input(\.data)? expected an Int32Array, Uint8Array, Uint16Array/,
    ],
  ),
  [
    'ids of another shape',
    (s) => s.embedding.forward({ data: new Int32Array(5), shape: [2, 3] }),
    RangeError,
    /^input\.data expected 2 \* 3 = 6 values for shape \[2, 3\], got 5$/,
  ],
  [
    'an id past the end',
    (s) => s.embedding.forward(new Int32Array([0, 11])),
    RangeError,
    /^input\[1\] expected an id from 0 to 10, got 11$/,
  ],
  [
    'a negative id',
    (s) => s.embedding.forward(new Int32Array([-1])),
    RangeError,
    /^input\[0\] expected an id from 0 to 10, got -1$/,
  ],
  [
    'an id of 2^32 - 1',
    (s) => s.embedding.forward(new Uint32Array([2 ** 32 - 1])),
    RangeError,
    /^input\[0\] expected an id from 0 to 10, got 4294967295$/,
  ],
  [
    'an id past the end of a model',
    (s) => s.model.forward({ data: new Uint8Array([1, 200]), shape: [1, 2] }),
    RangeError,
    /^input\[1\] expected an id from 0 to 10, got 200$/,
  ],
];

const backward: Row[] = [
  ...LAYERS.flatMap((name) =>
    tensors('output', (s, output) => recorded(s, name).backward({ output }), `${name}.backward, output of`),
  ),
  ...LAYERS.flatMap((name) => [
    ...options(
      `(LSTM|RNN|Linear|Dropout|Activation).backward`,
      (s, value) => recorded(s, name).backward(bad({}), value),
      ['inputGradients', 'inputGradient'],
    ),
    ...booleans(
      'inputGradient',
      (s, value) =>
        recorded(s, name).backward(
          { output: zeros(2, 4, name === 'dropout' || name === 'activation' ? 3 : 5) },
          { inputGradient: value },
        ),
      `${name}.backward, inputGradient of`,
    ),
  ]),
  ...(['linear', 'dropout', 'activation'] as const).flatMap((name): Row[] => [
    [
      `${name}.backward without output`,
      (s) => recorded(s, name).backward(bad({})),
      TypeError,
      /^backward: "output" expected the gradient of the output, got undefined$/,
    ],
    [
      `${name}.backward with null for output`,
      (s) => recorded(s, name).backward({ output: bad(null) }),
      TypeError,
      /output"? expected .*, got null$/,
    ],
  ]),
  ...[0, false, ''].map(
    (value): Row => [
      `lstm.backward, output of ${JSON.stringify(value)}`,
      (s) => recorded(s).backward({ output: bad(value) }),
      TypeError,
      /^output expected a tensor/,
    ],
  ),
  ...[undefined, null, 3].map(
    (value): Row => [
      `lstm.backward of ${value}`,
      (s) => recorded(s).backward(bad(value)),
      TypeError,
      /^LSTM\.backward: .* expected an object, got /,
    ],
  ),
  [
    'lstm.backward of a bare tensor',
    (s) => recorded(s).backward(bad(zeros(2, 4, 5))),
    TypeError,
    /^LSTM\.backward: unknown option "data"/,
  ],
  [
    'lstm.backward with hn',
    (s) => recorded(s).backward(bad({ hn: zeros(2, 2, 5) })),
    TypeError,
    /^LSTM\.backward: unknown option "hn"; did you mean "hN"\?$/,
  ],
  [
    'rnn.backward with cN',
    (s) => recorded(s, 'rnn').backward(bad({ cN: zeros(1, 2, 5) })),
    TypeError,
    /^RNN\.backward: unknown option "cN"/,
  ],
  [
    'lstm.backward, output of another shape',
    (s) => recorded(s).backward({ output: zeros(2, 5, 5) }),
    RangeError,
    /^"output" expected shape of the output = \[2, 4, 5\], got \[2, 5, 5\]$/,
  ],
  [
    'linear.backward, output of another shape',
    (s) => recorded(s, 'linear').backward({ output: zeros(8, 5) }),
    RangeError,
    /^"output" expected shape of the output = \[2, 4, 5\], got \[8, 5\]$/,
  ],
  ...tensors('hN', (s, hN) => recorded(s).backward({ hN }), 'hN of'),
  [
    'hN of another batch',
    (s) => recorded(s).backward({ hN: zeros(2, 3, 5) }),
    RangeError,
    stateShape('hN', '2, 2, 5', '2, 3, 5'),
  ],
  [
    'cN of one layer',
    (s) => recorded(s).backward({ cN: zeros(1, 2, 5) }),
    RangeError,
    stateShape('cN', '2, 2, 5', '1, 2, 5'),
  ],
];

function suite(variant: Variant) {
  describe(`what calls refuse [${variant.name}]`, () => {
    describe('forward', () => refuses(variant, forward));
    describe('initial states', () => refuses(variant, states));
    describe('Embedding', () => refuses(variant, embedding));
    describe('backward', () => refuses(variant, backward));
  });
}

variants.forEach(suite);
