import { Activation, Dropout, Embedding, Linear, LSTM } from 'lstm-wasm';
import { Attention } from './attention.js';
import { separate } from './rows.js';
import { apart, beside, reshaped, scatter, sum, take } from './tensors.js';

/**
 * An encoder and a decoder with attention between them (Luong et al. 2015): a bidirectional LSTM reads the English sentence, an LSTM that starts
 * from its last states writes the French one, and at each word attends to the English words.
 *
 * It is a layer like those of the package: `Trainer` and the optimizers accept it. Its input holds both sentences in one row, see
 * rows.js; its output has a row of logits for each French word of the batch, in order, and none for padding.
 */
export class Translator {
  #layers;
  #attention = new Attention();
  #recorded;

  /**
   * @param {{ sourceWords: number, targetWords: number, size: number, hidden: number, readout: number, dropout: number }} settings
   *   `size`: of the embeddings; `hidden`: of the decoder, twice that of each direction of the encoder; `readout`: what the logits are made from
   */
  constructor({ sourceWords, targetWords, size, hidden, readout, dropout }, { runtime } = {}) {
    const options = runtime ? { runtime } : {};
    this.#layers = {
      sourceEmbedding: new Embedding(sourceWords, size, options),
      sourceDropout: new Dropout(dropout, options),
      encoder: new LSTM(size, hidden / 2, { bidirectional: true, ...options }),
      targetEmbedding: new Embedding(targetWords, size, options),
      targetDropout: new Dropout(dropout, options),
      decoder: new LSTM(size, hidden, options),
      query: new Linear(hidden, hidden, { bias: false, ...options }),
      combine: new Linear(2 * hidden, readout, options),
      tanh: new Activation('tanh', options),
      readoutDropout: new Dropout(dropout, options),
      words: new Linear(readout, targetWords, options),
    };
  }

  get runtime() {
    return this.#layers.encoder.runtime;
  }

  get parameters() {
    return new Map(
      Object.entries(this.#layers).flatMap(([layer, { parameters }]) =>
        [...parameters].map(([name, parameter]) => [`${layer}.${name}`, parameter]),
      ),
    );
  }

  get parameterCount() {
    return Object.values(this.#layers).reduce((count, layer) => count + layer.parameterCount, 0);
  }

  /**
   * Teacher forcing: the logits of each French word, given the words before it.
   *
   * @param {{ data: Int32Array, shape: [number, number] }} input rows of rows.js
   * @param {{ lengths?: ArrayLike<number>, training?: boolean, record?: boolean }} options
   * @returns {{ output: Tensor }} [French words, targetWords]
   */
  forward(input, { lengths, training = false, record = training } = {}) {
    const { source, prefix } = separate(input, lengths);
    const options = { training, record };
    const memory = this.encode(source, options);
    const { output } = this.#decoded(prefix, memory, { ...options, lengths: prefix.lengths });
    const places = placesOf(prefix);
    const { logits } = this.#read(output, memory, places, options);
    this.#recorded = record ? { places, shape: output.shape } : undefined;
    return { output: logits };
  }

  backward({ output }) {
    if (!this.#recorded)
      throw new Error('Translator.backward expected a forward with record: true before it');
    const { sourceEmbedding, sourceDropout, encoder, targetEmbedding, targetDropout, decoder } = this.#layers;
    const { dOutput, dKeys } = this.#readBackward(output, this.#recorded);
    this.#recorded = undefined;
    const { input: dPrefix, h0, c0 } = decoder.backward({ output: dOutput });
    targetEmbedding.backward({ output: targetDropout.backward({ output: dPrefix }).input });
    const { input: dSource } = encoder.backward({ output: dKeys, hN: parted(h0), cN: parted(c0) });
    sourceEmbedding.backward({ output: sourceDropout.backward({ output: dSource }).input });
    return {};
  }

  /**
   * Reads English sentences.
   *
   * @param {{ data: Int32Array, shape: [number, number], lengths: number[] }} source
   * @returns {{ keys: Tensor, lengths: number[], state: { h: Tensor, c: Tensor } }} what the decoder looks at and where it starts
   */
  encode({ data, shape, lengths }, options = {}) {
    const { sourceEmbedding, sourceDropout, encoder } = this.#layers;
    const embedded = sourceEmbedding.forward({ data, shape }, options).output;
    const input = sourceDropout.forward(embedded, options).output;
    const { output, hN, cN } = encoder.forward(input, { ...options, lengths });
    return { keys: output, lengths, state: { h: joined(hN), c: joined(cN) } };
  }

  /**
   * One French word more for each row.
   *
   * @param {Int32Array} words the last word of each row, or the start symbol
   * @param {{ keys: Tensor, lengths: number[], state: { h: Tensor, c: Tensor } }} memory that of `encode`, or of the step before
   * @returns {{ logits: Tensor, weights: Tensor, state: { h: Tensor, c: Tensor } }} logits [rows, targetWords]; weights
   *   [rows, 1, English words]: each row's attention
   */
  step(words, memory) {
    const { output, hN, cN } = this.#decoded({ data: words, shape: [words.length, 1] }, memory, {});
    const places = placesOf({ shape: [words.length, 1] });
    return { ...this.#read(output, memory, places, {}), state: { h: hN, c: cN } };
  }

  #decoded({ data, shape }, { state }, { lengths, ...options }) {
    const { targetEmbedding, targetDropout, decoder } = this.#layers;
    const embedded = targetEmbedding.forward({ data, shape }, options).output;
    const input = targetDropout.forward(embedded, options).output;
    return decoder.forward(input, { ...options, h0: state.h, c0: state.c, ...(lengths && { lengths }) });
  }

  /** From the decoder's outputs to logits, at the places where there is a word. */
  #read(output, { keys, lengths }, places, options) {
    const { query, combine, tanh, readoutDropout, words } = this.#layers;
    const asked = query.forward(output, options).output;
    const attention = { lengths, record: options.record, runtime: this.runtime };
    const { context, weights } = this.#attention.forward(asked, keys, attention);
    const combined = combine.forward(take(beside(context, output), 0, places), options).output;
    const readout = readoutDropout.forward(tanh.forward(combined, options).output, options).output;
    return { logits: words.forward(readout, options).output, weights };
  }

  /** From the gradient of the logits to those of the decoder's outputs and the encoder's. */
  #readBackward(dLogits, { places, shape }) {
    const { query, combine, tanh, readoutDropout, words } = this.#layers;
    const [batch, steps, hidden] = shape;
    const dReadout = words.backward({ output: dLogits }).input;
    const dCombined = tanh.backward({ output: readoutDropout.backward({ output: dReadout }).input }).input;
    const dTaken = combine.backward({ output: dCombined }).input;
    const [dContext, dDirect] = apart(scatter(dTaken, places, [batch * steps, 2 * hidden]), hidden);
    const attended = this.#attention.backward(reshaped(dContext, shape));
    const dQuery = query.backward({ output: attended.query }).input;
    return { dOutput: sum(dQuery, reshaped(dDirect, shape)), dKeys: attended.keys };
  }

  zeroGrad() {
    this.#recorded = undefined;
    for (const layer of Object.values(this.#layers)) layer.zeroGrad();
  }

  stateDict() {
    return Object.fromEntries(
      [...this.parameters].map(([name, parameter]) => [
        name,
        { data: parameter.read(), shape: [...parameter.shape] },
      ]),
    );
  }

  loadStateDict(dict) {
    for (const [name, layer] of Object.entries(this.#layers)) {
      const prefix = `${name}.`;
      const own = Object.entries(dict).filter(([key]) => key.startsWith(prefix));
      layer.loadStateDict(Object.fromEntries(own.map(([key, tensor]) => [key.slice(prefix.length), tensor])));
    }
  }

  dispose() {
    for (const layer of Object.values(this.#layers)) layer.dispose();
  }
}

/** The last states of both directions [2, batch, n] side by side, as one state [1, batch, 2 n]. */
function joined(state) {
  const [, batch, size] = state.shape;
  const [forward, reverse] = [0, 1].map((n) => reshaped(take(state, 0, [n]), [batch, size]));
  return reshaped(beside(forward, reverse), [1, batch, 2 * size]);
}

/** The inverse of {@link joined}. */
function parted({ data, shape: [, batch, size] }) {
  const [forward, reverse] = apart({ data, shape: [batch, size] }, size / 2);
  const both = new Float32Array(data.length);
  both.set(forward.data);
  both.set(reverse.data, forward.data.length);
  return { data: both, shape: [2, batch, size / 2] };
}

/** The positions of a batch's words among all its steps. */
function placesOf({ shape: [batch, steps], lengths }) {
  return Array.from({ length: batch }, (_, b) =>
    Array.from({ length: lengths?.[b] ?? steps }, (_, t) => b * steps + t),
  ).flat();
}
