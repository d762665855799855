import { describe, expect, it } from 'vitest';
import { readWav } from '../../src/data/index.js';

type Write = (view: DataView, at: number, x: number) => void;

const bytesOf = (text: string) => [...text].map((c) => c.charCodeAt(0));
const u16 = (x: number) => [x & 255, x >> 8];
const u32 = (x: number) => [...u16(x & 0xffff), ...u16(x >>> 16)];
const GUID = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

const chunk = (id: string, bytes: readonly number[], size = bytes.length) => [
  ...bytesOf(id),
  ...u32(size),
  ...bytes,
  ...(bytes.length % 2 ? [0] : []),
];

/** A format chunk; by default of one channel. */
function fmt(tag: number, bits: number, given: { channels?: number; align?: number; rate?: number } = {}) {
  const { channels = 1, rate = 8000 } = given;
  const { align = (channels * bits) / 8 } = given;
  return chunk('fmt ', [
    ...u16(tag),
    ...u16(channels),
    ...u32(rate),
    ...u32(rate * align),
    ...u16(align),
    ...u16(bits),
  ]);
}

function riff(...chunks: readonly number[][]): Uint8Array<ArrayBuffer> {
  const all = chunks.flat();
  return Uint8Array.from([...bytesOf('RIFF'), ...u32(4 + all.length), ...bytesOf('WAVE'), ...all]);
}

function samplesOf(values: readonly number[], bytes: number, write: Write): number[] {
  const view = new DataView(new ArrayBuffer(values.length * bytes));
  for (const [n, x] of values.entries()) write(view, n * bytes, x);
  return [...new Uint8Array(view.buffer)];
}

const monoOf = async (bytes: Uint8Array) => [...(await readWav(bytes)).mono];

const SAMPLES = [0, 0.5, -0.5, 0.25, -1, 0.125];

const FORMATS: [name: string, tag: number, bits: number, Write][] = [
  ['PCM of 8 bits', 1, 8, (view, at, x) => view.setUint8(at, 128 + x * 128)],
  ['PCM of 16 bits', 1, 16, (view, at, x) => view.setInt16(at, x * 2 ** 15, true)],
  [
    'PCM of 24 bits',
    1,
    24,
    (view, at, x) => {
      view.setUint16(at, (x * 2 ** 23) & 0xffff, true);
      view.setInt8(at + 2, (x * 2 ** 23) >> 16);
    },
  ],
  ['PCM of 32 bits', 1, 32, (view, at, x) => view.setInt32(at, x * 2 ** 31, true)],
  ['floats of 32 bits', 3, 32, (view, at, x) => view.setFloat32(at, x, true)],
  ['floats of 64 bits', 3, 64, (view, at, x) => view.setFloat64(at, x, true)],
];

