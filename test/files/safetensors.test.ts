import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type NamedArray, readSafetensors, writeSafetensors } from '../../src/files/index.js';
import { externalData, missing } from '../helpers/external-data.js';
import { expectRefusal } from '../helpers/refusals.js';

/** A file made by hand: any header, any declared length, any body. */
function fileOf(header: unknown, body: ArrayLike<number> = [], declared?: bigint): Uint8Array {
  const text = header instanceof Uint8Array ? header : new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + body.length);
  new DataView(file.buffer).setBigUint64(0, declared ?? BigInt(text.length), true);
  file.set(text, 8);
  file.set(body, 8 + text.length);
  return file;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

function expectBytes(name: string, actual: ArrayBufferView, expected: ArrayBufferView): void {
  expect(Buffer.compare(bytesOf(actual), bytesOf(expected)), `bytes of ${name}`).toBe(0);
}

/** Extreme values of each kind, six of them. */
const KINDS: Record<string, NamedArray['data']> = {
  F32: Float32Array.of(Number.NaN, -0, 1e-45, 3.4028234663852886e38, Number.NEGATIVE_INFINITY, 0.1),
  F64: Float64Array.of(Number.NaN, -0, 5e-324, 1.7976931348623157e308, Number.NEGATIVE_INFINITY, 0.1),
  I8: Int8Array.of(-128, 127, 0, -1, 1, 2),
  U8: Uint8Array.of(0, 255, 1, 2, 3, 4),
  I16: Int16Array.of(-32768, 32767, 0, -1, 1, 2),
  U16: Uint16Array.of(0, 65535, 1, 2, 3, 4),
  I32: Int32Array.of(-2147483648, 2147483647, 0, -1, 1, 2),
  U32: Uint32Array.of(0, 4294967295, 1, 2, 3, 4),
  I64: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 0n, -1n, 1n, 2n),
  U64: BigUint64Array.of(0n, 2n ** 64n - 1n, 1n, 2n, 3n, 4n),
};

const NAMES = [
  'weight_ih_l0',
  '0.weight_hh_l1_reverse',
  '',
  ' ',
  '__proto__',
  'constructor',
  'toString',
  'a"b\\c\n\u0000',
  'ä€😀\u2028',
  'carried/0/h',
  'x'.repeat(10_000),
];

function expectSame(actual: Record<string, NamedArray>, expected: Record<string, NamedArray>): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, { data, shape }] of Object.entries(expected)) {
    const found = Object.getOwnPropertyDescriptor(actual, name);
    const { data: came, shape: size }: NamedArray = found?.value ?? expect.fail(name);
    expect(came.constructor, name).toBe(data.constructor);
    expect(size, name).toEqual(shape);
    expectBytes(name, came, data);
  }
}

function everyKind(): Record<string, NamedArray> {
  const shapes = [[6], [2, 3], [1, 6, 1], [3, 2, 1, 1]];
  return Object.fromEntries(
    Object.entries(KINDS).map(([kind, data], n) => [kind, { data, shape: shapes[n % 4] }]),
  );
}

