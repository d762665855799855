import { describe } from 'vitest';
import { batches, lanes, Vocabulary } from '../../src/data/index.js';
import {
  bad,
  booleans,
  numbers,
  options,
  type Row,
  refuses,
  type Subjects,
  sizes,
  tensors,
  zeros,
} from '../helpers/refusals.js';
import { kinds } from '../helpers/refused-targets.js';
import { type Variant, variants } from '../helpers/variants.js';

const rows = { input: zeros(6, 3), target: new Int32Array(6) };
const ids = new Int32Array(41);
const SEED = 'a whole number from 0 to 2^53 - 1';

/** The options with one more, under this name. */
const batchesWith = (name: string) => (s: Subjects, value: never) =>
  batches(rows, { batchSize: 2, runtime: s.runtime, [name]: value });

const lanesWith = (name: string) => (_: Subjects, value: never) =>
  lanes(ids, { batch: 2, steps: 4, [name]: value });

const EPOCHS = /^epochs expected .*1 up, or Infinity, got /;

const forBatches: Row[] = [
  ...options('batches', (_, value) => batches(rows, value), ['batchsize', 'batchSize']),
  ...sizes('batchSize', batchesWith('batchSize'), 'batches with a batchSize of'),
  ...booleans('shuffle', batchesWith('shuffle'), 'batches with shuffle of'),
  ...booleans('dropLast', batchesWith('dropLast'), 'batches with dropLast of'),
  ...numbers('seed', batchesWith('seed'), [-1, 1.5, 2 ** 53], SEED, 'batches with a seed of'),
  ...kinds(
    'batches with a runtime of',
    batchesWith('runtime'),
    /^runtime expected what createRuntime\(\) gives, got /,
    [null, 3, {}],
  ),
  ...kinds(
    'batches of',
    (s, value) => batches(value, { batchSize: 2, runtime: s.runtime }),
    /^(rows|input) expected /,
    [null, undefined, 3, 'ab', {}, []],
  ),
  ...kinds(
    'batches with an input of',
    (_, input) => batches({ ...rows, input }, { batchSize: 2 }),
    /^input/,
    [null, [1, 2], new Float32Array(6), { data: [1], shape: [1] }],
  ),
  ...kinds(
    'batches with a target of',
    (_, target) => batches({ ...rows, target }, { batchSize: 2 }),
    /^target/,
    [null, [1, 2], new Float64Array(6)],
  ),
  ...tensors(
    'input',
    (_, value) => batches({ ...rows, input: value }, { batchSize: 2 }),
    'batches with an input of',
  ).filter(([, , error]) => error === RangeError),
  [
    'batches of a scalar',
    (_) => batches({ ...rows, input: zeros() }, { batchSize: 2 }),
    RangeError,
    /^input expected /,
  ],
  [
    'batches of 6 inputs and 5 targets',
    (_) => batches({ ...rows, target: new Int32Array(5) }, { batchSize: 2 }),
    RangeError,
    /^target expected .*input = 6, got 5/,
  ],
  [
    'batches of no rows',
    (_) => batches({ input: zeros(0, 3), target: new Int32Array(0) }, { batchSize: 2 }),
    RangeError,
    /^rows expected at least 1, got 0$/,
  ],
  [
    'batches of fewer rows than one batch with dropLast',
    (_) => batches(rows, { batchSize: 7, dropLast: true }),
    RangeError,
    /^rows expected at least batchSize = 7, got 6$/,
  ],
];

const epochs: Row[] = [
  ...[0, -1, 1.5, Number.NaN, Number.NEGATIVE_INFINITY].flatMap((value): Row[] => [
    [`batches with epochs of ${value}`, (s) => batchesWith('epochs')(s, bad(value)), RangeError, EPOCHS],
    [`lanes with epochs of ${value}`, (s) => lanesWith('epochs')(s, bad(value)), RangeError, EPOCHS],
  ]),
  ...kinds('batches with epochs of', batchesWith('epochs'), /^epochs expected a number, got /, [
    '1',
    true,
    {},
    null,
  ]),
  ...kinds('lanes with epochs of', lanesWith('epochs'), /^epochs expected a number, got /, [
    '1',
    true,
    {},
    null,
  ]),
];

const place = (state: object) => () => {
  const one = batches(rows, { batchSize: 2, seed: 5 });
  one.loadStateDict({ ...one.stateDict(), ...state });
};

