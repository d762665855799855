/*
 * A reader for WAV files. It trusts no number in the file: every read goes through one DataView over the given bytes, which checks
 * bounds, and the number of samples follows from the bytes that are there, not from the sizes that the file claims.
 */

/** The sound in a WAV file, as `readWav` returns it. */
export interface Wav {
  /** Samples per second. */
  readonly sampleRate: number;
  /** The samples of each channel, from −1 to 1. */
  readonly channels: readonly Float32Array[];
  /** The mean of the channels. */
  readonly mono: Float32Array;
}

const PCM = 1;
const FLOAT = 3;
const A_LAW = 6;
const MU_LAW = 7;
const EXTENSIBLE = 0xfffe;

/** Encodings that are refused by name (mmreg.h). */
const OTHER_ENCODINGS: Readonly<Record<number, string>> = {
  0: 'an unknown encoding',
  2: 'Microsoft ADPCM',
  16: 'OKI ADPCM',
  17: 'IMA ADPCM',
  32: 'Yamaha ADPCM',
  49: 'GSM 6.10',
  64: 'G.721 ADPCM',
  80: 'MPEG audio',
  85: 'MP3',
  255: 'AAC',
  353: 'Windows Media Audio',
  8192: 'Dolby AC-3',
};

/** First bytes of other files with sound: offset, text, name. */
const OTHER_FILES: readonly (readonly [at: number, text: string, name: string])[] = [
  [0, 'RIFX', 'a big-endian RIFF file'],
  [0, 'RF64', 'an RF64 file, for more than 4 GiB'],
  [0, 'BW64', 'a BW64 file, for more than 4 GiB'],
  [0, 'RIFF', 'a RIFF file of another form, such as AVI or WebP'],
  [0, 'OggS', 'an Ogg file'],
  [0, 'fLaC', 'a FLAC file'],
  [0, 'FORM', 'an AIFF file'],
  [0, 'ID3', 'an MP3 file'],
  [0, '\xff\xfb', 'an MP3 file'],
  [0, '\xff\xf3', 'an MP3 file'],
  [0, '\xff\xf1', 'an AAC file'],
  [0, '\x1a\x45\xdf\xa3', 'a WebM or Matroska file'],
  [0, '.snd', 'an AU file'],
  [4, 'ftyp', 'an MP4 file'],
];

/** The rest of the identifier of an extensible format whose encoding is its first two bytes. */
const SUBFORMAT = '\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71';

/** More channels than any recording has; each one is an array of its own. */
const MOST_CHANNELS = 256;

/** Returns the sample at a byte. */
type Read = (at: number) => number;

interface Format {
  readonly channels: number;
  readonly sampleRate: number;
  /** Of one sample of one channel. */
  readonly sampleBytes: number;
  readonly read: Read;
}

/** @throws RangeError for anything but a WAV file of a known encoding with samples */
export function decodeWav(bytes: Uint8Array): Wav {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (textAt(view, 0, 4) !== 'RIFF' || textAt(view, 8, 4) !== 'WAVE') throw notWav(view);
  const { format, from, to } = findChunks(view);
  const { channels: count, sampleRate, sampleBytes, read } = format;
  const length = Math.floor((to - from) / (count * sampleBytes));
  if (length === 0) throw new RangeError('bytes expected samples, got a WAV file without any');
  const channels = Array.from({ length: count }, () => new Float32Array(length));
  const mono = new Float32Array(length);
  let at = from;
  for (let n = 0; n < length; n++) {
    let sum = 0;
    for (const channel of channels) {
      channel[n] = read(at);
      sum += channel[n] as number;
      at += sampleBytes;
    }
    mono[n] = sum / count;
  }
  return { sampleRate, channels, mono };
}

/** The format and the range of the samples. Each chunk is padded to an even number of bytes. */
function findChunks(view: DataView): { format: Format; from: number; to: number } {
  const end = view.byteLength;
  const isStreamed = isUnknownSize(view.getUint32(4, true));
  let format: Format | undefined;
  let samples: { from: number; to: number } | undefined;
  let at = 12;
  while (at + 8 <= end && !(format && samples)) {
    const id = textAt(view, at, 4);
    const size = view.getUint32(at + 4, true);
    const from = at + 8;
    if (id === 'fmt ' && !format) format = formatOf(view, from, Math.min(size, end - from));
    // A program that writes to a pipe cannot come back to fill in the size.
    const isOpen = isUnknownSize(size) && (size > 0 || isStreamed);
    if (id === 'data') samples ??= { from, to: isOpen ? end : Math.min(from + size, end) };
    at = from + size + (size % 2);
  }
  if (!format) throw new RangeError('bytes expected a WAV file with a "fmt " chunk, got none');
  if (!samples) throw new RangeError('bytes expected samples, got a WAV file without a "data" chunk');
  return { format, ...samples };
}

