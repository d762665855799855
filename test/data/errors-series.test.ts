import { describe } from 'vitest';
import { chronologicalSplit, countMissing, fillMissing, windows } from '../../src/data/index.js';
import {
  bad,
  numbers,
  options,
  type Row,
  refusesAlone,
  type Subjects,
  sizes,
  tensors,
  zeros,
} from '../helpers/refusals.js';
import { kinds } from '../helpers/refused-targets.js';

const series = { data: new Float32Array(20), shape: [10, 2], columns: ['low', 'high'] };
const N = Number.NaN;
const gaps = { data: Float32Array.of(1, N, 3, N, N, N), shape: [3, 2] };

/** What takes a series: its kind, its shape, its names, its values. */
function seriesRows(name: string, call: (series: never) => unknown): Row[] {
  const act = (value: object) => () => call(bad(value));
  const own = (fields: object) => act({ ...series, ...fields });
  return [
    ...tensors(name, (_, value) => call(value), `${name} of`),
    [
      `${name} of one axis`,
      act(zeros(6)),
      RangeError,
      new RegExp(`^${name} expected shape \\[time, columns\\], got \\[6\\]$`),
    ],
    [
      `${name} of three axes`,
      act(zeros(1, 2, 3)),
      RangeError,
      /expected shape \[time, columns\], got \[1, 2, 3\]$/,
    ],
    [
      `${name} without columns`,
      act(zeros(3, 0)),
      RangeError,
      /expected shape \[time, columns\], got \[3, 0\]$/,
    ],
    [
      `${name} with text for names`,
      own({ columns: 'ab' }),
      TypeError,
      /\.columns expected an array of names, got "ab"$/,
    ],
    [
      `${name} with one name`,
      own({ columns: ['a'] }),
      RangeError,
      /\.columns expected 2 different names, got \[a\]$/,
    ],
    [
      `${name} with a name twice`,
      own({ columns: ['a', 'a'] }),
      RangeError,
      /\.columns expected 2 different names/,
    ],
    [
      `${name} with an infinite value`,
      own({ data: new Float32Array(20).fill(Number.POSITIVE_INFINITY, 3, 4) }),
      RangeError,
      new RegExp(`^${name}, row 1, column "high" expected a finite number or NaN, got Infinity$`),
    ],
  ];
}

const splitWith = (name: string) => (_: Subjects, value: never) =>
  chronologicalSplit(series, { [name]: value });

const SHARE = 'a fraction in [0, 1) or a whole number of rows';

const forSplits: Row[] = [
  ...seriesRows('series', (value) => chronologicalSplit(value, { test: 1 })),
  ...options('chronologicalSplit', (_, value) => chronologicalSplit(series, value), ['tests', 'test']),
  ...numbers('test', splitWith('test'), [-1, 1.5], SHARE, 'a test part of'),
  ...numbers('validation', splitWith('validation'), [-0.1, 2.5], SHARE, 'a validation part of'),
  [
    'nothing to train on',
    () => chronologicalSplit(series, { validation: 4, test: 6 }),
    RangeError,
    /^series expected more rows than validation \+ test = 4 \+ 6, got 10:/,
  ],
  [
    'a fraction of no row',
    () => chronologicalSplit(series, { test: 0.04 }),
    RangeError,
    /^test expected .*10 rows, got 0\.04/,
  ],
  [
    'more context than there is',
    () => chronologicalSplit(series, { test: 4, context: 7 }),
    RangeError,
    /^context expected .*train = 6, got 7/,
  ],
  [
    'a negative context',
    () => chronologicalSplit(series, { test: 4, context: -1 }),
    RangeError,
    /^context expected .*0/,
  ],
  [
    'a series without rows',
    () => chronologicalSplit(zeros(0, 2), {}),
    RangeError,
    /^series expected more rows/,
  ],
];

const windowsWith = (name: string) => (_: Subjects, value: never) =>
  windows(series, { steps: 2, [name]: value });

