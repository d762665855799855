import { describe } from 'vitest';
import { Activation, Dropout, Embedding, Linear, LSTM, RNN, Sequential } from '../../src/index.js';
import {
  bad,
  booleans,
  numbers,
  options,
  type Row,
  refuses,
  type Subjects,
  sizes,
} from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

const SEED = 'a whole number from 0 to 2^53 - 1';
const PROBABILITY = 'a probability in [0, 1)';

function seeds(where: string, make: (s: Subjects, seed: never) => unknown): Row[] {
  return numbers('seed', make, [-1, 1.5, 2 ** 53], SEED, `${where} with a seed of`);
}

function runtimes(where: string, make: (s: Subjects, runtime: never) => unknown): Row[] {
  return [null, 'simd', {}, 1].map((value) => [
    `${where} with ${JSON.stringify(value)} for a runtime`,
    (s) => make(s, bad(value)),
    TypeError,
    /^runtime expected what createRuntime\(\) gives, got /,
  ]);
}

function recurrentRows(name: 'LSTM' | 'RNN'): Row[] {
  const Class = name === 'LSTM' ? LSTM : RNN;
  const make = (option: string) => (s: Subjects, value: never) =>
    new Class(3, 5, { numLayers: 2, runtime: s.runtime, [option]: value });
  return [
    ...sizes(
      'inputSize',
      ({ runtime }, size) => new Class(size, 5, { runtime }),
      `${name} with an inputSize of`,
    ),
    ...sizes(
      'hiddenSize',
      ({ runtime }, size) => new Class(3, size, { runtime }),
      `${name} with a hiddenSize of`,
    ),
    ...sizes('numLayers', make('numLayers'), `${name} with numLayers of`),
    ...['bias', 'returnSequences', 'timeMajor', 'stateful'].flatMap((option) =>
      booleans(option, make(option), `${name} with ${option} of`),
    ),
    ...numbers('dropout', make('dropout'), [-0.1, 1, 2], PROBABILITY, `${name} with a dropout of`),
    ...seeds(name, make('seed')),
    ...runtimes(name, make('runtime')),
    ...options(name, (_, value) => new Class(3, 5, value), ['num_layers', 'numLayers']),
    [
      `${name} without sizes`,
      () => new Class(bad(undefined), 5),
      TypeError,
      /^inputSize expected a whole number, got undefined$/,
    ],
    [
      `${name} with one size`,
      () => new Class(3, bad(undefined)),
      TypeError,
      /^hiddenSize expected a whole number, got undefined$/,
    ],
    [
      `${name} with a runtime for options`,
      ({ runtime }) => new Class(3, 5, bad(runtime)),
      TypeError,
      /: unknown option "/,
    ],
    [
      `${name} with the other's option`,
      () => new Class(3, 5, bad(name === 'LSTM' ? { nonlinearity: 'relu' } : { forgetBias: 1 })),
      TypeError,
      new RegExp(`^${name}: unknown option "(nonlinearity|forgetBias)"`),
    ],
  ];
}

const initial: Row[] = [
  [
    'RNN with another nonlinearity',
    () => new RNN(3, 5, { nonlinearity: bad('rely') }),
    RangeError,
    /^nonlinearity expected one of tanh, relu, got "rely"; did you mean "relu"\?$/,
  ],
  [
    'RNN with a number for nonlinearity',
    () => new RNN(3, 5, { nonlinearity: bad(1) }),
    TypeError,
    /^nonlinearity expected one of tanh, relu, got 1$/,
  ],
  [
    'LSTM with another init',
    () => new LSTM(3, 5, { init: bad('torch') }),
    RangeError,
    /^init expected one of pytorch, keras, orthogonal, got "torch"/,
  ],
  [
    'LSTM with a number for init',
    () => new LSTM(3, 5, { init: bad(0) }),
    TypeError,
    /^init expected one of pytorch, keras, orthogonal, got 0$/,
  ],
  ...numbers(
    'forgetBias',
    ({ runtime }, forgetBias) => new LSTM(3, 5, { forgetBias, runtime }),
    [],
    'a finite number',
  ),
  ...numbers(
    'chrono',
    ({ runtime }, chrono) => new LSTM(3, 5, { chrono, runtime }),
    [0, 1, -5],
    'a lag of at least 2 steps',
  ),
  [
    'forgetBias and chrono',
    () => new LSTM(3, 5, { forgetBias: 1, chrono: 10 }),
    TypeError,
    /^forgetBias and chrono both/,
  ],
  [
    'forgetBias without bias',
    () => new LSTM(3, 5, { forgetBias: 1, bias: false }),
    TypeError,
    /^forgetBias expected biases to set, got bias: false$/,
  ],
  [
    'chrono without bias',
    () => new LSTM(3, 5, { chrono: 9, bias: false }),
    TypeError,
    /^chrono expected biases to set, got bias: false$/,
  ],
];

