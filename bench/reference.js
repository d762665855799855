// The reference that every contender is checked against before it is timed: the textbook equations in float64, sharing no code with
// the package. Rows beyond data.js's DISTINCT repeat, and are not computed.

import { DISTINCT, LEARNING_RATE, LOSSES, lstmData, probes, productData, STEPS } from './data.js';

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

/** out[n] += Σ_k W[n, k] x[k] */
function addProduct(out, W, x, at = 0) {
  const K = W.length / out.length;
  for (let n = 0; n < out.length; n++) {
    let sum = 0;
    for (let k = 0, w = n * K; k < K; k++, w++) sum += W[w] * x[at + k];
    out[n] += sum;
  }
}

/** dx[k] += Σ_n W[n, k] dy[n], dW[n, k] += dy[n] x[k] */
function addBack(dx, dW, W, dy, x) {
  const K = x.length;
  for (let n = 0; n < dy.length; n++) {
    for (let k = 0, w = n * K; k < K; k++, w++) {
      if (dx) dx[k] += W[w] * dy[n];
      dW[w] += dy[n] * x[k];
    }
  }
}

/** One step of one row: gates in the order i, f, g, o. `carry` is c, or for brain.js, whose cell is another one, h. */
function step(w, x, h, carry) {
  const H = h.length;
  const z = Float64Array.from(w.bias_ih, (b, n) => b + w.bias_hh[n]);
  addProduct(z, w.weight_ih, x);
  addProduct(z, w.weight_hh, h);
  const a = z.map((v, n) => (n >= 2 * H && n < 3 * H ? Math.tanh(v) : sigmoid(v)));
  const c = carry.map((before, j) => a[H + j] * before + a[j] * a[2 * H + j]);
  return { x, h, carry, a, c, out: c.map((v, j) => a[3 * H + j] * Math.tanh(v)) };
}

function unroll(w, rows, { B, I, H }, T, carriesHidden = false) {
  return Array.from({ length: rows }, (_, b) => {
    const steps = [];
    let h = new Float64Array(H);
    let c = new Float64Array(H);
    for (let t = 0; t < T; t++) {
      const at = (t * B + b) * I;
      steps.push(step(w, Float64Array.from(w.x.subarray(at, at + I)), h, carriesHidden ? h : c));
      h = steps[t].out;
      c = steps[t].c;
    }
    return steps;
  });
}

/** h and c after STEPS steps. */
function stepResult(workload) {
  const last = unroll(lstmData(workload), 1, workload, STEPS)[0].at(-1);
  return [...last.out, ...last.c];
}

/** The outputs [T, B, H]. */
function sequenceResult(workload) {
  const { T, B } = workload;
  const rows = unroll(lstmData(workload), Math.min(B, DISTINCT), workload, T);
  return Array.from({ length: T * B }, (_, n) => [...rows[(n % B) % DISTINCT][Math.floor(n / B)].out]).flat();
}

/** What brain.js's own cell gives through the dense head after `T` steps of row 0. */
export function brainResult(workload, T) {
  const w = lstmData(workload);
  const y = Float64Array.from(w.head_bias);
  addProduct(y, w.head_weight, unroll(w, 1, workload, T, true)[0].at(-1).out);
  return [...y];
}

const PARAMETERS = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh', 'head_weight', 'head_bias'];

/** The losses before each of LOSSES steps of Adam. */
function trainResult(workload) {
  const w = lstmData(workload);
  const state = new Map();
  for (const name of PARAMETERS) {
    w[name] = Float64Array.from(w[name]);
    state.set(name, { m: new Float64Array(w[name].length), v: new Float64Array(w[name].length) });
  }
  return Array.from({ length: LOSSES }, (_, n) => {
    const { loss, gradients } = lossAndGradients(w, workload);
    for (const name of PARAMETERS) adam(w[name], gradients[name], state.get(name), n + 1);
    return loss;
  });
}

/** Kingma & Ba 2015, everyone's defaults. */
function adam(w, d, { m, v }, t) {
  for (let n = 0; n < w.length; n++) {
    m[n] = 0.9 * m[n] + 0.1 * d[n];
    v[n] = 0.999 * v[n] + 0.001 * d[n] * d[n];
    const unbiased = Math.sqrt(v[n] / (1 - 0.999 ** t)) + 1e-8;
    w[n] -= (LEARNING_RATE * (m[n] / (1 - 0.9 ** t))) / unbiased;
  }
}

