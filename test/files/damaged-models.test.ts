import { describe, expect, it } from 'vitest';
import {
  loadModel,
  type NamedArray,
  readSafetensors,
  saveModel,
  writeSafetensors,
} from '../../src/files/index.js';
import { Adam, crossEntropy, Linear, LSTM, type Runtime, Sequential, Trainer } from '../../src/index.js';
import { IDS } from '../helpers/bits.js';
import { expectNoGrowth } from '../helpers/memory.js';
import { expectRefusal, thrownBy } from '../helpers/refusals.js';
import { trained } from '../helpers/trained-file.js';
import { type Variant, variants } from '../helpers/variants.js';

type Edit = (file: { tensors: Record<string, NamedArray>; metadata: Record<string, string> }) => void;

const replace =
  (key: string, from: string | RegExp, to: string): Edit =>
  ({ metadata }) => {
    const before = metadata[`lstm-wasm.${key}`];
    metadata[`lstm-wasm.${key}`] = before.replace(from, to);
    expect(metadata[`lstm-wasm.${key}`], 'the edit').not.toBe(before);
  };

const set =
  (key: string, value: string): Edit =>
  ({ metadata }) => {
    metadata[`lstm-wasm.${key}`] = value;
  };

const weight =
  (value: number): Edit =>
  ({ tensors }) => {
    tensors['1.weight_hh_l1'].data[7] = value;
  };

const spoilt: [what: string, edit: Edit, error: new () => Error, message: RegExp][] = [
  [
    'a weight of NaN',
    weight(Number.NaN),
    RangeError,
    /"1\.weight_hh_l1" expected finite values, got NaN at 7/,
  ],
  [
    'a weight of Infinity',
    weight(Number.POSITIVE_INFINITY),
    RangeError,
    /"1\.weight_hh_l1" .* Infinity at 7/,
  ],
  ['no such weight', ({ tensors }) => delete tensors['3.bias'], TypeError, /"3\.bias" is missing; it has /],
  [
    'a weight of another name',
    ({ tensors }) => {
      tensors['3.biass'] = tensors['3.bias'];
    },
    TypeError,
    /unknown name "3\.biass"; did you mean "3\.bias"\?/,
  ],
  [
    'a weight of another shape',
    ({ tensors }) => {
      tensors['3.bias'] = { data: new Float32Array(IDS - 1), shape: [IDS - 1] };
    },
    RangeError,
    /"3\.bias" expected shape .*= \[11\], got \[10\]/,
  ],
  [
    'a weight of doubles',
    ({ tensors }) => {
      tensors['3.bias'] = { data: new Float64Array(IDS), shape: [IDS] };
    },
    TypeError,
    /3\.bias\.data expected a Float32Array, got a Float64Array/,
  ],
  ['a later version', set('version', '2'), RangeError, /version 2, .* up to 1/],
  ['a version far ahead', set('version', '1e300'), RangeError, /version 1e\+?300/],
  ['a version that is none', set('version', 'x'), RangeError, /not written by saveModel/],
  ...['', 'no JSON', '{', '[]', 'null', '3', '"LSTM"', '{}', '{"type":null}'].map(
    (text): (typeof spoilt)[number] => [
      `${text || 'nothing'} for a model`,
      set('model', text),
      RangeError,
      /model|kind/,
    ],
  ),
  [
    'a layer of an unknown kind',
    replace('model', '"LSTM"', '"LTSM"'),
    RangeError,
    /"LTSM"; did you mean "LSTM"\?/,
  ],
  ['a layer of Object', replace('model', '"LSTM"', '"toString"'), RangeError, /unknown type "toString"/],
  [
    'a layer of a later option',
    replace('model', '"bias"', '"attention":true,"bias"'),
    TypeError,
    /unknown option "attention"/,
  ],
  ['a size of 0', replace('model', '"hiddenSize":6', '"hiddenSize":0'), RangeError, /^hiddenSize expected/],
  [
    'a size of text',
    replace('model', '"hiddenSize":6', '"hiddenSize":"6"'),
    TypeError,
    /^hiddenSize expected/,
  ],
  [
    'another size',
    replace('model', '"hiddenSize":6', '"hiddenSize":7'),
    RangeError,
    /expected shape|expected .* values/,
  ],
  [
    'a size that no memory holds',
    replace('model', '"hiddenSize":6', '"hiddenSize":99999'),
    RangeError,
    /memory/,
  ],
  ['layers that are none', replace('model', /"layers":\[.*\]/, '"layers":3'), RangeError, /layers/],
  ...['', '{', 'null', '3', '[3,3,3,3]', '[]'].map((text): (typeof spoilt)[number] => [
    `${text || 'nothing'} for its layers`,
    set('layers', text),
    RangeError,
    /layers/,
  ]),
  [
    'a generator of NaN',
    replace('layers', /"counter":"\d+"/, '"counter":"x"'),
    RangeError,
    /layers|generator|counter/,
  ],
  [
    'a generator before its beginning',
    replace('layers', /"counter":"\d+"/, '"counter":"-4"'),
    RangeError,
    /layers|generator|counter/,
  ],
  ...['', '{', 'null', '3', '{}', '{"optimizer":null}', '{"optimizer":{"slots":3}}'].map(
    (text): (typeof spoilt)[number] => [
      `${text || 'nothing'} for a trainer`,
      set('trainer', text),
      RangeError,
      /trainer/,
    ],
  ),
  ['no JSON for batches', set('batches', 'x'), RangeError, /batches/],
  [
    'carried states of NaN',
    ({ tensors }) => {
      tensors['carried/1/h'].data[0] = Number.NaN;
    },
    RangeError,
    /carried\/1\/h/,
  ],
  [
    'a carried state of another shape',
    ({ tensors }) => {
      tensors['carried/1/c'] = { data: new Float32Array(2), shape: [2] };
    },
    RangeError,
    /carried\/1\/c/,
  ],
];

