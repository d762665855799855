import { describe } from 'vitest';
import { binaryCrossEntropy, crossEntropy, mse, sample, softmax } from '../../src/index.js';
import {
  bad,
  numbers,
  options,
  type Row,
  refuses,
  type Subjects,
  tensors,
  zeros,
} from '../helpers/refusals.js';
import { kinds, type Make } from '../helpers/refused-targets.js';
import { type Variant, variants } from '../helpers/variants.js';

const logits = zeros(3, 5);
const classes = new Int32Array(3);

function runtimes(where: string, make: Make): Row[] {
  return kinds(`${where} with a runtime of`, make, /^runtime expected what createRuntime\(\) gives, got /, [
    null,
    'simd',
    {},
  ]);
}

function shared(name: string, loss: (s: Subjects, given: object) => unknown): Row[] {
  const make = (option: string) => (s: Subjects, value: never) => loss(s, { [option]: value });
  return [
    ...options(name, (s, value) => loss(s, value), ['reductoin', 'reduction']),
    ...runtimes(name, make('runtime')),
    ...kinds(`${name} with a reduction of`, make('reduction'), /^reduction expected one of mean, sum, got /, [
      1,
      true,
      ['sum'],
    ]),
    [
      `${name} with another reduction`,
      (s) => loss(s, { reduction: 'none' }),
      RangeError,
      /^reduction expected one of mean, sum, got "none"/,
    ],
    ...kinds(`${name} with a mask of`, make('mask'), /^mask expected an array, got /, [
      3,
      'ab',
      true,
      {},
      null,
    ]),
    ...[[], [1, 1], new Uint8Array(4)].map(
      (mask): Row => [
        `${name} with a mask of ${mask.length} for 3 rows`,
        (s) => loss(s, { mask }),
        RangeError,
        new RegExp(`^mask expected .*3 .*got ${mask.length}$`),
      ],
    ),
  ];
}

/** Options with the runtime of the subjects, where they are options. */
function withRuntime(s: Subjects, given: object): never {
  const plain =
    given !== null && typeof given === 'object' && Object.getPrototypeOf(given) === Object.prototype;
  return bad(plain ? { runtime: s.runtime, ...given } : given);
}

const crossEntropyOf = (s: Subjects, given: object) => crossEntropy(logits, classes, withRuntime(s, given));