describe('safetensors, written and read', () => {
  it('every kind', () => expectSame(readSafetensors(writeSafetensors(everyKind())).tensors, everyKind()));

  it.each([[[]], [[1]], [[0]], [[3, 0, 2]], [[0, 2 ** 53 - 1]], [[1, 1, 1, 1, 1, 1, 1, 1, 1]]])(
    'shape [%s]',
    (shape) => {
      const size = shape.reduce((product, extent) => product * extent, 1);
      const tensors = {
        a: { data: new Float32Array(size).fill(7), shape },
        b: { data: new BigInt64Array(size).fill(7n), shape },
        c: { data: new Uint8Array(size).fill(7), shape },
      };
      expectSame(readSafetensors(writeSafetensors(tensors)).tensors, tensors);
    },
  );

  it.each(NAMES.map((name) => [name.slice(0, 20), name]))('the name %j', (_, name) => {
    const array = { data: Float32Array.of(1, 2), shape: [2] };
    const metadata = Object.fromEntries([[name, 'ä€😀']]);
    const read = readSafetensors(writeSafetensors(Object.fromEntries([[name, array]]), metadata));
    expectSame(read.tensors, Object.fromEntries([[name, array]]));
    expect(Object.entries(read.metadata)).toEqual([[name, 'ä€😀']]);
  });

  it('nothing', () => {
    expect(readSafetensors(writeSafetensors({}))).toEqual({ tensors: {}, metadata: {} });
    expect(readSafetensors(fileOf({}))).toEqual({ tensors: {}, metadata: {} });
  });

  it('the same bytes for the same content, and for what was read', () => {
    const bytes = writeSafetensors(everyKind(), { b: '2', a: '1' });
    expectBytes('the same content', writeSafetensors(everyKind(), { b: '2', a: '1' }), bytes);
    const { tensors, metadata } = readSafetensors(bytes);
    expectBytes('what was read', writeSafetensors(tensors, metadata), bytes);
  });

  it('arrays begin at a multiple of their element and leave no holes', () => {
    const bytes = writeSafetensors(
      { odd: { data: Uint8Array.of(1, 2, 3), shape: [3] }, ...everyKind() },
      { a: 'x' },
    );
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    const { __metadata__: metadata, ...entries } = header;
    expect(metadata).toEqual({ a: 'x' });
    const spans: { from: number; to: number }[] = [];
    for (const [name, { dtype, data_offsets: offsets }] of Object.entries<Record<string, never>>(entries)) {
      expect(dtype).toBe(name === 'odd' ? 'U8' : name);
      expect((8 + length + offsets[0]) % KINDS[dtype].BYTES_PER_ELEMENT, name).toBe(0);
      spans.push({ from: offsets[0], to: offsets[1] });
    }
    spans.sort((a, b) => a.from - b.from);
    spans.forEach(({ from }, n) => expect(from).toBe(spans[n - 1]?.to ?? 0));
    expect(spans.at(-1)?.to).toBe(bytes.length - 8 - length);
  });

  it('a view of a larger buffer writes its own part', () => {
    const data = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
    const { tensors } = readSafetensors(writeSafetensors({ a: { data, shape: [2] } }));
    expect([...tensors.a.data]).toEqual([1, 2]);
  });
});

describe('safetensors read from', () => {
  const expected = everyKind();
  const bytes = writeSafetensors(expected, { a: 'x' });
  const shifted = new Uint8Array(bytes.length + 8).subarray(3, 3 + bytes.length);
  shifted.set(bytes);
  const pooled = Buffer.from(bytes);
  it.each<[string, Uint8Array | ArrayBuffer]>([
    ['an ArrayBuffer', bytes.slice().buffer],
    ['an odd place', shifted],
    ['a Buffer', pooled],
    ['a part of a Buffer', Buffer.concat([Buffer.alloc(5), pooled]).subarray(5)],
  ])('%s are copies', (_, source) => {
    const { tensors, metadata } = readSafetensors(source);
    expectSame(tensors, expected);
    expect(metadata).toEqual({ a: 'x' });
    (ArrayBuffer.isView(source) ? source : new Uint8Array(source)).fill(0);
    expectSame(tensors, expected);
    for (const { data } of Object.values(tensors)) expect(data.buffer.byteLength).toBe(data.byteLength);
  });
});

/** IEEE 754 binary formats by their definition, in double precision. */
function decode(bits: number, exponentBits: number, fractionBits: number): number {
  const sign = bits >> (exponentBits + fractionBits) ? -1 : 1;
  const exponent = (bits >> fractionBits) & (2 ** exponentBits - 1);
  const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1)
    return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias);
  return sign * (1 + fraction) * 2 ** (exponent - bias);
}