const forWindows: Row[] = [
  // An array is several series; times.test.ts has what is wrong with one.
  ...seriesRows('series', (value) => windows(value, { steps: 1 })).filter(
    ([what]) => !what.endsWith('of an array'),
  ),
  ...options('windows', (_, value) => windows(series, value), ['step', 'steps']),
  ...sizes('steps', windowsWith('steps'), 'steps of'),
  ...sizes('horizon', windowsWith('horizon'), 'a horizon of').filter(([what]) => !what.includes('undefined')),
  ...sizes('stride', windowsWith('stride'), 'a stride of').filter(([what]) => !what.includes('undefined')),
  ...kinds('inputs of', windowsWith('inputs'), /^inputs expected .*got /, [null, 3, 'low', {}]),
  ...kinds(
    'an input of',
    (s, value) => windowsWith('inputs')(s, bad([value])),
    /^inputs\[0\] expected .*got /,
    [null, {}, true],
  ),
  ...[-1, 2, 0.5, N].map(
    (value): Row => [
      `an input of ${value}`,
      () => windows(series, { steps: 2, inputs: [0, value] }),
      RangeError,
      /^inputs\[1\] expected .*0 to 1, got /,
    ],
  ),
  [
    'no targets',
    () => windows(series, { steps: 2, targets: [] }),
    RangeError,
    /^targets expected .*got none/,
  ],
  [
    'a target of another name',
    () => windows(series, { steps: 2, targets: ['hihg'] }),
    RangeError,
    /^targets\[0\] expected a column, got "hihg"; did you mean "high"\?$/,
  ],
  [
    'a name where there are none',
    () => windows(zeros(9, 2), { steps: 2, targets: ['a'] }),
    RangeError,
    /^targets\[0\] expected .*got "a"/,
  ],
  [
    'another word for missing',
    () => windows(series, { steps: 2, missing: bad('skipp') }),
    RangeError,
    /^missing expected .*got "skipp"; did you mean "skip"\?/,
  ],
  [
    'too short a series',
    () => windows(series, { steps: 8, horizon: 3 }),
    RangeError,
    /^series expected at least steps \+ horizon = 8 \+ 3 = 11 rows, got 10$/,
  ],
  [
    'a missing value in the input',
    () => windows(gaps, { steps: 2 }),
    RangeError,
    /^series, row 0, column 1 expected a number, got NaN: .*fillMissing\(\).* missing: 'skip'/,
  ],
  [
    'a missing value in the target',
    () => windows(gaps, { steps: 1, inputs: [0], targets: [0] }),
    RangeError,
    /^series, row 2, column 0 expected a number, got NaN/,
  ],
  [
    'a missing value everywhere',
    () => windows(gaps, { steps: 1, missing: 'skip' }),
    RangeError,
    /^series expected .*got 2 /,
  ],
  [
    'more values than an array should have',
    () => windows(zeros(100_000, 2), { steps: 50_000 }),
    RangeError,
    /^series expected at most 2\^30 .*got windows \* steps \* inputs = 50000 \* 50000 \* 2 = 5000000000:/,
  ],
];

const fillWith = (fields: object) => () => fillMissing(gaps, bad({ method: 'forward', ...fields }));

const forMissing: Row[] = [
  ...seriesRows('series', (value) => countMissing(value)).filter(([what]) => !what.includes('2^60')),
  ...seriesRows('series', (value) => fillMissing(value, { method: 'forward' })),
  ...seriesRows('of', (of) => fillMissing(series, { method: 'mean', of })),
  ...options('fillMissing', (_, value) => fillMissing(series, value), ['metod', 'method']),
  ['no method', fillWith({ method: undefined }), TypeError, /^method expected .*got undefined/],
  [
    'another method',
    fillWith({ method: 'backward' }),
    RangeError,
    /^method expected one of .*, got "backward"/,
  ],
  ...[0, -1, 1.5, N].map(
    (maxGap): Row => [
      `a gap of ${maxGap}`,
      fillWith({ maxGap }),
      RangeError,
      /^maxGap expected .*1 up, or Infinity, got /,
    ],
  ),
  ['a gap of text', fillWith({ maxGap: '1' }), TypeError, /^maxGap expected a number, got "1"$/],
  ['other edges', fillWith({ edges: 'near' }), RangeError, /^edges expected .*got "near"/],
  [
    'edges of a mean',
    fillWith({ method: 'mean', of: series, edges: 'nearest' }),
    TypeError,
    /^edges expected method: 'forward' or 'interpolate', got 'mean'/,
  ],
  ['the mean of nothing', fillWith({ method: 'mean' }), TypeError, /^of expected .*'mean', got undefined/],
  [
    'the mean of other columns',
    fillWith({ method: 'mean', of: zeros(2, 3) }),
    RangeError,
    /^of expected .*series = 2, got 3/,
  ],
  [
    'the mean of missing values',
    fillWith({ method: 'mean', of: gaps }),
    RangeError,
    /^of expected .*1, got NaN in every row/,
  ],
  [
    'of where nothing is taken from elsewhere',
    fillWith({ of: series }),
    TypeError,
    /^of expected method: 'mean', got 'forward'/,
  ],
  ['a column without a value', fillWith({}), RangeError, /^series expected .*1, got NaN in every row/],
  [
    'no value before',
    () => fillMissing({ data: Float32Array.of(N, N, 1), shape: [3, 1] }, { method: 'forward' }),
    RangeError,
    /^series, row 0, column 0 expected .*got none in rows 0 to 1 of 3: .*edges: 'nearest'/,
  ],
  [
    'no value behind',
    () => fillMissing({ data: Float32Array.of(1, N), shape: [2, 1] }, { method: 'interpolate' }),
    RangeError,
    /^series, row 1, column 0 expected .*got none in rows 1 to 1 of 2/,
  ],
];

describe('what chronologicalSplit refuses', () => refusesAlone(forSplits));
describe('what windows refuses', () => refusesAlone(forWindows));
describe('what fillMissing refuses', () => refusesAlone(forMissing));
