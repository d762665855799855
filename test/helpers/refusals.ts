import { expect, it } from 'vitest';
import {
  Activation,
  Dropout,
  Embedding,
  type Layer,
  Linear,
  LSTM,
  RNN,
  type Runtime,
  Sequential,
  type Tensor,
} from '../../src/index.js';
import { expectAllBits, IDS, ids, tensor } from './bits.js';
import type { Variant } from './variants.js';

/** What is done wrong, how, the class of the error exactly, and its message. */
export type Row = [what: string, act: (s: Subjects) => unknown, error: ErrorClass, message: RegExp];

type ErrorClass = new (message?: string) => Error;

/** One of everything, in one runtime. */
export interface Subjects {
  readonly runtime: Runtime;
  /** Another one, with a memory of its own. */
  readonly other: Runtime;
  readonly lstm: LSTM;
  readonly rnn: RNN;
  readonly linear: Linear;
  readonly embedding: Embedding;
  readonly dropout: Dropout;
  readonly activation: Activation;
  readonly model: Sequential;
}

function subjects({ create }: Variant): Subjects {
  const runtime = create();
  return {
    runtime,
    other: create(),
    lstm: new LSTM(3, 5, { numLayers: 2, runtime }),
    rnn: new RNN(3, 5, { runtime }),
    linear: new Linear(3, 5, { runtime }),
    embedding: new Embedding(IDS, 3, { runtime }),
    dropout: new Dropout(0.5, { runtime }),
    activation: new Activation('tanh', { runtime }),
    model: new Sequential(
      new Embedding(IDS, 3, { runtime }),
      new LSTM(3, 5, { runtime }),
      new Linear(5, 4, { runtime }),
    ),
  };
}

/** What an argument is not, for a parameter of any kind: TypeScript would refuse it. */
export function bad(value: unknown): never {
  return value as never;
}

export function zeros(...shape: number[]): Tensor {
  return { data: new Float32Array(shape.reduce((product, extent) => product * extent, 1)), shape };
}

/** Every layer's parameters, results and gradients. */
function fingerprint({ runtime: _, other: __, ...layers }: Subjects): Record<string, Float32Array> {
  const all: Record<string, Float32Array> = {};
  for (const [name, layer] of Object.entries(layers) as [string, Layer][]) {
    layer.zeroGrad();
    const ofIds = layer instanceof Embedding || layer instanceof Sequential;
    const input = ofIds ? ids('ids', 2, 4) : tensor('input', 2, 4, 3);
    const { output } = layer.forward(input, { record: true });
    const gradient = layer.backward({ output });
    all[`${name} output`] = output.data;
    if (gradient.input) all[`${name} input`] = gradient.input.data;
    for (const [key, parameter] of layer.parameters) {
      all[`${name} ${key}`] = parameter.read();
      all[`${name} gradient of ${key}`] = parameter.readGrad();
    }
  }
  return all;
}

export function thrownBy(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    return error as Error;
  }
  return expect.fail('nothing was thrown');
}

export function expectRefusal(act: () => unknown, error: ErrorClass, message: RegExp): void {
  const thrown = thrownBy(act);
  expect(thrown.constructor, String(thrown)).toBe(error);
  expect(thrown.message).toMatch(message);
}

/** A test for each row: the error, and then every layer as it was before, bit for bit. */
export function refuses(variant: Variant, rows: readonly Row[]): void {
  const s = subjects(variant);
  const before = fingerprint(s);
  it.each(rows)('%s', (_, act, error, message) => {
    expectRefusal(() => act(s), error, message);
    expectAllBits('afterwards', fingerprint(s), before);
  });
}

/** A test for each row of what touches no layer and no runtime. */
export function refusesAlone(rows: readonly Row[]): void {
  it.each(rows)('%s', (_, act, error, message) => expectRefusal(() => act({} as Subjects), error, message));
}

type Make = (s: Subjects, value: never) => unknown;

/** Rows for an argument that takes a whole number from 1 up. */
export function sizes(name: string, make: Make, where = `${name} of`): Row[] {
  const kind = new RegExp(`^${name} expected a whole number, got `);
  const range = (value: number) =>
    new RegExp(
      `^${name} expected a whole number from 1 to 2\\^30, got ${String(value).replace(/[+.]/g, '\\$&')}$`,
    );
  const kinds = ['3', true, [3], {}, 10n, () => 3];
  const values = [Number.NaN, 0, -1, 2.5, Number.POSITIVE_INFINITY, 2 ** 30 + 1, 2 ** 53];
  return [
    ...kinds.map((value): Row => [`${where} ${typeof value}`, (s) => make(s, bad(value)), TypeError, kind]),
    ...values.map(
      (value): Row => [`${where} ${value}`, (s) => make(s, bad(value)), RangeError, range(value)],
    ),
  ];
}