function edited(bytes: Uint8Array, edit: Edit): Uint8Array {
  const { tensors, metadata } = readSafetensors(bytes);
  edit({ tensors, metadata });
  return writeSafetensors(tensors, metadata);
}

/** A file whose last layer is wrong costs nothing but the time to read it. */
function checkGivenBack(runtime: Runtime) {
  const model = new Sequential(
    new Linear(256, 256, { runtime }),
    new Sequential(new LSTM(256, 64, { runtime }), new Linear(64, 3, { runtime })),
  );
  const whole = saveModel(model);
  const wrong = [
    edited(whole, replace('model', '"outFeatures":3', '"outFeatures":0')),
    edited(whole, replace('model', '"outFeatures":3', '"outFeatures":4')),
    edited(whole, replace('model', '"hiddenSize":64', '"hiddenSize":9999999')),
  ];
  expectNoGrowth(runtime, 150, (n) => {
    expect(() => loadModel(wrong[n % 3], { runtime })).toThrow(RangeError);
  });
}

/** Refused by name, and the core gets all its memory back. */
function checkSpoilt(runtime: Runtime, [, edit, error, message]: (typeof spoilt)[number]) {
  const file = edited(trained(runtime), edit);
  const load = () => thrownBy(() => loadModel(file, { runtime }));
  expectRefusal(() => loadModel(file, { runtime }), error, message);
  for (let n = 0; n < 20; n++) load();
  const memory = runtime.memoryBytes;
  for (let n = 0; n < 200; n++) load();
  expect(runtime.memoryBytes).toBe(memory);
}

/** Neither does JavaScript keep anything: one measurement over all files, since each collects the garbage four times. */
function checkNothingHeld(runtime: Runtime) {
  const whole = trained(runtime);
  const files = spoilt.map(([, edit]) => edited(whole, edit));
  const load = (n: number) => thrownBy(() => loadModel(files[n % files.length], { runtime }));
  expectNoGrowth(runtime, 100 + 100 * files.length, load);
}

/** Nothing of an optimizer's state may be missing: its step would write where it has no memory. */
function checkOptimizer(runtime: Runtime, name: string, edit: (dict: Record<string, NamedArray>) => void) {
  const { model, training } = loadModel(
    edited(trained(runtime), ({ tensors }) => edit(tensors)),
    { runtime },
  );
  const trainer = new Trainer(model, { loss: crossEntropy as never, optimizer: new Adam(model) });
  const before = trainer.stateDict();
  const thrown = thrownBy(() => trainer.loadStateDict(training?.trainer as never));
  expect(thrown.message).toContain(name);
  expect(thrown).toSatisfy((error) => error instanceof RangeError || error instanceof TypeError);
  expect(trainer.stateDict()).toEqual(before);
}

function suite({ name, create }: Variant) {
  describe(`damaged model files [${name}]`, () => {
    it('layers before one that cannot be made are given back', () => checkGivenBack(create()));
    it.each(spoilt)('%s', (...row) => checkSpoilt(create(), row));
    it('all of them leave nothing in the memory of JavaScript', () => checkNothingHeld(create()));
    it.each<[string, string, (dict: Record<string, NamedArray>) => void]>([
      ['without a moment', 'mean', (dict) => delete dict['optimizer/0/mean']],
      [
        'without a parameter',
        'slots',
        (dict) => ['mean', 'square'].map((key) => delete dict[`optimizer/3/${key}`]),
      ],
      [
        'with a moment of another shape',
        'square',
        (dict) => {
          dict['optimizer/0/square'] = { data: new Float32Array(3), shape: [3] };
        },
      ],
    ])('an optimizer %s', (_, name, edit) => checkOptimizer(create(), name, edit));
  });
}

variants.forEach(suite);
