import { describe } from 'vitest';
import { bucketBatches, padSequences, tokenize, WordVocabulary } from '../../src/data/index.js';
import {
  bad,
  booleans,
  numbers,
  options,
  type Row,
  refusesAlone,
  type Subjects,
  sizes,
  zeros,
} from '../helpers/refusals.js';
import { kinds } from '../helpers/refused-targets.js';

const N = Number.NaN;
const pair = { input: [Int32Array.of(1), Int32Array.of(2, 3)], target: Uint8Array.of(0, 1) };
const bucketsWith = (name: string) => (_: Subjects, value: never) =>
  bucketBatches(pair, { batchSize: 2, [name]: value });
const inputOf = (input: unknown) => () => bucketBatches({ ...pair, input: bad(input) }, { batchSize: 2 });
const WHOLE = 'a whole number from -2^31 to 2^31 - 1';

const forBuckets: Row[] = [
  ...options('bucketBatches', (_, value) => bucketBatches(pair, value), ['batchsize', 'batchSize']),
  ...sizes('batchSize', bucketsWith('batchSize')),
  ...booleans('shuffle', bucketsWith('shuffle')),
  ...booleans('dropLast', bucketsWith('dropLast')),
  ...numbers('seed', bucketsWith('seed'), [-1, 0.5], 'a whole number from 0 to 2^53 - 1'),
  ...numbers('padding', bucketsWith('padding'), [0.5, 2 ** 31], WHOLE),
  ...[0, -1, 1.5, N].map(
    (pool): Row => [
      `a pool of ${pool}`,
      () => bucketBatches(pair, { batchSize: 2, pool }),
      RangeError,
      /^pool expected .*1 up, or Infinity, got /,
    ],
  ),
  ...[0, -1, 1.5, N].map(
    (epochs): Row => [
      `epochs of ${epochs}`,
      () => bucketBatches(pair, { batchSize: 2, epochs }),
      RangeError,
      /^epochs expected .*1 up, or Infinity, got /,
    ],
  ),
  ...kinds(
    'examples of',
    (_, value) => bucketBatches(value, { batchSize: 2 }),
    /^(examples|input) expected /,
    [null, undefined, 3, {}],
  ),
  ...kinds(
    'an input of',
    (_, input) => bucketBatches({ ...pair, input }, { batchSize: 2 }),
    /^input(\[0\])? expected /,
    [null, 'ab', Int32Array.of(1), zeros(2, 3), [1, 2], [[1], [2]]],
  ),
  ['no sequences', inputOf([]), RangeError, /^input expected .*got none/],
  [
    'a sequence without a step',
    inputOf([Int32Array.of(1), new Int32Array(0)]),
    RangeError,
    /^input\[1\] expected .*got none/,
  ],
  [
    'values among ids',
    inputOf([Int32Array.of(1), zeros(2)]),
    TypeError,
    /^input\[1\] expected ids.*input\[0\], got values/,
  ],
  [
    'other features',
    inputOf([zeros(2, 3), zeros(2, 4)]),
    RangeError,
    /^input\[1\] expected .*\[time, 3\].*input\[0\], got \[2, 4\]/,
  ],
  [
    'fewer targets',
    () => bucketBatches({ ...pair, target: Uint8Array.of(1) }, { batchSize: 2 }),
    RangeError,
    /^target expected .*inputs = 2, got 1$/,
  ],
  [
    'fewer target sequences',
    () => bucketBatches({ ...pair, target: [zeros(1)] }, { batchSize: 2 }),
    RangeError,
    /^target expected .*inputs = 2, got 1$/,
  ],
  [
    'padding of rows',
    () => bucketBatches(pair, { batchSize: 2, targetPadding: 1 }),
    TypeError,
    /^targetPadding expected sequences for targets/,
  ],
  [
    'fewer than one batch',
    () => bucketBatches(pair, { batchSize: 3, dropLast: true }),
    RangeError,
    /^input expected .*batchSize = 3.*, got 2/,
  ],
  ...options('padSequences', (_, value) => padSequences(pair.input, value), ['pading', 'padding']),
  ...numbers(
    'padding',
    (_, padding) => padSequences(pair.input, { padding }),
    [0.5],
    WHOLE,
    'padSequences with padding of',
  ),
  [
    'padSequences of infinite padding',
    () => padSequences([zeros(1, 2)], { padding: 1 / 0 }),
    RangeError,
    /^padding .*finite.*Infinity/,
  ],
  ['padSequences of nothing', () => padSequences([]), RangeError, /^sequences expected .*got none/],
];

