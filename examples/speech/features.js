import { logMel, StandardScaler } from 'lstm-wasm/data';
import { SAMPLE_RATE } from './recordings.js';

/** 24 bands up to 4 kHz, a frame of 25 ms every 10 ms. The floor is about what 16 bits can tell from silence. */
const MEL = { sampleRate: SAMPLE_RATE, frame: 0.025, hop: 0.01, mels: 24, floor: 1e-6 };

/** From samples to what a model reads: log-mel frames, each band scaled by what the training part says of it. */
export class Features {
  #mel;
  #scaler;

  constructor(mel, scaler) {
    this.#mel = mel;
    this.#scaler = scaler;
  }

  /** Their scale is that of `sounds`, the training part. */
  static async fit(sounds) {
    const mel = await logMel(MEL);
    const frames = sounds.map((samples) => mel.frames(samples).data);
    const data = new Float32Array(frames.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const one of frames) {
      data.set(one, at);
      at += one.length;
    }
    return new Features(mel, new StandardScaler().fit({ data, shape: [data.length / MEL.mels, MEL.mels] }));
  }

  static async fromJSON(text) {
    const { mel, scaler } = JSON.parse(text);
    return new Features(await logMel(mel), StandardScaler.fromJSON(JSON.stringify(scaler)));
  }

  toJSON() {
    return { mel: MEL, scaler: this.#scaler };
  }

  get bands() {
    return this.#mel.mels;
  }

  /** @returns [frames, bands] */
  of(samples) {
    return this.#scaler.transform(this.#mel.frames(samples));
  }
}

/** Frames that lie beside each other as one: [frames, bands] → [steps, count * bands]. What does not fill a step is left out. */
export function stacked({ data, shape: [frames, bands] }, count) {
  const steps = Math.floor(frames / count);
  return { data: data.subarray(0, steps * count * bands), shape: [steps, count * bands] };
}
