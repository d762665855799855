import { softmax } from 'lstm-wasm';

/**
 * Dot-product attention (Luong et al. 2015) over the outputs of an encoder, for each sequence:
 *
 *   score[t, s] = query[t] · key[s] / √size   weight[t] = softmax(score[t])   context[t] = Σ_s weight[t, s] key[s]
 *
 * Without the root (Vaswani et al. 2017) the softmax soon saturates at one position and its gradient vanishes.
 *
 * Keys after a sequence's end have weight 0 and gradient 0. There are no parameters; a Linear layer before the queries makes it
 * Luong's "general" form.
 */
export class Attention {
  #recorded;

  /**
   * @param {Tensor} query [batch, steps, size]
   * @param {Tensor} keys [batch, places, size]
   * @param {{ lengths?: ArrayLike<number>, record?: boolean, runtime?: Runtime }} options `lengths`: how many keys each sequence has
   * @returns {{ context: Tensor, weights: Tensor }} [batch, steps, size] and [batch, steps, places]
   */
  forward(query, keys, { lengths, record = false, runtime } = {}) {
    const [batch, steps, size] = query.shape;
    const places = keys.shape[1];
    const scores = new Float32Array(batch * steps * places).fill(-Infinity);
    const sizes = { batch, steps, size, places, lengths: lengths ?? new Array(batch).fill(places) };
    eachScore(sizes, (score, q, k) => {
      let sum = 0;
      for (let n = 0; n < size; n++) sum += query.data[q + n] * keys.data[k + n];
      scores[score] = sum / Math.sqrt(size);
    });
    const weights = softmax({ data: scores, shape: [batch, steps, places] }, { runtime });
    const context = new Float32Array(query.data.length);
    eachScore(sizes, (score, q, k) => addScaled(context, q, weights.data[score], keys.data, k, size));
    this.#recorded = record ? { sizes, query, keys, weights } : undefined;
    return { context: { data: context, shape: [...query.shape] }, weights };
  }

  /**
   * @param {Tensor} dContext the gradient of the context that the latest recorded forward gave
   * @returns {{ query: Tensor, keys: Tensor }} the gradients of both
   */
  backward(dContext) {
    if (!this.#recorded) throw new Error('Attention.backward expected a forward with record: true before it');
    const { sizes, query, keys, weights } = this.#recorded;
    this.#recorded = undefined;
    const { size, places } = sizes;
    const [dQuery, dKeys] = [query, keys].map(({ data }) => new Float32Array(data.length));
    const dWeights = new Float32Array(weights.data.length);
    eachScore(sizes, (score, q, k) => {
      let sum = 0;
      for (let n = 0; n < size; n++) sum += dContext.data[q + n] * keys.data[k + n];
      dWeights[score] = sum;
      addScaled(dKeys, k, weights.data[score], dContext.data, q, size);
    });
    const means = meansOf(weights.data, dWeights, places);
    eachScore(sizes, (score, q, k) => {
      const row = Math.floor(score / places);
      const dScore = (weights.data[score] * (dWeights[score] - means[row])) / Math.sqrt(size);
      addScaled(dQuery, q, dScore, keys.data, k, size);
      addScaled(dKeys, k, dScore, query.data, q, size);
    });
    return { query: { data: dQuery, shape: query.shape }, keys: { data: dKeys, shape: keys.shape } };
  }
}

/** Calls with the offsets of each score, its query and its key, up to each sequence's end. */
function eachScore({ batch, steps, places, size, lengths }, call) {
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < steps; t++) {
      const row = b * steps + t;
      for (let s = 0; s < lengths[b]; s++) call(row * places + s, row * size, (b * places + s) * size);
    }
  }
}

/** to[at …] += factor · from[start …] */
function addScaled(to, at, factor, from, start, size) {
  for (let n = 0; n < size; n++) to[at + n] += factor * from[start + n];
}

/** Σ weight · gradient of each row, which the softmax's gradient subtracts. */
function meansOf(weights, gradients, places) {
  const means = new Float64Array(weights.length / places);
  for (let n = 0; n < weights.length; n++) means[Math.floor(n / places)] += weights[n] * gradients[n];
  return means;
}