describe('readWav', () => {
  it.each(FORMATS)('reads %s exactly', async (_, tag, bits, write) => {
    const data = chunk('data', samplesOf(SAMPLES, bits / 8, write));
    const plain = riff(fmt(tag, bits), data);
    const { sampleRate, channels, mono } = await readWav(plain);
    expect([sampleRate, channels.length]).toEqual([8000, 1]);
    expect([...mono]).toEqual(SAMPLES);
    expect([...(channels[0] as Float32Array)]).toEqual(SAMPLES);

    const head = [...u16(0xfffe), ...fmt(tag, bits).slice(10), ...u16(22), ...u16(bits), ...u32(4)];
    const extensible = riff(chunk('fmt ', [...head, ...u16(tag), ...GUID]), data);
    expect(await monoOf(extensible), 'extensible').toEqual(SAMPLES);

    const inside = new Uint8Array(plain.length + 9).fill(99);
    inside.set(plain, 3);
    expect(await monoOf(inside.subarray(3, 3 + plain.length)), 'part of an array').toEqual(SAMPLES);
  });

  it('scales 8 bits by 128 on both sides', async () => {
    expect(await monoOf(riff(fmt(1, 8), chunk('data', [192, 0, 255])))).toEqual([0.5, -1, 127 / 128]);
  });

  // The sums are those of Python's audioop.alaw2lin and ulaw2lin over all bytes, weighted by 1 to 256.
  it.each([
    ['A-law', 6, [-5504, -16896, -504, -1696, 2240, 14592, 184], 100139008],
    ['µ-law', 7, [-32124, -6652, -1244, -132, 13948, 2748, 428], 98107392],
  ])('reads %s as G.711 says', async (_, tag, some, sum) => {
    const all = Array.from({ length: 256 }, (_, n) => n);
    const mono = (await monoOf(riff(fmt(tag, 8), chunk('data', all)))).map((x) => x * 32768);
    expect(all.filter((n) => n % 37 === 0).map((n) => mono[n])).toEqual(some);
    expect(mono.reduce((total, x, n) => total + x * (n + 1), 0)).toBe(sum);
  });

  it('of two channels, and their mean', async () => {
    const [, tag, bits, write] = FORMATS[4] as (typeof FORMATS)[number];
    const bytes = riff(fmt(tag, bits, { channels: 2 }), chunk('data', samplesOf(SAMPLES, 4, write)));
    const { channels, mono } = await readWav(bytes);
    expect(channels.map((channel) => [...channel])).toEqual([
      [0, -0.5, -1],
      [0.5, 0.25, 0.125],
    ]);
    expect([...mono]).toEqual([0.25, -0.125, -0.4375]);
  });

  const data = chunk('data', [0, 0, 0, 0x40, 0, 0x80]);
  const expected = [0, 0.5, -1];

  it.each([
    ['an odd chunk with its pad byte', riff(fmt(1, 16), chunk('junk', [1, 2, 3]), data)],
    ['a chunk before the format', riff(chunk('LIST', [1]), fmt(1, 16), data)],
    ['chunks after the samples', riff(fmt(1, 16), data, chunk('LIST', [1, 2, 3]))],
    ['samples before the format', riff(data, fmt(1, 16))],
    ['half a sample at the end', riff(fmt(1, 16), chunk('data', [0, 0, 0, 0x40, 0, 0x80, 7]))],
    ['a file that ends early', riff(fmt(1, 16), chunk('data', [0, 0, 0, 0x40, 0, 0x80], 4_000_000_000))],
    [
      'a streamed file of unknown size',
      riff(fmt(1, 16), chunk('data', [0, 0, 0, 0x40, 0, 0x80], 0xffffffff)),
    ],
    [
      'a streamed file whose sizes were never filled in',
      riff(fmt(1, 16), chunk('data', [0, 0, 0, 0x40, 0, 0x80], 0)).fill(0, 4, 8),
    ],
  ])('of %s', async (_, bytes) => {
    expect(await monoOf(bytes)).toEqual(expected);
  });

  it('of a Blob, a File, a Response and shared memory', async () => {
    const bytes = riff(fmt(1, 16), data);
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    for (const source of [new Blob([bytes]), new File([bytes], 'a.wav'), new Response(bytes), shared])
      expect([...(await readWav(source)).mono]).toEqual(expected);
  });

  it('allocates no more than its samples need, whatever the sizes claim', async () => {
    // IMA with no channels never ended in an earlier reader; 4 kB became 305 MiB.
    const hostile = [
      fmt(17, 4, { channels: 0 }),
      fmt(1, 8, { channels: 65535 }),
      fmt(1, 16, { channels: 2, align: 1 }),
    ];
    for (const format of hostile) {
      const bytes = riff(format, chunk('data', new Array(4096).fill(1), 0xfffffffe));
      await expect(readWav(bytes)).rejects.toThrow(RangeError);
    }
  });

  it('never reads outside its bytes, wherever they are cut or changed', async () => {
    const valid = riff(
      fmt(1, 16, { channels: 2 }),
      chunk('junk', [1, 2, 3]),
      chunk('data', new Array(24).fill(0x11)),
    );
    const memory = new Uint8Array(valid.length + 64).fill(0x7f);
    let [read, refused] = [0, 0];
    for (let n = 0; n < 2000; n++) {
      const length = n % (valid.length + 1);
      const part = memory.subarray(32, 32 + length);
      part.set(valid.subarray(0, length));
      // A multiplicative hash, for the same changes in every run.
      if (n > valid.length && length > 0) part[(Math.imul(n, 0x9e3779b1) % length) >>> 0] = (n * 37) & 255;
      const wav = await readWav(part).catch((error: Error) => {
        expect(error).toBeInstanceOf(RangeError);
        refused++;
      });
      if (!wav) continue;
      read++;
      expect(wav.channels.every((channel) => channel.every((x) => x !== 0x7f7f / 32768))).toBe(true);
    }
    expect(read).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(100);
  });
});

