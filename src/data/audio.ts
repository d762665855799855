import { fileBytes } from '../validation/arrays.js';
import { describe } from '../validation/errors.js';
import {
  checkNotNegative,
  checkNumber,
  checkOptions,
  checkPositive,
  checkSize,
} from '../validation/options.js';
import type { Tensor } from '../validation/tensor.js';

/** Sound, as {@link readWav} gives it. */
export interface Wav {
  /** Samples a second. */
  readonly sampleRate: number;
  /** The samples of each channel, from −1 to 1. */
  readonly channels: readonly Float32Array[];
  /** The mean of the channels. */
  readonly mono: Float32Array;
}

export interface LogMelOptions {
  /** Samples a second. */
  sampleRate: number;
  /** How long a frame is, in seconds. Default 0.025. */
  frame?: number;
  /** How far frames are apart, in seconds. Default 0.01. */
  hop?: number;
  /** How many bands there are. Default 40. */
  mels?: number;
  /** The lowest frequency, in Hz. Default 0. */
  low?: number;
  /** The highest frequency, in Hz. Default half of the sample rate. */
  high?: number;
  /** The least energy of a band, so that silence has a logarithm. Default 1e-10. */
  floor?: number;
}

/** Makes log-mel frames of samples, as {@link logMel} gives it. */
export interface LogMel {
  /** In samples. */
  readonly frameLength: number;
  /** In samples. */
  readonly hopLength: number;
  readonly mels: number;
  /**
   * The frames that lie wholly in the samples. Frame n begins at sample n * hopLength and depends on its own samples alone, so a stream
   * gives the same ones piece by piece.
   *
   * @returns [frames, mels], with 1 + floor((samples − frameLength) / hopLength) frames
   * @throws TypeError for what is no Float32Array, RangeError for fewer samples than one frame or one that is not finite
   */
  frames(samples: Float32Array): Tensor;
}

/**
 * The samples of a WAV file: PCM of 8, 16, 24 or 32 bits, floats, A-law, µ-law, ADPCM. The reader, `@audio/decode-wav`, comes with the
 * package and is loaded at the first call. A file that ends early gives the samples that it has.
 *
 * @throws TypeError for what are no bytes, RangeError for what is no WAV file, is of another coding, or has no samples
 * @example
 * ```ts
 * import { readWav } from 'lstm-wasm/data';
 * const header = [0x46464952, 40, 0x45564157, 0x20746d66, 16, 0x10001, 8000, 16000, 0x100002, 0x61746164, 4, 0xc0000000];
 * const { sampleRate, mono } = await readWav(Uint32Array.from(header).buffer);
 * console.log(sampleRate, [...mono]); // 8000 [ 0, -0.5 ]
 * ```
 */
export async function readWav(bytes: Uint8Array | ArrayBuffer): Promise<Wav> {
  const file = fileBytes(bytes);
  if (file === undefined)
    throw new TypeError(`bytes expected a Uint8Array or an ArrayBuffer, got ${describe(bytes)}`);
  const { decodeWav } = await import('#audio');
  return decodeWav(file);
}

/**
 * Makes a front end for speech: the logarithm of the energy in mel bands (HTK's scale, triangles on the power spectrum, Hann
 * window, frames without padding), as torchaudio's `MelSpectrogram(center=False)` gives before the logarithm. The FFT,
 * `fourier-transform`, comes with the package and is loaded at the first call.
 *
 * **Not the same bits everywhere**: windows, bands and logarithms are made by the engine's `Math`, whose last digits differ between
 * engines. Everything else in this package keeps that promise; frames that are stored keep it as well.
 *
 * @throws TypeError for another kind or an unknown option; RangeError for another value, or more bands than the frame can tell apart
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