const plain: Row[] = [
  ...sizes('inFeatures', ({ runtime }, size) => new Linear(size, 5, { runtime })),
  ...sizes('outFeatures', ({ runtime }, size) => new Linear(3, size, { runtime })),
  ...booleans('bias', ({ runtime }, bias) => new Linear(3, 5, { bias, runtime }), 'Linear with bias of'),
  ...seeds('Linear', ({ runtime }, seed) => new Linear(3, 5, { seed, runtime })),
  ...runtimes('Linear', (_, runtime) => new Linear(3, 5, { runtime })),
  ...options('Linear', (_, value) => new Linear(3, 5, value), ['Bias', 'bias']),
  ...sizes('count', ({ runtime }, size) => new Embedding(size, 5, { runtime })),
  ...sizes('size', ({ runtime }, size) => new Embedding(3, size, { runtime })),
  ...seeds('Embedding', ({ runtime }, seed) => new Embedding(3, 5, { seed, runtime })),
  ...runtimes('Embedding', (_, runtime) => new Embedding(3, 5, { runtime })),
  ...options('Embedding', (_, value) => new Embedding(3, 5, value), ['seeds', 'seed']),
  ...numbers('p', ({ runtime }, p) => new Dropout(p, { runtime }), [-0.1, 1, 2], PROBABILITY, 'Dropout of'),
  ...seeds('Dropout', ({ runtime }, seed) => new Dropout(0.5, { seed, runtime })),
  ...runtimes('Dropout', (_, runtime) => new Dropout(0.5, { runtime })),
  ...options('Dropout', (_, value) => new Dropout(0.5, value), ['Seed', 'seed']),
  [
    'Activation of another name',
    () => new Activation(bad('sigmoids')),
    RangeError,
    /^name expected one of tanh, sigmoid, relu, exponential, got "sigmoids"; did you mean "sigmoid"\?$/,
  ],
  [
    'Activation of no name',
    () => new Activation(bad(undefined)),
    TypeError,
    /^name expected one of tanh, .*, got undefined$/,
  ],
  ...runtimes('Activation', (_, runtime) => new Activation('tanh', { runtime })),
  ...options('Activation', (_, value) => new Activation('tanh', value), ['runtimes', 'runtime']),
];

const none = () => undefined;

const sequential: Row[] = [
  [
    'Sequential of nothing',
    () => new Sequential(),
    TypeError,
    /^Sequential expected at least one layer, got none$/,
  ],
  [
    'Sequential of an array',
    ({ linear }) => new Sequential(bad([linear])),
    TypeError,
    /^layers\[0\] expected a layer .*, got an array of length 1$/,
  ],
  [
    'Sequential with null',
    ({ linear }) => new Sequential(linear, bad(null)),
    TypeError,
    /^layers\[1\] expected a layer .*, got null$/,
  ],
  [
    'Sequential with a class',
    ({ linear }) => new Sequential(linear, bad(Linear)),
    TypeError,
    /^layers\[1\] expected a layer .*, got a function$/,
  ],
  [
    'Sequential with half a layer',
    () => new Sequential(bad({ forward: none, backward: none, zeroGrad: none })),
    TypeError,
    /^layers\[0\] expected a layer /,
  ],
  [
    'Sequential with options',
    ({ linear, runtime }) => new Sequential(linear, bad({ runtime })),
    TypeError,
    /^layers\[1\] expected a layer .*, got an object$/,
  ],
  [
    'Sequential of two runtimes',
    ({ linear, other }) => new Sequential(linear, new Linear(5, 5, { runtime: other })),
    TypeError,
    /^layer 1 belongs to another runtime than layer 0: create both with the same \{ runtime \}$/,
  ],
  [
    'Sequential of two runtimes, nested',
    ({ model, linear, other }) =>
      new Sequential(linear, model, new Sequential(new Dropout(0, { runtime: other }))),
    TypeError,
    /^layer 2 belongs to another runtime than layer 0/,
  ],
  [
    'Sequential of both orders',
    ({ lstm, runtime }) => new Sequential(lstm, new LSTM(5, 5, { timeMajor: true, runtime })),
    TypeError,
    /^Sequential expected layers with one timeMajor, got both true and false$/,
  ],
  [
    'Sequential of an LSTM behind one that gives its last step',
    ({ runtime, lstm }) => new Sequential(new LSTM(3, 3, { returnSequences: false, runtime }), lstm),
    TypeError,
    /^layer 1 expected a sequence, but layer 0 has returnSequences: false$/,
  ],
  [
    'Sequential of an LSTM further behind one that gives its last step',
    ({ runtime, dropout, linear, rnn }) =>
      new Sequential(linear, new RNN(5, 3, { returnSequences: false, runtime }), dropout, rnn),
    TypeError,
    /^layer 3 expected a sequence, but layer 1 has returnSequences: false$/,
  ],
];

function suite(variant: Variant) {
  describe(`what constructors refuse [${variant.name}]`, () => {
    describe('LSTM', () => refuses(variant, recurrentRows('LSTM')));
    describe('RNN', () => refuses(variant, recurrentRows('RNN')));
    describe('initial weights', () => refuses(variant, initial));
    describe('Linear, Embedding, Dropout, Activation', () => refuses(variant, plain));
    describe('Sequential', () => refuses(variant, sequential));
  });
}

variants.forEach(suite);