const ofEncoding = (tag: number, bits: number) => () =>
  readWav(riff(fmt(tag, bits), chunk('data', [1, 2, 3, 4])));
const starting = (text: string) => () =>
  readWav(Uint8Array.from([...bytesOf(text), ...new Array(20).fill(0)]));

const refused: [what: string, act: () => unknown, error: typeof TypeError, message: RegExp][] = [
  ['text for bytes', () => readWav('RIFF' as never), TypeError, /^bytes expected a Uint8Array.* got "RIFF"$/],
  ['a failed response', () => readWav(new Response('', { status: 404 })), RangeError, /^bytes .*status 404$/],
  ['bytes of no WAV', () => readWav(new Uint8Array(99)), RangeError, /^bytes expected a WAV .*other bytes/],
  ['no bytes', () => readWav(new Uint8Array(0)), RangeError, /^bytes expected a WAV file.* got no bytes/],
  ['a header alone', () => readWav(riff()), RangeError, /"fmt " chunk, got none/],
  ['a format that is cut', () => readWav(riff(fmt(1, 16)).subarray(0, 30)), RangeError, /16 bytes, got 10$/],
  ['no data chunk', () => readWav(riff(fmt(1, 16))), RangeError, /^bytes expected samples.*without a "data"/],
  ['no samples', () => readWav(riff(fmt(1, 16), chunk('data', []))), RangeError, /^bytes expected samples/],
  [
    'a frame size that contradicts its channels',
    () => readWav(riff(fmt(1, 16, { channels: 2, align: 1 }), chunk('data', [1, 2, 3, 4]))),
    RangeError,
    /blockAlign = channels \* bits \/ 8 = 2 \* 16 \/ 8 = 4, got 1$/,
  ],
  ['no channels', () => readWav(riff(fmt(1, 16, { channels: 0 }))), RangeError, /1 to 256 channels, got 0$/],
  ['a rate of 0', () => readWav(riff(fmt(1, 16, { rate: 0 }))), RangeError, /sample rate above 0, got 0$/],
  ['Microsoft ADPCM', ofEncoding(2, 4), RangeError, /got Microsoft ADPCM of 4 bits$/],
  ['IMA ADPCM', ofEncoding(17, 4), RangeError, /got IMA ADPCM of 4 bits$/],
  ['MP3', ofEncoding(85, 0), RangeError, /got MP3 of 0 bits$/],
  ['an unknown encoding', ofEncoding(0x1234, 16), RangeError, /got encoding 0x1234 of 16 bits$/],
  ['PCM of 12 bits', ofEncoding(1, 12), RangeError, /got PCM of 12 bits$/],
  ['floats of 16 bits', ofEncoding(3, 16), RangeError, /got floats of 16 bits$/],
  [
    'an extensible format of another identifier',
    () => readWav(riff(chunk('fmt ', [...u16(0xfffe), ...fmt(1, 16).slice(10), ...new Array(24).fill(9)]))),
    RangeError,
    /extensible format with an unknown identifier$/,
  ],
  ['a large file', starting('RF64'), RangeError, /got an RF64 file/],
  ['Ogg', starting('OggS'), RangeError, /got an Ogg file: .*decodeAudioData/],
  ['MP4', starting('\0\0\0 ftypM4A '), RangeError, /got an MP4 file/],
  ['WebM', starting('\x1aE\xdf\xa3'), RangeError, /got a WebM or Matroska file/],
];

describe('what readWav refuses', () => {
  it.each(refused)('%s', async (_, act, error, message) => {
    const thrown = await Promise.resolve(act()).then(
      () => expect.fail('nothing was thrown'),
      (reason: Error) => reason,
    );
    expect(thrown.constructor, String(thrown)).toBe(error);
    expect(thrown.message).toMatch(message);
  });

  it('bytes that were transferred elsewhere', async () => {
    const bytes = riff(fmt(1, 16), chunk('data', [1, 2]));
    structuredClone(bytes, { transfer: [bytes.buffer] });
    await expect(readWav(bytes)).rejects.toThrow(/^bytes expected bytes, got a detached buffer/);
  });
});