describe('half precision', () => {
  const all = Uint16Array.from({ length: 65_536 }, (_, n) => n);
  it.each([
    ['F16', 5, 10],
    ['BF16', 8, 7],
  ])('%s: all 65,536 patterns', (dtype, exponentBits, fractionBits) => {
    const header = { w: { dtype, shape: [256, 256], data_offsets: [0, 131_072] } };
    const { data, shape } = readSafetensors(fileOf(header, bytesOf(all))).tensors.w;
    expect(shape).toEqual([256, 256]);
    expect(data).toBeInstanceOf(Float32Array);
    const wrong = all.find((bits) => !Object.is(data[bits], decode(bits, exponentBits, fractionBits)));
    expect(wrong).toBeUndefined();
  });

  it('BOOL is bytes', () => {
    const { tensors } = readSafetensors(
      fileOf({ b: { dtype: 'BOOL', shape: [3], data_offsets: [0, 3] } }, [1, 0, 1]),
    );
    expect(tensors.b.data).toEqual(Uint8Array.of(1, 0, 1));
  });
});

const entry = (more: Record<string, unknown> = {}) => ({
  dtype: 'F32',
  shape: [1],
  data_offsets: [0, 4],
  ...more,
});
const good = { before: { ...entry({ data_offsets: [4, 8] }) } };
const invalidText = Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d);

