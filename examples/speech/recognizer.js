import { loadModelFile, saveModelFile } from 'lstm-wasm/files';
import { UsageError } from '../command.js';
import { Features } from './features.js';

/** A model with its features: from samples to logits, all at once or in chunks. */
export class Recognizer {
  /** @param {'digits' | 'strings'} kind what it was trained for */
  constructor(kind, model, features) {
    this.kind = kind;
    this.model = model;
    this.features = features;
  }

  /** @returns logits [steps, classes] */
  forward(samples) {
    return this.read(this.features.steps(samples));
  }

  /** Likewise, of what `features.steps` gave. */
  read(steps) {
    return this.model.forward(steps).output;
  }

  listen() {
    return new Listener(this);
  }

  save(path) {
    const metadata = { recognizer: this.kind, features: JSON.stringify(this.features) };
    return saveModelFile(path, this.model, { metadata });
  }

  /** What {@link save} wrote. @throws UsageError */
  static async load(path, kind) {
    try {
      const { model, metadata } = await loadModelFile(path);
      if (metadata.recognizer !== kind)
        throw new RangeError(`it is not for ${kind} but for ${metadata.recognizer}`);
      return new Recognizer(kind, model, await Features.fromJSON(metadata.features ?? ''));
    } catch (error) {
      if (error.code === 'ENOENT')
        throw new UsageError(`there is no model ${path}: train one first, node examples/speech/main.js`);
      throw new UsageError(`${path} is not a model saved by this example: ${error.message.split('\n')[0]}`);
    }
  }
}

/** Takes samples in chunks of any length, and gives for each completed step what the whole recording gives there. */
class Listener {
  #features;
  #stream;
  #waiting = new Float32Array(0);

  constructor({ features, model }) {
    this.#features = features;
    this.#stream = model.stream();
  }

  /** @returns {Float32Array[]} the logits of each step that is complete now */
  push(samples) {
    const { window, hop } = this.#features;
    let all = new Float32Array(this.#waiting.length + samples.length);
    all.set(this.#waiting);
    all.set(samples, this.#waiting.length);
    const said = [];
    for (; all.length >= window; all = all.subarray(hop))
      said.push(this.#stream.step(this.#features.steps(all.subarray(0, window)).data));
    this.#waiting = all;
    return said;
  }

  dispose() {
    this.#stream.dispose();
  }
}
