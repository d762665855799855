import { logMel, StandardScaler } from 'lstm-wasm/data';
import { SAMPLE_RATE } from './recordings.js';

/** 24 bands up to 4 kHz, a frame of 25 ms every 10 ms. The floor is about the resolution of 16 bits. */
const MEL = { sampleRate: SAMPLE_RATE, frame: 0.025, hop: 0.01, mels: 24, floor: 1e-6 };

/** Frames that a model reads at once: fewer steps are less to compute, and 30 ms are still less than a sound lasts. */
export const STACK = 3;

/** From samples to what a model reads: log-mel frames, each band scaled by what the training part says of it, three of them a step. */
export class Features {
  #mel;
  #scaler;

  constructor(mel, scaler) {
    this.#mel = mel;
    this.#scaler = scaler;
  }

  /** @param {{ samples: Float32Array }[]} recordings those of the training part, whose scale it is */
  static async fit(recordings) {
    const mel = await logMel(MEL);
    const all = recordings.map(({ samples }) => mel.frames(samples).data);
    const data = new Float32Array(all.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const one of all) {
      data.set(one, at);
      at += one.length;
    }
    return new Features(mel, new StandardScaler().fit({ data, shape: [data.length / MEL.mels, MEL.mels] }));
  }

  /** From the text that `JSON.stringify` gave. @throws RangeError for another one */
  static async fromJSON(text) {
    const { mel, stack, scaler } = JSON.parse(text);
    if (stack !== STACK) throw new RangeError(`expected ${STACK} frames a step, got ${stack}`);
    return new Features(await logMel(mel), StandardScaler.fromJSON(JSON.stringify(scaler)));
  }

  toJSON() {
    return { mel: MEL, stack: STACK, scaler: this.#scaler };
  }

  /** Samples that one step is made of. */
  get window() {
    return this.hop + this.#mel.frameLength - this.#mel.hopLength;
  }

  /** Samples from one step to the next. */
  get hop() {
    return STACK * this.#mel.hopLength;
  }

  /** Values of a step. */
  get width() {
    return STACK * this.#mel.mels;
  }

  /** @returns [frames, bands] */
  frames(samples) {
    return this.#scaler.transform(this.#mel.frames(samples));
  }

  /** @returns [steps, width] */
  steps(samples) {
    return stacked(this.frames(samples));
  }
}

/** Stacks adjacent frames: [frames, bands] → [steps, STACK * bands]. Frames that do not fill a step are dropped. */
export function stacked({ data, shape: [frames, bands] }) {
  const steps = Math.floor(frames / STACK);
  return { data: data.subarray(0, steps * STACK * bands), shape: [steps, STACK * bands] };
}