const forStates: Row[] = [
  ...kinds(
    'batches.loadStateDict of',
    (_, state) => batches(rows, { batchSize: 2 }).loadStateDict(state),
    /^state expected .* batches, got /,
    [null, undefined, 3, 'a'],
  ),
  ['of another seed', place({ seed: '6' }), RangeError, /^state\.seed expected 5, got "6":/],
  ...['3', '-1', '1.5', 'x', ''].map(
    (position): Row => [
      `at place ${position || 'nothing'}`,
      place({ position }),
      RangeError,
      /^state expected a position from 0 to 2, got /,
    ],
  ),
  ...['-1', '1.5', 'x', '1e300'].map(
    (epoch): Row => [`in epoch ${epoch}`, place({ epoch }), RangeError, /of epoch "/],
  ),
  ['of nothing', (_) => batches(rows, { batchSize: 2 }).loadStateDict(bad({})), RangeError, /^state/],
];

const forLanes: Row[] = [
  ...options('lanes', (_, value) => lanes(ids, value), ['step', 'steps']),
  ...sizes('batch', lanesWith('batch'), 'lanes with a batch of'),
  ...sizes('steps', lanesWith('steps'), 'lanes with steps of'),
  ...kinds('lanes of', (_, value) => lanes(value, { batch: 2, steps: 4 }), /^ids/, [
    null,
    undefined,
    'abc',
    [1, 2, 3],
    new Float32Array(41),
  ]),
  [
    'lanes of too short a text',
    (_) => lanes(new Int32Array(8), { batch: 2, steps: 4 }),
    RangeError,
    /^ids expected at least batch \* steps \+ 1 = 9, got 8$/,
  ],
  [
    'lanes of nothing',
    (_) => lanes(new Int32Array(0), { batch: 1, steps: 1 }),
    RangeError,
    /^ids expected at least batch \* steps \+ 1 = 2, got 0$/,
  ],
];

const abc = new Vocabulary(['a', 'b', 'c']);

const forVocabulary: Row[] = [
  ...kinds('Vocabulary of', (_, value) => new Vocabulary(value), /^symbols expected .*got /, [
    null,
    undefined,
    'abc',
    3,
    {},
    [1],
    ['a', null],
    [['a']],
  ]),
  [
    'Vocabulary of nothing',
    (_) => new Vocabulary([]),
    RangeError,
    /^symbols expected at least one, got none$/,
  ],
  [
    'Vocabulary of no text',
    (_) => Vocabulary.ofCharacters(''),
    RangeError,
    /^symbols expected at least one, got none$/,
  ],
  [
    'Vocabulary of a symbol twice',
    (_) => new Vocabulary(['a', 'b', 'a']),
    RangeError,
    /^symbols expected each symbol once, got /,
  ],
  ...kinds(
    'Vocabulary.ofCharacters of',
    (_, value) => Vocabulary.ofCharacters(value),
    /^text expected a string, got /,
    [null, undefined, 3, ['a']],
  ),
  ...kinds('Vocabulary.encode of', (_, value) => abc.encode(value), /^text expected a string, got /, [
    null,
    undefined,
    3,
    ['a'],
  ]),
  [
    'Vocabulary.encode of another character',
    (_) => abc.encode('ab😀'),
    RangeError,
    /^text expected .*got "😀"/,
  ],
  ...kinds('Vocabulary.decode of', (_, value) => abc.decode(value), /^ids expected /, [
    null,
    undefined,
    3,
    'ab',
    {},
  ]),
  ...[-1, 3, 1.5, Number.NaN].map(
    (id): Row => [
      `Vocabulary.decode of ${id}`,
      (_) => abc.decode([0, id]),
      RangeError,
      /^ids expected whole numbers from 0 to 2, got /,
    ],
  ),
  [
    'Vocabulary.decode of text',
    (_) => abc.decode(bad(['length'])),
    RangeError,
    /^ids expected whole numbers from 0 to 2, got "length"$/,
  ],
];

function suite(variant: Variant) {
  describe(`what data refuses [${variant.name}]`, () => {
    describe('batches', () => refuses(variant, forBatches));
    describe('epochs', () => refuses(variant, epochs));
    describe('states of batches', () => refuses(variant, forStates));
    describe('lanes', () => refuses(variant, forLanes));
    describe('Vocabulary', () => refuses(variant, forVocabulary));
  });
}

variants.forEach(suite);