function isUnknownSize(size: number): boolean {
  return size === 0 || size === 0xffffffff;
}

/** Reads the format chunk, of which `size` bytes are there. */
function formatOf(view: DataView, at: number, size: number): Format {
  if (size < 16) throw wrongFormat('a "fmt " chunk of at least 16 bytes', size);
  const channels = view.getUint16(at + 2, true);
  const sampleRate = view.getUint32(at + 4, true);
  const blockAlign = view.getUint16(at + 12, true);
  const bits = view.getUint16(at + 14, true);
  const read = readerOf(view, encodingOf(view, at, size), bits);
  if (channels < 1 || channels > MOST_CHANNELS) throw wrongFormat(`1 to ${MOST_CHANNELS} channels`, channels);
  if (sampleRate === 0) throw wrongFormat('a sample rate above 0', 0);
  if (blockAlign !== (channels * bits) / 8)
    throw wrongFormat(
      `blockAlign = channels * bits / 8 = ${channels} * ${bits} / 8 = ${(channels * bits) / 8}`,
      blockAlign,
    );
  return { channels, sampleRate, sampleBytes: bits / 8, read };
}

function encodingOf(view: DataView, at: number, size: number): number {
  const tag = view.getUint16(at, true);
  if (tag !== EXTENSIBLE) return tag;
  if (size < 40) throw wrongFormat('an extensible "fmt " chunk of at least 40 bytes', size);
  if (textAt(view, at + 26, 14) === SUBFORMAT) return view.getUint16(at + 24, true);
  throw wrongFormat(ENCODINGS, 'an extensible format with an unknown identifier');
}

const ENCODINGS = 'PCM of 8, 16, 24 or 32 bits, floats of 32 or 64 bits, or A-law or µ-law of 8 bits';

/** How a sample is read. PCM of n bits is divided by 2^(n − 1). */
function readerOf(view: DataView, tag: number, bits: number): Read {
  const readers: Readonly<Record<string, Read>> = {
    [`${PCM}/8`]: (at) => (view.getUint8(at) - 128) / 128,
    [`${PCM}/16`]: (at) => view.getInt16(at, true) / 32768,
    [`${PCM}/24`]: (at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 8388608,
    [`${PCM}/32`]: (at) => view.getInt32(at, true) / 2147483648,
    [`${FLOAT}/32`]: (at) => view.getFloat32(at, true),
    [`${FLOAT}/64`]: (at) => view.getFloat64(at, true),
    [`${A_LAW}/8`]: (at) => fromALaw(view.getUint8(at)) / 32768,
    [`${MU_LAW}/8`]: (at) => fromMuLaw(view.getUint8(at)) / 32768,
  };
  const read = readers[`${tag}/${bits}`];
  if (read) return read;
  const known: Readonly<Record<number, string>> = {
    [PCM]: 'PCM',
    [FLOAT]: 'floats',
    [A_LAW]: 'A-law',
    [MU_LAW]: 'µ-law',
  };
  const name = known[tag] ?? OTHER_ENCODINGS[tag] ?? `encoding 0x${tag.toString(16).padStart(4, '0')}`;
  throw wrongFormat(ENCODINGS, `${name} of ${bits} bits`);
}

/** G.711, table 1a: a sign, 3 bits of exponent and 4 of mantissa, every second bit inverted. Of 16 bits. */
function fromALaw(byte: number): number {
  const code = byte ^ 0x55;
  const exponent = (code >> 4) & 7;
  const mantissa = ((code & 15) << 4) + 8;
  const size = exponent === 0 ? mantissa : (mantissa + 256) << (exponent - 1);
  return code & 0x80 ? size : -size;
}

/** G.711, table 2a: as A-law, but all bits inverted, and offset by 33 · 4. Of 16 bits. */
function fromMuLaw(byte: number): number {
  const code = ~byte & 0xff;
  const size = ((((code & 15) << 3) + 132) << ((code >> 4) & 7)) - 132;
  return code & 0x80 ? -size : size;
}

function wrongFormat(expected: string, got: string | number): RangeError {
  return new RangeError(`bytes expected a WAV file with ${expected}, got ${got}`);
}

function notWav(view: DataView): RangeError {
  const [, , name] = OTHER_FILES.find(([at, text]) => textAt(view, at, text.length) === text) ?? [];
  const got = name ?? (view.byteLength === 0 ? 'no bytes' : 'other bytes');
  const hint = name ? ': convert it to WAV, or decode it with decodeAudioData() in a browser' : '';
  return new RangeError(`bytes expected a WAV file, which begins with RIFF … WAVE, got ${got}${hint}`);
}

/** Bytes as characters, as far as there are any. */
function textAt(view: DataView, at: number, length: number): string {
  let text = '';
  for (let n = at; n < Math.min(at + length, view.byteLength); n++)
    text += String.fromCharCode(view.getUint8(n));
  return text;
}
