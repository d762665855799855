import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { loadModel, readSafetensors, saveModel, writeSafetensors } from '../../src/files/index.js';
import { LSTM } from '../../src/index.js';
import { bad, expectRefusal, zeros } from '../helpers/refusals.js';

/** A file with this text for a header. */
function fileOf(header: string, body = 0): Uint8Array {
  const text = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + text.length + body);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  return file;
}

/** U8 tensors at these places, each under its name. */
const header = (...spans: [name: string, from: number, to: number][]) =>
  `{${spans
    .map(
      ([name, from, to]) =>
        `${JSON.stringify(name)}:{"dtype":"U8","shape":[${to - from}],"data_offsets":[${from},${to}]}`,
    )
    .join(',')}}`;

describe('safetensors covers its file, as the reference implementation demands', () => {
  it.each<[string, string, number, RegExp]>([
    ['a hole at the beginning', header(['a', 4, 8]), 8, /bytes 0 to 4 of the data belong to no tensor/],
    ['a hole', header(['a', 0, 3], ['b', 4, 8]), 8, /bytes 3 to 4 of the data belong to no tensor/],
    ['a byte after the last one', header(['a', 0, 8]), 9, /bytes 8 to 9 .* after the last one/],
    ['bytes and no tensor', '{}', 8, /bytes 0 to 8 /],
    ['bytes and metadata', '{"__metadata__":{"a":"b"}}', 1, /bytes 0 to 1 /],
    ['a name with two ranges', header(['a', 0, 4], ['a', 4, 8]), 8, /bytes 0 to 4 .*a name twice/],
    ['a name with two ranges, the last one first', header(['a', 4, 8], ['a', 0, 4]), 8, /bytes 4 to 8 /],
    ['one range with two names', header(['a', 0, 8], ['b', 0, 8]), 8, /"b" overlaps "a"/],
    ['nothing within another one', header(['a', 0, 8], ['b', 4, 4]), 8, /"b" overlaps "a"/],
  ])('%s', (_, text, body, message) =>
    expectRefusal(() => readSafetensors(fileOf(text, body)), RangeError, message),
  );

  it('takes empty tensors between others, and metadata that is null', () => {
    const spans = header(['c', 4, 8], ['b', 4, 4], ['a', 0, 4]);
    const { tensors, metadata } = readSafetensors(fileOf(`{"__metadata__":null,${spans.slice(1)}`, 8));
    expect(Object.keys(tensors)).toEqual(['c', 'b', 'a']);
    expect(metadata).toEqual({});
  });

  it('refuses overlaps before it copies anything', () => {
    const body = 1 << 20;
    const spans = Array.from({ length: 4000 }, (_, n): [string, number, number] => [`t${n}`, 0, body]);
    const file = fileOf(header(...spans), body);
    const before = process.memoryUsage().arrayBuffers;
    expectRefusal(() => readSafetensors(file), RangeError, /overlaps/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64e6);
  });
});

const bytes = (...start: (number | string)[]) =>
  Buffer.concat([
    ...start.map((one) => (typeof one === 'string' ? Buffer.from(one) : Buffer.of(one))),
    Buffer.alloc(80),
  ]);

it('bytes that were transferred are named', () => {
  for (const read of [readSafetensors, loadModel]) {
    const file = saveModel(new LSTM(1, 1));
    structuredClone(file, { transfer: [file.buffer] });
    for (const gone of [file, file.buffer])
      expectRefusal(() => read(gone), TypeError, /^bytes expected bytes, got a detached buffer/);
  }
});

