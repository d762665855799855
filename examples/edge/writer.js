import { sample } from 'lstm-wasm';
import { Vocabulary } from 'lstm-wasm/data';
import { loadModel } from 'lstm-wasm/files';
import { show } from './body.js';
import { Refusal } from './refusal.js';
import { fingerprint, packState, refusal, unpackState } from './state.js';

/** Draws of one session, a power of two: draw n has the seed seed * DRAWS + n, which is exact in a double. */
const DRAWS = 2 ** 20;
export const LARGEST_SEED = 2 ** 32 - 1;

/**
 * The model behind /generate. The core holds nothing of a text between two chunks of it: all that a text needs to continue is in a
 * `Text`, so any number of them can be generated concurrently, and an abandoned one leaves nothing behind.
 *
 * @typedef {object} Text
 * @property state - of the stream, undefined at the beginning
 * @property {Int32Array} unread - ids that the model has not read yet
 * @property {number} seed
 * @property {number} drawn - how many characters were drawn with it
 */
export class Writer {
  #model;
  #vocabulary;
  #fingerprint;
  #width;

  constructor(bytes, runtime) {
    const { model, metadata } = loadModel(bytes, { runtime });
    this.#model = model;
    this.#vocabulary = new Vocabulary(JSON.parse(metadata.vocabulary));
    this.#fingerprint = fingerprint(new Uint8Array(bytes));
    this.#width = model.layers[1].hiddenSize;
  }

  /** The characters allowed in a prompt. */
  get characters() {
    return this.#vocabulary.symbols.join('');
  }

  /** The ids of a prompt; typographic quotes become ASCII quotes. @throws Refusal */
  encode(prompt) {
    const plain = prompt.replaceAll(/[‘’]/g, "'").replaceAll(/[“”]/g, '"');
    const unknown = [...plain].find((character) => !this.#vocabulary.has(character));
    if (unknown !== undefined)
      throw new Refusal(422, `prompt expected only characters that GET / lists, got ${show(unknown)}`);
    return this.#vocabulary.encode(plain);
  }

  /** A new text. */
  begin(ids, seed) {
    return { state: undefined, unread: ids, seed, drawn: 0 };
  }

  /** A text that continues, with an optional prompt added. @throws Refusal for a state that does not fit */
  resume(packed, ids, seed) {
    const sizes = { numbers: 3, values: 2 * this.#width };
    const { rows, numbers, values } = unpackState(this.#fingerprint, packed, sizes);
    const [last, before, drawn] = numbers;
    const whole = (value, below) => Number.isInteger(value) && value >= 0 && value < below;
    if (
      rows !== 1 ||
      !whole(last, this.#vocabulary.size) ||
      !whole(before, LARGEST_SEED + 1) ||
      !whole(drawn, DRAWS)
    )
      throw refusal('this one has numbers that no text has');
    const shape = [1, 1, this.#width];
    const [h, c] = [values.slice(0, this.#width), values.slice(this.#width)];
    return {
      state: { '1.h': { data: h, shape }, '1.c': { data: c, shape } },
      unread: Int32Array.of(last, ...ids),
      seed: seed ?? before,
      drawn: seed === undefined ? drawn : 0,
    };
  }

  /** Generates `count` characters. */
  write(text, count, { temperature, topK, topP }) {
    const { runtime } = this.#model;
    const logits = { data: new Float32Array(this.#vocabulary.size), shape: [this.#vocabulary.size] };
    const ids = new Int32Array(count);
    const stream = this.#model.stream({ batch: 1 });
    try {
      if (text.state !== undefined) stream.setState(text.state);
      for (let n = 0; n < text.unread.length; n++) stream.step(text.unread.subarray(n, n + 1), logits.data);
      for (let n = 0; n < count; n++) {
        if (n > 0) stream.step(ids.subarray(n - 1, n), logits.data);
        const seed = text.seed * DRAWS + text.drawn;
        ids[n] = sample(logits, { temperature, topK, topP, seed, runtime });
        text.drawn = (text.drawn + 1) % DRAWS;
      }
      text.state = stream.state;
      text.unread = ids.slice(-1);
    } finally {
      stream.dispose();
    }
    return this.#vocabulary.decode(ids);
  }

  /** A state that {@link resume} accepts: after generating, with one character not read yet. */
  pack({ state, unread, seed, drawn }) {
    const values = [...state['1.h'].data, ...state['1.c'].data];
    return packState(this.#fingerprint, { rows: 1, numbers: [unread[0], seed, drawn], values });
  }
}