const damaged: [what: string, file: Uint8Array, message: RegExp][] = [
  ['nothing', new Uint8Array(0), /at least 8 bytes, got 0/],
  ['seven bytes', new Uint8Array(7), /at least 8 bytes, got 7/],
  ['a header of no bytes', new Uint8Array(8), /header/],
  ['a header longer than the file', fileOf({}, [], 3n), /header of 3 bytes, .* 10:/],
  ['a header of 2^63 bytes', fileOf({}, [], 2n ** 63n), /header of .* bytes/],
  ['a header of 2^64 - 1 bytes', fileOf({}, [], 2n ** 64n - 1n), /header of .* bytes/],
  ['no JSON', fileOf(new TextEncoder().encode('{"a":')), /not JSON/],
  ['text that is not UTF-8', fileOf(invalidText), /not JSON/],
  [
    'PyTorch',
    new TextEncoder().encode('PK\u0003\u0004 archive/data.pkl and so on'),
    /a zip archive, as PyTorch/,
  ],
  ...[null, [], 3, 'a', true].map((header): [string, Uint8Array, RegExp] => [
    `${JSON.stringify(header)} for a header`,
    fileOf(header),
    /header/,
  ]),
  ...[null, 3, 'a', [], {}].map((one): [string, Uint8Array, RegExp] => [
    `${JSON.stringify(one)} for a tensor`,
    fileOf({ ...good, 'a.b': one }, new Uint8Array(8)),
    /"a\.b" expected \{ dtype, shape, data_offsets \}/,
  ]),
  ...(
    [
      ['no dtype', { dtype: undefined }, /expected \{ dtype/],
      ['a number for dtype', { dtype: 32 }, /expected \{ dtype/],
      ['an unknown dtype', { dtype: 'F8_E4M3' }, /unknown dtype F8_E4M3/],
      ['a dtype of Object', { dtype: 'toString' }, /unknown dtype toString/],
      ['a dtype of __proto__', { dtype: '__proto__' }, /unknown dtype __proto__/],
      ['no shape', { shape: undefined }, /expected \{ dtype/],
      ['text in the shape', { shape: ['1'] }, /expected \{ dtype/],
      ['a negative size', { shape: [-1] }, /expected \{ dtype/],
      ['two negative sizes', { shape: [-1, -1] }, /expected \{ dtype/],
      ['half a row', { shape: [0.5, 2] }, /expected \{ dtype/],
      ['a size of 2^53', { shape: [2 ** 53] }, /expected \{ dtype/],
      ['sizes of 2^124', { shape: Array(4).fill(2 ** 31) }, /bytes, got 4/],
      ['sizes without end times 0', { shape: [...Array(40).fill(2 ** 50), 0] }, /bytes, got 4/],
      ['one value too many', { shape: [2] }, /expected 2 \* 4 = 8 bytes, got 4/],
      ['one value too few', { shape: [0] }, /expected 0 \* 4 = 0 bytes, got 4/],
      ['no offsets', { data_offsets: undefined }, /expected \{ dtype/],
      ['one offset', { data_offsets: [4] }, /8 bytes, got 4:/],
      ['three offsets', { data_offsets: [0, 4, 8] }, /8 bytes, got 0 to 4 to 8:/],
      ['negative offsets', { data_offsets: [-4, 0] }, /expected \{ dtype/],
      ['offsets backwards', { data_offsets: [4, 0] }, /8 bytes, got 4 to 0:/],
      ['an end beyond the file', { shape: [2], data_offsets: [4, 12] }, /8 bytes, got 4 to 12:/],
      ['a beginning beyond the file', { data_offsets: [12, 16] }, /8 bytes, got 12 to 16:/],
      ['huge offsets', { data_offsets: [2 ** 52, 2 ** 52 + 4] }, /within 8 bytes, got /],
      ['offsets of 1e300', { data_offsets: [0, 1e300] }, /expected \{ dtype/],
      ['an overlap', { shape: [2], data_offsets: [0, 8] }, /overlaps/],
      ['an overlap of one byte', { dtype: 'U8', shape: [5], data_offsets: [0, 5] }, /overlaps/],
    ] as [string, Record<string, unknown>, RegExp][]
  ).map(([what, more, message]): [string, Uint8Array, RegExp] => [
    what,
    fileOf({ ...good, 'a.b': entry(more) }, new Uint8Array(8)),
    new RegExp(`"(a\\.b|before)".*${message.source}`),
  ]),
  ...[3, 'text', ['a'], { a: 3 }, { a: null }, { a: { b: 'c' } }].map(
    (metadata): [string, Uint8Array, RegExp] => [
      `${JSON.stringify(metadata)} for metadata`,
      fileOf({ __metadata__: metadata, ...good }, new Uint8Array(8)),
      /metadata/,
    ],
  ),
];

describe('safetensors, damaged', () => {
  it.each(damaged)('%s', (_, file, message) =>
    expectRefusal(() => readSafetensors(file), RangeError, message),
  );

  it('cut anywhere', () => {
    const whole = writeSafetensors({ w: { data: new Float32Array(3), shape: [3] } }, { a: 'x' });
    for (let length = 0; length < whole.length; length++) {
      expectRefusal(() => readSafetensors(whole.slice(0, length)), RangeError, /safetensors/);
    }
  });
});

const MODEL = 'models/silero-vad';

describe('a model that others wrote', () => {
  it('voice activity detection', ({ skip }) => {
    const folder = externalData(MODEL);
    if (folder === undefined) return skip(missing(MODEL));
    const files = readdirSync(folder).filter((name) => name.endsWith('.safetensors'));
    expect(files.length).toBeGreaterThan(0);
    for (const name of files) {
      const { tensors } = readSafetensors(readFileSync(join(folder, name)));
      const shapes = Object.entries(tensors).map(([key, { shape }]) => [key, shape] as const);
      const [, hidden] = shapes.find(([key]) => key.endsWith('weight_hh'))?.[1] ?? expect.fail(name);
      const wanted = {
        weight_ih: [4 * hidden, hidden],
        weight_hh: [4 * hidden, hidden],
        bias_ih: [4 * hidden],
      };
      for (const [end, shape] of Object.entries(wanted))
        expect(shapes.find(([key]) => key.endsWith(end))?.[1]).toEqual(shape);
      for (const { data } of Object.values(tensors))
        expect(data.every((value) => Math.abs(Number(value)) < 1e4)).toBe(true);
      const written = writeSafetensors(tensors);
      expectSame(readSafetensors(written).tensors, tensors);
      expectBytes(name, writeSafetensors(readSafetensors(written).tensors), written);
    }
  });
});