describe('other formats are named', () => {
  it.each<[string, Uint8Array, RegExp]>([
    ['zip', bytes('PK\x03\x04'), /a zip archive, as PyTorch .* Keras/],
    ['an empty zip', Buffer.from('PK\x05\x06'), /a zip archive/],
    ['HDF5', bytes(0x89, 'HDF\r\n', 0x1a, '\n'), /an HDF5 file, as Keras/],
    ['pickle', bytes(0x80, 2, 'ctorch._utils'), /a Python pickle, as older PyTorch/],
    ['pickle with a frame', bytes(0x80, 4, 0x95, 1, 0), /a Python pickle/],
    ['gzip', gzipSync(writeSafetensors({})), /compressed with gzip: decompress it first/],
    [
      'gzip whose first bytes are a small number',
      bytes(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 'x'.repeat(600_000)),
      /gzip/,
    ],
    ['JSON', bytes('{"modelTopology": {}}'), /JSON text/],
    ['JSON, indented', Buffer.from('\ufeff[\n  {}\n]\n'), /JSON text/],
    ['JSON of three bytes', Buffer.from('[1]'), /JSON text/],
    ['NumPy', bytes(0x93, 'NUMPY'), /NumPy/],
    ['a web page', bytes('<!DOCTYPE html><title>404'), /a web page/],
    ['a pointer', bytes('version https://git-lfs.github.com/spec/v1'), /Git LFS pointer/],
    ['TensorFlow Lite', bytes(0x1c, 0, 0, 0, 'TFL3'), /TensorFlow Lite/],
  ])('%s', (_, file, message) => {
    expectRefusal(() => readSafetensors(file), RangeError, message);
    expectRefusal(() => loadModel(file), RangeError, message);
  });

  it('a file cut short is none of them', () => {
    for (const size of [640, 0x280, 0x58b, 9])
      expectRefusal(
        () => readSafetensors(fileOf(`{"a":${' '.repeat(size)}`).subarray(0, size)),
        RangeError,
        /truncated or of another format/,
      );
  });
});

describe('messages stay short, and quick, whatever they quote', () => {
  const long = 'x'.repeat(1_000_000);
  const many = (count: number) => Array.from({ length: count }, (_, n) => `name${n}`);
  const manyTensors = Object.fromEntries(many(10_000).map((name) => [name, zeros(1)]));
  const lstm = new LSTM(3, 4);
  it.each<[string, () => unknown]>([
    ['a long option', () => new LSTM(3, 4, bad({ [long]: 1 }))],
    ['a long value', () => new LSTM(3, 4, bad({ init: long }))],
    ['a value of many numbers', () => new LSTM(3, 4, bad({ init: Array(8).fill(long) }))],
    ['a bigint of many digits', () => new LSTM(3, 4, bad({ numLayers: 10n ** 100_000n }))],
    ['a long name in a state dict', () => lstm.loadStateDict({ [long]: zeros(1) })],
    ['a state dict of many names', () => LSTM.fromStateDict(manyTensors)],
    ['many unknown names', () => lstm.loadStateDict(manyTensors)],
    ['a shape of many axes', () => lstm.forward({ data: new Float32Array(1), shape: Array(1e6).fill(1) })],
    [
      'a shape of many wrong axes',
      () => lstm.forward({ data: new Float32Array(1), shape: Array(1e6).fill(-1) }),
    ],
    [
      'a long dtype',
      () => readSafetensors(fileOf(`{"a":{"dtype":"${long}","shape":[1],"data_offsets":[0,4]}}`, 4)),
    ],
    ['a long entry', () => readSafetensors(fileOf(`{"a":{"dtype":["${long}"],"shape":"${long}"}}`))],
    ['a deep entry', () => readSafetensors(fileOf(`{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`))],
    ['long names', () => readSafetensors(fileOf(header([long, 0, 8], [`${long}y`, 0, 8]), 8))],
    [
      'many offsets',
      () =>
        readSafetensors(fileOf(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[${Array(1e6).fill(1)}]}}`)),
    ],
    ['broken JSON', () => readSafetensors(fileOf(`{"${long}`))],
    ['a long name to write', () => writeSafetensors({ [long]: bad({ data: 3, shape: [1] }) })],
    ['long metadata', () => writeSafetensors({}, { [long]: bad(3) })],
    ['long metadata of a model', () => saveModel(lstm, { metadata: { [long]: bad(3) } })],
  ])('%s', (_, act) => {
    const begun = performance.now();
    let message = '';
    try {
      act();
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message.length).toBeGreaterThan(10);
    expect(message.length).toBeLessThan(600);
    expect(performance.now() - begun).toBeLessThan(4000);
  });
});
