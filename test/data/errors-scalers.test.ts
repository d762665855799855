import { describe } from 'vitest';
import { MinMaxScaler, StandardScaler } from '../../src/data/index.js';
import { bad, numbers, options, type Row, refusesAlone, tensors, zeros } from '../helpers/refusals.js';
import { kinds } from '../helpers/refused-targets.js';

const series = { data: new Float32Array(20), shape: [10, 2], columns: ['low', 'high'] };
const N = Number.NaN;
const gaps = { data: Float32Array.of(1, N, 3, N, N, N), shape: [3, 2] };

function forScaler(Scaler: typeof StandardScaler | typeof MinMaxScaler, statistic: string): Row[] {
  const name = Scaler.name;
  const fitted = new Scaler().fit(series);
  const state = JSON.parse(JSON.stringify(fitted));
  const load = (fields: object) => () => Scaler.fromJSON(JSON.stringify({ ...state, ...fields }));
  const unfitted = /^(transform|inverseTransform|mean|min) needs .*fit\(train\)/;
  return [
    ...options(name, (_, value) => new Scaler(value), ['mising', 'missing']),
    [
      'another word for missing',
      () => new Scaler({ missing: bad('keep') }),
      RangeError,
      /^missing expected .*got "keep"/,
    ],
    ['transform before fit', () => new Scaler().transform(series), Error, unfitted],
    ['inverseTransform before fit', () => new Scaler().inverseTransform(series), Error, unfitted],
    ['stateDict before fit', () => new Scaler().stateDict(), Error, unfitted],
    ['JSON before fit', () => JSON.stringify(new Scaler()), Error, unfitted],
    ...tensors('train', (_, value) => new Scaler().fit(value), 'fit of'),
    [
      'fit of no rows',
      () => new Scaler().fit(zeros(0, 3)),
      RangeError,
      /^train expected shape \[\.\.\., columns\] .*, got \[0, 3\]$/,
    ],
    [
      'fit of a missing value',
      () => new Scaler().fit(gaps),
      RangeError,
      /^train, row 0, column 1 expected a finite number, got NaN: .*fillMissing\(\).* missing: 'ignore'/,
    ],
    [
      'fit of missing values alone',
      () => new Scaler({ missing: 'ignore' }).fit(gaps),
      RangeError,
      /^train expected .*1, got NaN in every row/,
    ],
    [
      'fit of an infinite value',
      () => new Scaler({ missing: 'ignore' }).fit({ data: Float32Array.of(-1 / 0), shape: [1, 1] }),
      RangeError,
      /^train, row 0, column 0 .*finite.* -Infinity/,
    ],
    ...tensors('x', (_, value) => fitted.transform(value), 'transform of'),
    ...options('transform', (_, value) => fitted.transform(series, value), ['colums', 'columns']),
    [
      'transform of other columns',
      () => fitted.transform(zeros(4, 3)),
      RangeError,
      /^x expected shape \[\.\.\., columns\] = \[\.\.\., 2\], got \[4, 3\]$/,
    ],
    [
      'transform of no columns',
      () => fitted.transform(zeros()),
      RangeError,
      /^x expected shape \[\.\.\., columns\]/,
    ],
    [
      'inverseTransform of half a row',
      () => fitted.inverseTransform(zeros(4, 3), { columns: ['high', 'low'] }),
      RangeError,
      /^x expected .*columns = 2.*, got \[4, 3\]/,
    ],
    [
      'inverseTransform of an unknown column',
      () => fitted.inverseTransform(zeros(4, 1), { columns: ['higher'] }),
      RangeError,
      /^columns\[0\] .*"higher".*"high"/,
    ],
    [
      'transform of columns in another order',
      () => fitted.transform({ ...series, columns: ['high', 'low'] }),
      RangeError,
      /^x\.columns\[0\] expected "low".*, got "high"/,
    ],
    [
      'transform of a missing value',
      () => fitted.transform(gaps),
      RangeError,
      /^x, row 0, column 1 expected a finite number, got NaN/,
    ],
    ...kinds('fromJSON of', (_, value) => Scaler.fromJSON(value), /^text expected a string, got /, [
      null,
      undefined,
      {},
      3,
    ]),
    ['fromJSON of no JSON', () => Scaler.fromJSON('{'), RangeError, /^text expected JSON, got "\{"$/],
    ...['null', '3'].map(
      (text): Row => [
        `fromJSON of ${text}`,
        () => Scaler.fromJSON(text),
        TypeError,
        new RegExp(`^state expected .* ${name}, got`),
      ],
    ),
    [
      'fromJSON of another type',
      load({ type: 'Scaler' }),
      RangeError,
      /^state\.type expected "\w+", got "Scaler"$/,
    ],
    ...[undefined, 3, [], ['1', '2'], [1, null]].map(
      (value): Row => [
        `fromJSON with ${statistic} of ${JSON.stringify(value)}`,
        load({ [statistic]: value }),
        RangeError,
        new RegExp(`^state\\.${statistic} expected a finite number for each column, got `),
      ],
    ),
    [
      'fromJSON of unequal statistics',
      load({ [statistic]: [1] }),
      RangeError,
      /expected [12] numbers, got [12]$/,
    ],
    [
      'fromJSON of one name',
      load({ columns: ['a'] }),
      RangeError,
      /^state\.columns expected 2 .*, got \[a\]/,
    ],
    [
      'fromJSON of another word for missing',
      load({ missing: 'all' }),
      RangeError,
      /^state\.missing expected /,
    ],
  ];
}

const state = JSON.parse(JSON.stringify(new MinMaxScaler().fit(series)));
const stored = (fields: object) => () => MinMaxScaler.fromJSON(JSON.stringify({ ...state, ...fields }));

const forRanges: Row[] = [
  ...numbers('low', (_, low) => new MinMaxScaler({ low, high: 9 }), [], 'a finite number'),
  ...numbers('high', (_, high) => new MinMaxScaler({ high }), [0, -1], 'a number above low = 0'),
  ['a state without a range', stored({ low: undefined }), TypeError, /^state\.low .*number.*undefined/],
  [
    'a state with an empty range',
    stored({ low: 1, high: 1 }),
    RangeError,
    /^state\.high expected .*low = 1, got 1/,
  ],
  [
    'a state with more least than largest',
    stored({ min: [0, 1] }),
    RangeError,
    /^state\.max\[1\] expected .*min = 1, got 0$/,
  ],
  [
    'a state with a negative deviation',
    () => StandardScaler.fromJSON('{"type":"StandardScaler","missing":"refuse","mean":[0],"std":[-1]}'),
    RangeError,
    /^state\.std expected .*0.*, got \[-1\]/,
  ],
];

describe('what StandardScaler refuses', () => refusesAlone(forScaler(StandardScaler, 'mean')));
describe('what MinMaxScaler refuses', () => refusesAlone(forScaler(MinMaxScaler, 'max')));
describe('what a range refuses', () => refusesAlone(forRanges));