const forCrossEntropy: Row[] = [
  ...shared('crossEntropy', crossEntropyOf),
  ...tensors(
    'output',
    (s, value) => crossEntropy(value, classes, { runtime: s.runtime }),
    'crossEntropy, output of',
  ),
  ...kinds(
    'crossEntropy, target of',
    (s, value) => crossEntropy(logits, value, { runtime: s.runtime }),
    /^target/,
    [
      1,
      'abc',
      null,
      undefined,
      [0, 1, 2],
      new Float32Array(3),
      new BigInt64Array(3),
      zeros(3),
      { data: [0, 1, 2], shape: [3] },
    ],
  ),
  ...[zeros(3, 0), zeros(0, 0)].map(
    (output): Row => [
      `crossEntropy of no classes, [${output.shape}]`,
      (s) => crossEntropy(output, classes, { runtime: s.runtime }),
      RangeError,
      /^output expected shape \[\.\.\., classes\] with at least one class, got \[/,
    ],
  ),
  ...[[2], [4], [3, 5], [1, 3]].map(
    (shape): Row => [
      `crossEntropy of [3, 5] with a target of [${shape}]`,
      (s) =>
        crossEntropy(
          logits,
          { data: new Int32Array(zeros(...shape).data.length), shape },
          { runtime: s.runtime },
        ),
      RangeError,
      /^target expected the shape of the output without its last axis = \[3\], got \[/,
    ],
  ),
  ...[-1, 5, -99, 2 ** 31 - 1].map(
    (target): Row => [
      `crossEntropy of 5 classes with class ${target}`,
      (s) => crossEntropy(logits, Int32Array.of(0, target, 0), { runtime: s.runtime }),
      RangeError,
      new RegExp(`^target\\[1\\] expected a class from 0 to 4, or ignoreIndex = -100, got ${target}$`),
    ],
  ),
  [
    'crossEntropy with a class beyond 2^31',
    (s) => crossEntropy(logits, Uint32Array.of(0, 0, 2 ** 32 - 1), { runtime: s.runtime }),
    RangeError,
    /^target\[2\] expected a class from 0 to 4, .*got 4294967295$/,
  ],
  ...kinds(
    'crossEntropy with a weight of',
    (s, weight) => crossEntropyOf(s, { weight }),
    /^weight expected a Float32Array, got /,
    [1, [1, 1, 1, 1, 1], new Float64Array(5), zeros(5), null],
  ),
  ...[4, 6, 15].map(
    (size): Row => [
      `crossEntropy with ${size} weights for 5 classes`,
      (s) => crossEntropyOf(s, { weight: new Float32Array(size) }),
      RangeError,
      new RegExp(`^weight expected classes = 5 values, got ${size}$`),
    ],
  ),
  ...[-1, Number.NaN, Number.POSITIVE_INFINITY].map(
    (value): Row => [
      `crossEntropy with a weight of ${value}`,
      (s) => crossEntropyOf(s, { weight: new Float32Array(5).fill(value, 2, 3) }),
      RangeError,
      new RegExp(`^weight\\[2\\] expected a finite number from 0 up, got ${value}$`),
    ],
  ),
  ...[1.5, Number.NaN, Number.POSITIVE_INFINITY].map(
    (value): Row => [
      `crossEntropy with an ignoreIndex of ${value}`,
      (s) => crossEntropyOf(s, { ignoreIndex: value }),
      RangeError,
      /^ignoreIndex expected a whole number, got /,
    ],
  ),
  ...kinds(
    'crossEntropy with an ignoreIndex of',
    (s, ignoreIndex) => crossEntropyOf(s, { ignoreIndex }),
    /^ignoreIndex expected a whole number, got /,
    ['1', null, {}],
  ),
  ...numbers(
    'labelSmoothing',
    (s, labelSmoothing) => crossEntropyOf(s, { labelSmoothing }),
    [-0.1, 1, 2],
    'a probability in [0, 1)',
    'crossEntropy with a labelSmoothing of',
  ),
];

function forElements(name: 'mse' | 'binaryCrossEntropy'): Row[] {
  const loss = { mse, binaryCrossEntropy }[name];
  const of = (s: Subjects, given: object) => loss(logits, logits, withRuntime(s, given));
  return [
    ...shared(name, of),
    ...tensors(
      'output',
      (s, value) => loss(value, zeros(2, 3), { runtime: s.runtime }),
      `${name}, output of`,
    ),
    ...tensors(
      'target',
      (s, value) => loss(zeros(2, 3), value, { runtime: s.runtime }),
      `${name}, target of`,
    ),
    ...[[3], [5, 3], [15], [3, 5, 1]].map(
      (shape): Row => [
        `${name} of [3, 5] with a target of [${shape}]`,
        (s) => loss(logits, zeros(...shape), { runtime: s.runtime }),
        RangeError,
        new RegExp(`^"target" expected shape of the output = \\[3, 5\\], got \\[${shape.join(', ')}\\]$`),
      ],
    ),
    ...kinds(`${name} with a weight of`, (s, weight) => of(s, { weight }), /weight/, [
      1,
      'abc',
      true,
      null,
      [1],
      new Float64Array(15),
    ]),
    [
      `${name} with a weight for each class`,
      (s) => of(s, { weight: new Float32Array(5) }),
      RangeError,
      /^weight expected values of the output = 15 values, got 5$/,
    ],
    [
      `${name} with a weight of another shape`,
      (s) => of(s, { weight: zeros(5, 3) }),
      RangeError,
      /^"weight" expected shape of the output = \[3, 5\], got \[5, 3\]$/,
    ],
    [
      `${name} with a weight of -1`,
      (s) => of(s, { weight: new Float32Array(15).fill(-1, 14) }),
      RangeError,
      /^weight\[14\] expected a finite number from 0 up, got -1$/,
    ],
  ];
}

const targets: Row[] = [-0.5, 1.5, Number.NaN].map((value) => [
  `binaryCrossEntropy with a target of ${value}`,
  (s) =>
    binaryCrossEntropy(zeros(3), { data: Float32Array.of(0, value, 1), shape: [3] }, { runtime: s.runtime }),
  RangeError,
  new RegExp(`^target\\[1\\] expected a value in \\[0, 1\\], got ${value}$`),
]);

const five = zeros(5);
const sampling: Row[] = [
  ...tensors('logits', (s, value) => softmax(value, { runtime: s.runtime }), 'softmax of'),
  ...tensors('logits', (s, value) => sample(value, { runtime: s.runtime }), 'sample of'),
  ...options('softmax', (_, value) => softmax(five, value), ['runtme', 'runtime']),
  ...options('sample', (_, value) => sample(five, value), ['topk', 'topK']),
  ...runtimes('softmax', (_, runtime) => softmax(five, { runtime })),
  ...runtimes('sample', (_, runtime) => sample(five, { runtime })),
  ...[softmax, sample].flatMap((call) =>
    [[0], [3, 0], [0, 3]].map(
      (shape): Row => [
        `${call.name} of [${shape}]`,
        (s) => call(zeros(...shape), { runtime: s.runtime }),
        RangeError,
        /^logits expected shape \[\.\.\., classes\] with at least one value, got \[/,
      ],
    ),
  ),
  ...numbers(
    'temperature',
    (s, temperature) => sample(five, { temperature, runtime: s.runtime }),
    [-1, -1e-9],
    'a number from 0 up',
    'sample with a temperature of',
  ),
  ...numbers(
    'topP',
    (s, topP) => sample(five, { topP, runtime: s.runtime }),
    [0, -1, 1.1],
    'a probability in (0, 1]',
    'sample with a topP of',
  ),
  ...numbers(
    'seed',
    (s, seed) => sample(five, { seed, runtime: s.runtime }),
    [-1, 1.5, 2 ** 53],
    'a whole number from 0 to 2^53 - 1',
    'sample with a seed of',
  ),
  ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY].map(
    (topK): Row => [
      `sample with a topK of ${topK}`,
      (s) => sample(five, { topK, runtime: s.runtime }),
      RangeError,
      /^topK expected a whole number from 1 /,
    ],
  ),
  ...kinds(
    'sample with a topK of',
    (s, topK) => sample(five, { topK, runtime: s.runtime }),
    /^topK expected a whole number, got /,
    ['1', null, 1n],
  ),
];

function suite(variant: Variant) {
  describe(`what losses refuse [${variant.name}]`, () => {
    describe('crossEntropy', () => refuses(variant, forCrossEntropy));
    describe('mse', () => refuses(variant, forElements('mse')));
    describe('binaryCrossEntropy', () =>
      refuses(variant, [...forElements('binaryCrossEntropy'), ...targets]));
    describe('softmax and sample', () => refuses(variant, sampling));
  });
}

variants.forEach(suite);
