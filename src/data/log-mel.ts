/*
 * The module behind `#audio`, loaded when sound is read. The only file in src/ whose results may differ between engines, since a spectrum
 * needs sines and a loudness logarithms. scripts/lint-arithmetic.mjs knows it by name and makes sure that no other file imports it.
 */

// @ts-expect-error: it has no types
import { fft } from 'fourier-transform';
import { isDetached, isFloat32 } from '../validation/arrays.js';
import { wrongKind } from '../validation/errors.js';
import { type OwnTensor, plainArray, unshared } from '../validation/tensor.js';
import { checkTotal } from './sizes.js';

export { decodeWav } from './wav.js';

/** Returns the real and imaginary parts of bins 0 … N / 2, which the next call overwrites. */
type Transform = (input: Float64Array) => [re: Float64Array, im: Float64Array];
const transform: Transform = fft;

export interface LogMelPlan {
  readonly sampleRate: number;
  readonly frameLength: number;
  readonly hopLength: number;
  readonly mels: number;
  readonly low: number;
  readonly high: number;
  readonly floor: number;
}

/** The weights of a mel band for the bins from `first` on. */
interface Band {
  readonly first: number;
  readonly weights: Float64Array;
}

export class LogMelFrames {
  readonly frameLength: number;
  readonly hopLength: number;
  readonly mels: number;
  readonly #floor: number;
  readonly #window: Float64Array;
  readonly #bands: readonly Band[];
  /** A frame, padded with zeros to a power of two. */
  readonly #padded: Float64Array;

  constructor(plan: LogMelPlan) {
    const { frameLength, hopLength, mels, floor } = plan;
    this.frameLength = frameLength;
    this.hopLength = hopLength;
    this.mels = mels;
    this.#floor = floor;
    this.#padded = new Float64Array(2 << (31 - Math.clz32(frameLength - 1)));
    // A Hann window of period frameLength.
    this.#window = Float64Array.from(
      { length: frameLength },
      (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / frameLength),
    );
    this.#bands = bandsOf(plan, this.#padded.length);
  }

  frames(given: Float32Array): OwnTensor {
    if (!isFloat32(given) || isDetached(given)) throw wrongKind('samples', 'a Float32Array', given);
    const samples = unshared(plainArray(given));
    const { frameLength, hopLength, mels } = this;
    if (samples.length < frameLength)
      throw new RangeError(`samples expected at least frameLength = ${frameLength}, got ${samples.length}`);
    const count = 1 + Math.floor((samples.length - frameLength) / hopLength);
    checkTotal('samples', 'frames * mels', [count, mels], ': set a larger hop');
    const wrong = samples.findIndex((x) => !Number.isFinite(x));
    if (wrong >= 0) throw new RangeError(`samples[${wrong}] expected a finite number, got ${samples[wrong]}`);
    const data = new Float32Array(count * mels);
    for (let n = 0; n < count; n++) {
      this.#frame(data.subarray(n * mels, (n + 1) * mels), samples, n * hopLength);
    }
    return { data, shape: [count, mels] };
  }

  #frame(out: Float32Array, samples: Float32Array, from: number): void {
    // By index: an iterator's pair for each sample took half of the time.
    for (let n = 0; n < this.frameLength; n++)
      this.#padded[n] = (this.#window[n] as number) * (samples[from + n] as number);
    const [re, im] = transform(this.#padded);
    for (let band = 0; band < this.mels; band++) {
      const { first, weights } = this.#bands[band] as Band;
      let energy = 0;
      for (let n = 0; n < weights.length; n++) {
        const [a, b] = [re[first + n] as number, im[first + n] as number];
        energy += (weights[n] as number) * (a * a + b * b);
      }
      out[band] = Math.log(Math.max(energy, this.#floor));
    }
  }
}

/** The HTK mel scale: 2595 log10(1 + f / 700). */
function melOf(frequency: number): number {
  return 2595 * Math.log10(1 + frequency / 700);
}

function frequencyOf(mel: number): number {
  return 700 * (Math.pow(10, mel / 2595) - 1);
}

/** Triangular bands whose corners are equidistant on the mel scale; each rises from 0 to 1 and falls to 0, linearly in frequency. */
function bandsOf({ sampleRate, mels, low, high }: LogMelPlan, size: number): Band[] {
  // A frequency of the spectrum lies in at most two bands, so more bands than this have one without any.
  if (mels > size)
    throw new RangeError(
      `mels expected at most ${size} bands, two for each frequency of frames of this length, got ${mels}`,
    );
  const from = melOf(low);
  const step = (melOf(high) - from) / (mels + 1);
  const corners = Array.from({ length: mels + 2 }, (_, n) => frequencyOf(from + n * step));
  const width = sampleRate / size;
  return Array.from({ length: mels }, (_, band) => {
    const [a, b, c] = corners.slice(band, band + 3) as [number, number, number];
    const weight = (bin: number) => Math.min((bin * width - a) / (b - a), (c - bin * width) / (c - b));
    // By the corners: to try every bin for every band takes mels * bins.
    const last = Math.min(Math.ceil(c / width), size / 2);
    const bins: number[] = [];
    for (let bin = Math.max(0, Math.floor(a / width)); bin <= last; bin++)
      if (weight(bin) > 0) bins.push(bin);
    if (bins.length === 0) {
      throw new RangeError(
        `mels expected fewer bands for frames of this length, got ${mels}: band ${band}, ${a.toFixed(0)} to ${c.toFixed(0)} Hz, falls between two frequencies of the spectrum, which are ${width.toFixed(1)} Hz apart`,
      );
    }
    return { first: bins[0] as number, weights: Float64Array.from(bins, weight) };
  });
}
