import {
  checkNotNegative,
  checkNumber,
  checkOptions,
  checkPositive,
  checkSize,
} from '../validation/options.js';
import type { OwnTensor } from '../validation/tensor.js';
import { type BytesSource, bytesFrom } from './source.js';
import type { Wav } from './wav.js';

export type { Wav } from './wav.js';

export interface LogMelOptions {
  /** Samples per second. */
  sampleRate: number;
  /** The length of a frame, in seconds. Default 0.025. */
  frame?: number;
  /** The distance between the starts of two frames, in seconds. Default 0.01. */
  hop?: number;
  /** The number of mel bands. Default 40. */
  mels?: number;
  /** The lowest frequency, in Hz. Default 0. */
  low?: number;
  /** The highest frequency, in Hz. Default half of the sample rate. */
  high?: number;
  /** The smallest energy of a band, so that silence has a logarithm. Default 1e-10. */
  floor?: number;
}

/** Computes log-mel frames from samples; made by {@link logMel}. */
export interface LogMel {
  /** In samples. */
  readonly frameLength: number;
  /** In samples. */
  readonly hopLength: number;
  readonly mels: number;
  /**
   * All complete frames. Frame n begins at sample n * hopLength and depends on its own samples only, so computing a stream chunk by
   * chunk gives the same frames.
   *
   * @returns [frames, mels], with 1 + floor((samples − frameLength) / hopLength) frames
   * @throws TypeError for anything but a Float32Array, RangeError for fewer samples than one frame or a sample that is not finite
   */
  frames(samples: Float32Array): OwnTensor;
}

/**
 * Reads the samples of a WAV file: PCM of 8, 16, 24 or 32 bits, floats of 32 or 64 bits, A-law and µ-law. The reader loads at the first
 * call. PCM of n bits is divided by 2^(n − 1), so 8-bit 192 is 0.5 and 16-bit −32768 is −1; floats are as stored. A file that ends early,
 * or was streamed and so does not know its length, gives the samples that it has.
 *
 * @param bytes - the file, or a `Blob`, `File` or `Response` of it
 * @throws TypeError for anything else; RangeError for a file that is not WAV, has another encoding (which the message names), contradicts
 *   itself, or has no samples
 * @example
 * ```ts
 * import { readWav } from 'lstm-wasm/data';
 * const header = [0x46464952, 40, 0x45564157, 0x20746d66, 16, 0x10001, 8000, 16000, 0x100002, 0x61746164, 4, 0xc0000000];
 * const { sampleRate, mono } = await readWav(Uint32Array.from(header).buffer);
 * console.log(sampleRate, [...mono]); // 8000 [ 0, -0.5 ]
 * ```
 */
export async function readWav(bytes: Uint8Array | ArrayBuffer | BytesSource): Promise<Wav> {
  const { decodeWav } = await import('#audio');
  return decodeWav(await bytesFrom('bytes', bytes));
}

/**
 * Makes a front end for speech: the logarithm of the energy in mel bands (HTK scale, triangles on the power spectrum, Hann
 * window, no padding), of which torchaudio's `MelSpectrogram(center=False)` is the part before the logarithm. The FFT,
 * `fourier-transform`, is part of the package and loads at the first call.
 *
 * **Not the same bits everywhere**: windows, bands and logarithms come from the engine's `Math`, whose last digits differ between
 * engines. Everything else in this package gives the same bits; so do stored frames.
 *
 * @throws TypeError for the wrong kind or an unknown option; RangeError for a wrong value, or more bands than the frame can resolve
 * @example
 * ```ts
 * import { logMel } from 'lstm-wasm/data';
 * const mel = await logMel({ sampleRate: 8000, mels: 20 });
 * const tone = Float32Array.from({ length: 8000 }, (_, n) => Math.sin((2 * Math.PI * 1000 * n) / 8000));
 * const { shape, data } = mel.frames(tone);
 * const loudest = data.slice(0, 20).reduce((best, x, n, row) => (x > row[best]! ? n : best), 0);
 * console.log(mel.frameLength, mel.hopLength, shape, loudest); // 200 80 [ 98, 20 ] 9
 * ```
 */
export async function logMel(options: LogMelOptions): Promise<LogMel> {
  checkOptions(options, ['sampleRate', 'frame', 'hop', 'mels', 'low', 'high', 'floor'], 'logMel');
  const sampleRate = checkPositive('sampleRate', options.sampleRate);
  const { frame = 0.025, hop = 0.01, mels = 40, low = 0, high = sampleRate / 2, floor = 1e-10 } = options;
  const lengths = {
    frameLength: samplesIn('frame', frame, sampleRate, 2),
    hopLength: samplesIn('hop', hop, sampleRate, 1),
  };
  checkSize('mels', mels);
  checkNotNegative('low', low);
  const range = `a number above low = ${low}, up to sampleRate / 2 = ${sampleRate / 2}`;
  checkNumber('high', high, range, (x) => x > low && x <= sampleRate / 2);
  checkPositive('floor', floor);
  const { LogMelFrames } = await import('#audio');
  return new LogMelFrames({ ...lengths, sampleRate, mels, low, high, floor });
}

function samplesIn(name: string, seconds: unknown, sampleRate: number, least: number): number {
  const samples = Math.round(checkPositive(name, seconds) * sampleRate);
  if (samples < least || samples > 1_048_576) {
    throw new RangeError(
      `${name} expected ${least} to 2^20 samples, got ${seconds} s * ${sampleRate} Hz = ${samples}`,
    );
  }
  return samples;
}
