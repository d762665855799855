import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Runtime, Tensor } from '../../src/index.js';
import { externalData, missing } from '../helpers/external-data.js';
import { type KerasInput, type KerasLayer, runKeras } from '../helpers/keras/layer.js';
import { expectClose } from '../helpers/onnx/close.js';
import { type Variant, variants } from '../helpers/variants.js';

const FOLDER = 'models/keras-js';
const TOLERANCE = 1e-5;

type Config = Omit<KerasLayer, 'weights'>;
type Stored = { data: number[]; shape: number[] };

/** What the fixtures of github.com/transcranial/keras-js (Keras 2) do not say: each file's layers, in order. */
function recurrentConfigs(kind: KerasLayer['kind']): Config[] {
  const gated = kind === 'SimpleRNN' ? {} : { recurrent_activation: 'hard_sigmoid' as const };
  const flags = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => ({
    return_sequences: (bits & 1) > 0,
    go_backwards: (bits & 2) > 0,
    stateful: (bits & 4) > 0,
  }));
  const plain = flags.map((flag): Config => ({ kind, keras: 2, ...gated, ...flag }));
  const sigmoids: Config = { kind, keras: 2, activation: 'sigmoid', recurrent_activation: 'sigmoid' };
  return [plain[0], sigmoids, ...plain.slice(1)];
}

const BIDIRECTIONAL: Config[] = [
  { kind: 'SimpleRNN', keras: 2, merge_mode: 'sum' },
  { kind: 'SimpleRNN', keras: 2, merge_mode: 'mul' },
  { kind: 'SimpleRNN', keras: 2, merge_mode: 'concat' },
  { kind: 'SimpleRNN', keras: 2, merge_mode: 'ave' },
  { kind: 'SimpleRNN', keras: 2, merge_mode: 'concat', return_sequences: true },
  {
    kind: 'GRU',
    keras: 2,
    recurrent_activation: 'hard_sigmoid',
    merge_mode: 'concat',
    return_sequences: true,
  },
  {
    kind: 'LSTM',
    keras: 2,
    recurrent_activation: 'hard_sigmoid',
    merge_mode: 'concat',
    return_sequences: true,
  },
  { kind: 'SimpleRNN', keras: 2, merge_mode: 'sum', return_sequences: true },
];

const FILES: [string, string, Config[]][] = [
  ['LSTM.json', 'recurrent.LSTM', recurrentConfigs('LSTM')],
  ['GRU.json', 'recurrent.GRU', recurrentConfigs('GRU')],
  ['SimpleRNN.json', 'recurrent.SimpleRNN', recurrentConfigs('SimpleRNN')],
  ['Bidirectional.json', 'wrappers.Bidirectional', BIDIRECTIONAL],
];

const cases = FILES.flatMap(([file, prefix, configs]) =>
  configs.map((config, n) => ({ file, name: `${prefix}.${n}`, config })),
);

const single = ({ data, shape }: Stored): Tensor => ({ data: Float32Array.from(data), shape });

function check(layer: KerasLayer, given: KerasInput, expected: Stored, runtime: Runtime): void {
  const { data, shape } = runKeras(layer, given, runtime);
  expect(shape).toEqual(expected.shape);
  expectClose('output', data, expected.data, TOLERANCE);
}

interface Fixture {
  input: Stored;
  weights: Stored[];
  expected: Stored;
}

/** Of Keras 3, written by vectors/make_keras.py. */
interface OwnFixture extends Fixture {
  name: string;
  config: Config;
  mask?: Stored;
  states?: Stored[];
}

const own = JSON.parse(
  readFileSync(new URL('../vectors/keras.json', import.meta.url), 'utf8'),
) as OwnFixture[];

function suite({ name, create }: Variant) {
  describe(`Keras 2, by keras-js [${name}]`, () => {
    it.for(cases)('$name', ({ file, name, config }, { skip }) => {
      const folder = externalData(FOLDER);
      if (folder === undefined) return skip(missing(FOLDER));
      const fixtures = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Record<string, Fixture>;
      const { input, weights, expected } = fixtures[name];
      check({ ...config, weights: weights.map(single) }, { input: single(input) }, expected, create());
    });
  });

  describe(`Keras 3 [${name}]`, () => {
    it.each(own)('$name', ({ config, input, weights, mask, states, expected }) => {
      const given = {
        input: single(input),
        ...(mask && { mask: single(mask) }),
        ...(states && { states: states.map(single) }),
      };
      check({ ...config, weights: weights.map(single) }, given, expected, create());
    });
  });
}

variants.forEach(suite);