const vocabulary = WordVocabulary.of(['a b']);
const words = JSON.parse(JSON.stringify(vocabulary));
const restore = (fields: object) => () => WordVocabulary.fromJSON(JSON.stringify({ ...words, ...fields }));
const wordsWith = (name: string) => (_: Subjects, value: never) =>
  WordVocabulary.of(['a b'], { [name]: value });

const forWords: Row[] = [
  ...kinds('tokenize of', (_, value) => tokenize(value), /^text expected a string, got /, [
    null,
    undefined,
    3,
    ['a'],
  ]),
  ...options('WordVocabulary.of', (_, value) => WordVocabulary.of(['a'], value), ['mincount', 'minCount']),
  ...kinds('texts of', (_, value) => WordVocabulary.of(value), /^texts(\[0\])? expected /, [
    'a b',
    null,
    3,
    {},
    [3],
    [[3]],
  ]),
  ...sizes('minCount', wordsWith('minCount')),
  ...booleans('lowerCase', wordsWith('lowerCase')),
  ...[0, 4, 5.5, N].map(
    (maxSize): Row => [
      `a size of ${maxSize}`,
      () => WordVocabulary.of(['a'], { maxSize }),
      RangeError,
      /^maxSize expected .*5 up, or Infinity, got /,
    ],
  ),
  ...kinds('tokens by', wordsWith('tokenize'), /^tokenize expected .*got /, [null, 3, 'a']),
  [
    'tokens that are none',
    () => WordVocabulary.of(['a'], { tokenize: () => bad([1]) }),
    TypeError,
    /^texts\[0\] expected tokens.*, got \[1\]/,
  ],
  [
    'no word',
    () => WordVocabulary.of(['a b a'], { minCount: 3 }),
    RangeError,
    /^texts expected .*minCount = 3 times, got none/,
  ],
  ...kinds('encode of', (_, value) => vocabulary.encode(value), /^text expected .*got /, [
    null,
    undefined,
    3,
    [3],
  ]),
  ...options('WordVocabulary.encode', (_, value) => vocabulary.encode('a', value), ['strat', 'start']),
  ...booleans('end', (_, end) => vocabulary.encode('a', { end })),
  ...kinds('decode of', (_, value) => vocabulary.decode(value), /^ids expected .*got /, [null, 3, 'a', {}]),
  ...[-1, 6, 0.5, N].map(
    (id): Row => [
      `decode of ${id}`,
      () => vocabulary.decode([4, id]),
      RangeError,
      /^ids expected whole numbers from 0 to 5, got /,
    ],
  ),
  [
    'fromJSON of no text',
    () => WordVocabulary.fromJSON(bad(words)),
    TypeError,
    /^text expected a string, got /,
  ],
  ['fromJSON of no JSON', () => WordVocabulary.fromJSON('a'), RangeError, /^text expected JSON, got "a"$/],
  [
    'fromJSON of null',
    () => WordVocabulary.fromJSON('null'),
    RangeError,
    /^text expected a WordVocabulary, got .*undefined$/,
  ],
  [
    'fromJSON of a word twice',
    restore({ words: ['a', 'a'] }),
    RangeError,
    /^text expected different .*, got \[a, a\]/,
  ],
  [
    'fromJSON of a special word',
    restore({ words: ['a', '<unk>'] }),
    RangeError,
    /^text expected different words/,
  ],
  [
    'fromJSON of no words',
    restore({ words: [], counts: [] }),
    RangeError,
    /^text expected different words, got \[\]$/,
  ],
  ['fromJSON of one count', restore({ counts: [1] }), RangeError, /^text expected .*2 words, got \[1\]/],
  ['fromJSON of half a count', restore({ counts: [1, 0.5] }), RangeError, /^text expected .*2 words/],
  [
    'fromJSON without lowerCase',
    restore({ lowerCase: 1 }),
    RangeError,
    /^text expected .*lowerCase and ownTokens/,
  ],
  [
    'fromJSON without its function',
    restore({ ownTokens: true }),
    TypeError,
    /^tokenize expected .*got undefined/,
  ],
  [
    'fromJSON with a function',
    () => WordVocabulary.fromJSON(JSON.stringify(vocabulary), { tokenize }),
    TypeError,
    /^tokenize expected .*got a function/,
  ],
];

describe('what bucketBatches refuses', () => refusesAlone(forBuckets));
describe('what a vocabulary of words refuses', () => refusesAlone(forWords));
