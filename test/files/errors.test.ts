import { describe } from 'vitest';
import { loadModel, readSafetensors, saveModel, writeSafetensors } from '../../src/files/index.js';
import { Adam, crossEntropy, Trainer } from '../../src/index.js';
import { options, type Row, refuses, type Subjects } from '../helpers/refusals.js';
import { kinds } from '../helpers/refused-targets.js';
import { type Variant, variants } from '../helpers/variants.js';

const trained = (s: Subjects) =>
  new Trainer(s.model, { loss: crossEntropy as never, optimizer: new Adam(s.model) });
const array = { data: new Float32Array(2), shape: [2] };

const forFiles: Row[] = [
  ...options('saveModel', (s, value) => saveModel(s.model, value), ['metdata', 'metadata']),
  ...options('loadModel', (s, value) => loadModel(saveModel(s.linear), value), ['runtme', 'runtime']),
  ...kinds('saveModel of', (_, model) => saveModel(model), /^model expected one of this package's layers/, [
    null,
    undefined,
    3,
    {},
    [],
  ]),
  ...kinds(
    'saveModel with a trainer of',
    (s, value) => saveModel(s.model, { trainer: value }),
    /^trainer expected /,
    [3, 'a', {}, null],
  ),
  ...kinds(
    'saveModel with batches of',
    (s, value) => saveModel(s.model, { trainer: trained(s), batches: value }),
    /^batches expected /,
    [3, 'a', {}, null],
  ),
  ...kinds(
    'saveModel with metadata of',
    (s, value) => saveModel(s.model, { metadata: value }),
    /^metadata expected /,
    [3, 'text', null, ['a']],
  ),
  ...kinds(
    'saveModel with metadata of',
    (s, value) => saveModel(s.model, { metadata: { key: value } }),
    /^metadata\.key expected text, got /,
    [3, null, undefined, {}],
  ),
  ...kinds(
    'loadModel of',
    (_, bytes) => loadModel(bytes),
    /^bytes expected a Uint8Array or an ArrayBuffer, got /,
    [null, undefined, 'path', [1], new Float32Array(4), {}],
  ),
  ...kinds(
    'loadModel into',
    (s, runtime) => loadModel(saveModel(s.linear), { runtime }),
    /^runtime expected what createRuntime\(\) gives, got /,
    [null, 3, {}],
  ),
  ...kinds(
    'readSafetensors of',
    (_, bytes) => readSafetensors(bytes),
    /^bytes expected a Uint8Array or an ArrayBuffer, got /,
    [null, undefined, 'path', [1], new Float32Array(4), {}],
  ),
  ...kinds('writeSafetensors of', (_, value) => writeSafetensors(value), /^tensors expected /, [
    null,
    undefined,
    3,
    'a',
    [array],
  ]),
  ...kinds('writeSafetensors of', (_, value) => writeSafetensors({ w: value, v: array }), /^"w"/, [
    null,
    3,
    {},
    { shape: [2] },
    { data: [1, 2], shape: [2] },
    { data: new Float32Array(2) },
    { data: new DataView(new ArrayBuffer(8)), shape: [2] },
  ]),
  ...[[3], [], [2, 2], [-1, -2], [0.5, 4], [Number.NaN]].map(
    (shape): Row => [
      `writeSafetensors of [${shape}] with 2 values`,
      (_) => writeSafetensors({ w: { ...array, shape } }),
      RangeError,
      /^"?w/,
    ],
  ),
  ...kinds(
    'writeSafetensors with metadata of',
    (_, value) => writeSafetensors({ w: array }, value),
    /^metadata/,
    [3, 'a', null, { a: 3 }, { a: null }],
  ),
  [
    'writeSafetensors of __metadata__',
    (_) => writeSafetensors({ __metadata__: array }, { a: 'b' }),
    TypeError,
    /"__metadata__"/,
  ],
  [
    'writeSafetensors of __metadata__ and no texts',
    (_) => writeSafetensors({ w: array, __metadata__: array }),
    TypeError,
    /"__metadata__"/,
  ],
  [
    'saveModel after dispose',
    (s) => {
      const { model } = loadModel(saveModel(s.linear), { runtime: s.runtime });
      model.dispose();
      saveModel(model);
    },
    Error,
    /disposed of/,
  ],
];

function suite(variant: Variant) {
  describe(`what files refuse [${variant.name}]`, () => refuses(variant, forFiles));
}

variants.forEach(suite);