function lossAndGradients(w, workload) {
  const { T, B, H, C } = workload;
  const rows = Math.min(B, DISTINCT);
  const d = Object.fromEntries(PARAMETERS.map((name) => [name, new Float64Array(w[name].length)]));
  let loss = 0;
  for (const [b, steps] of unroll(w, rows, workload, T).entries()) {
    let dh = new Float64Array(H);
    let dc = new Float64Array(H);
    for (let t = T - 1; t >= 0; t--) {
      const y = Float64Array.from(w.head_bias);
      addProduct(y, w.head_weight, steps[t].out);
      loss += lossOf(y, w.target, t * B + b, workload) / (rows * T);
      for (let n = 0; n < C; n++) d.head_bias[n] += y[n] / (rows * T);
      addBack(
        dh,
        d.head_weight,
        w.head_weight,
        y.map((v) => v / (rows * T)),
        steps[t].out,
      );
      [dh, dc] = stepBack(d, w, steps[t], dh, dc);
    }
  }
  return { loss, gradients: d };
}

/** The loss of one row; `y` becomes its gradient. */
function lossOf(y, target, row, { C, loss }) {
  if (loss === 'mse') {
    let sum = 0;
    for (let n = 0; n < C; n++) {
      const error = y[n] - target[row * C + n];
      sum += (error * error) / C;
      y[n] = (2 * error) / C;
    }
    return sum;
  }
  const top = Math.max(...y);
  const total = y.reduce((sum, v) => sum + Math.exp(v - top), 0);
  const result = Math.log(total) + top - y[target[row]];
  for (let n = 0; n < C; n++) y[n] = Math.exp(y[n] - top) / total - (n === target[row] ? 1 : 0);
  return result;
}

function stepBack(d, w, { x, h, carry, a, c }, dh, dcAfter) {
  const H = h.length;
  const dz = new Float64Array(4 * H);
  const dc = new Float64Array(H);
  for (let j = 0; j < H; j++) {
    const [i, f, g, o] = [a[j], a[H + j], a[2 * H + j], a[3 * H + j]];
    const tanhC = Math.tanh(c[j]);
    const sum = dcAfter[j] + dh[j] * o * (1 - tanhC * tanhC);
    dz[j] = sum * g * i * (1 - i);
    dz[H + j] = sum * carry[j] * f * (1 - f);
    dz[2 * H + j] = sum * i * (1 - g * g);
    dz[3 * H + j] = dh[j] * tanhC * o * (1 - o);
    dc[j] = sum * f;
  }
  const dhBefore = new Float64Array(H);
  addBack(undefined, d.weight_ih, w.weight_ih, dz, x);
  addBack(dhBefore, d.weight_hh, w.weight_hh, dz, h);
  for (let n = 0; n < 4 * H; n++) {
    d.bias_ih[n] += dz[n];
    d.bias_hh[n] += dz[n];
  }
  return [dhBefore, dc];
}

/** Some elements of a product. */
function productResult(workload) {
  const { part, M, K, N } = workload;
  const { x, weight, bias, dy } = productData(workload);
  const dot = (count, term) => Array.from({ length: count }, (_, n) => term(n)).reduce((a, b) => a + b, 0);
  if (part === 'forward') {
    const at = (m, n) => bias[n] + dot(K, (k) => x[m * K + k] * weight[n * K + k]);
    return probes(M * N).map((e) => at(Math.floor(e / N), e % N));
  }
  if (part === 'input') {
    const at = (m, k) => dot(N, (n) => dy[m * N + n] * weight[n * K + k]);
    return probes(M * K).map((e) => at(Math.floor(e / K), e % K));
  }
  const at = (n, k) => dot(M, (m) => dy[m * N + n] * x[m * K + k]);
  return probes(N * K).map((e) => at(Math.floor(e / K), e % K));
}

const RESULTS = { step: stepResult, sequence: sequenceResult, train: trainResult, product: productResult };

export const referenceResult = (workload) => RESULTS[workload.kind](workload);