/** Rows for an argument that takes true or false. */
export function booleans(name: string, make: Make, where = `${name} of`): Row[] {
  const message = new RegExp(`^${name} expected true or false, got `);
  return ['true', 1, 0, {}].map((value) => [
    `${where} ${JSON.stringify(value)}`,
    (s) => make(s, bad(value)),
    TypeError,
    message,
  ]);
}

/** Rows for an argument that takes a number; `values` are numbers out of its range. */
export function numbers(
  name: string,
  make: Make,
  values: number[],
  range: string,
  where = `${name} of`,
): Row[] {
  const kind = new RegExp(`^${name} expected a number, got `);
  const escaped = range.replace(/[[\]()^+.]/g, '\\$&');
  const wrong = [...values, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  return [
    ...['1', true, [1], {}].map(
      (value): Row => [`${where} ${JSON.stringify(value)}`, (s) => make(s, bad(value)), TypeError, kind],
    ),
    ...wrong.map(
      (value): Row => [
        `${where} ${value}`,
        (s) => make(s, bad(value)),
        RangeError,
        new RegExp(`^${name} expected ${escaped}, got `),
      ],
    ),
  ];
}

/** Rows for the options of something, where `typo` is one letter away from the known `meant`. */
export function options(owner: string, make: Make, [typo, meant]: [string, string]): Row[] {
  const kind = new RegExp(`^${owner}: options expected an object, got `);
  const nearest = new RegExp(`^${owner}: unknown option "${typo}"; did you mean "${meant}"\\?$`);
  return [
    ...[null, 3, 'a', true, [], new Float32Array(1), () => 1].map(
      (value): Row => [
        `${owner} with ${describe(value)} for options`,
        (s) => make(s, bad(value)),
        TypeError,
        kind,
      ],
    ),
    [`${owner} with ${typo}`, (s) => make(s, bad({ [typo]: 1 })), TypeError, nearest],
    [
      `${owner} with an option like none`,
      (s) => make(s, bad({ qqqqqqqqqqqq: 1 })),
      TypeError,
      new RegExp(`^${owner}: unknown option "qqqqqqqqqqqq"; known: .*${meant}`),
    ],
  ];
}

/** Rows for an argument that takes a tensor; shapes are its own business. */
export function tensors(name: string, make: Make, where = `${name} of`): Row[] {
  const data = new Float32Array(6);
  const at = (part: string, rest: string) => new RegExp(`^${name}${part} expected ${rest}, got `);
  const array = at('', 'a tensor \\{ data: Float32Array, shape \\}');
  const sizesOf = at('\\.shape', 'an array of sizes');
  const wholes = at('\\.shape', 'whole numbers from 0 up');
  const wrong: [string, unknown, ErrorClass, RegExp][] = [
    ['a number', 3, TypeError, array],
    ['a string', 'abc', TypeError, array],
    ['a Float32Array', data, TypeError, array],
    ['an array', [1, 2, 3], TypeError, array],
    ['no shape', { data }, TypeError, array],
    ['no data', { shape: [2, 3] }, TypeError, array],
    [
      'Float64Array data',
      { data: new Float64Array(6), shape: [2, 3] },
      TypeError,
      at('\\.data', 'a Float32Array'),
    ],
    ['plain data', { data: [1, 2, 3, 4, 5, 6], shape: [2, 3] }, TypeError, at('\\.data', 'a Float32Array')],
    ['a number for shape', { data, shape: 6 }, TypeError, sizesOf],
    ['text in shape', { data, shape: ['2', 3] }, TypeError, sizesOf],
    ['NaN in shape', { data, shape: [Number.NaN, 3] }, RangeError, wholes],
    ['a negative size', { data, shape: [-2, -3] }, RangeError, wholes],
    ['half a row', { data, shape: [1.5, 4] }, RangeError, wholes],
    [
      'too few values',
      { data, shape: [4, 3] },
      RangeError,
      at('\\.data', '4 \\* 3 = 12 values for shape \\[4, 3\\]'),
    ],
    [
      'too many values',
      { data, shape: [1, 3] },
      RangeError,
      at('\\.data', '1 \\* 3 = 3 values for shape \\[1, 3\\]'),
    ],
    ['2^60 values', { data, shape: [2 ** 30, 2 ** 30] }, RangeError, at('\\.data', '.* values for shape .*')],
  ];
  return wrong.map(([what, value, error, message]) => [
    `${where} ${what}`,
    (s) => make(s, bad(value)),
    error,
    message,
  ]);
}

/** The message about a state of another shape. */
export function stateShape(name: string, shape: string, came: string): RegExp {
  return new RegExp(
    `^"${name}" expected shape \\[numLayers, batch, hiddenSize\\] = \\[${shape}\\], got \\[${came}\\]$`,
  );
}

function describe(value: unknown): string {
  return value === null
    ? 'null'
    : ArrayBuffer.isView(value)
      ? 'an array'
      : Array.isArray(value)
        ? '[]'
        : typeof value;
}
