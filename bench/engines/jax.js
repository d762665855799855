// jax-js on its wasm device. It has no scan: a step is compiled, and a sequence is a loop over it; the products of the whole
// input come first, in one.

import { defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { dataOf, LEARNING_RATE, LOSSES, STEPS } from '../data.js';
import { installedVersion } from './version.js';

const PREPARE = { step, sequence, train };

export async function open(variant) {
  await init(variant);
  defaultDevice(variant);
  return {
    version: installedVersion('@jax-js/jax'),
    prepare: (workload) => PREPARE[workload.kind](workload, dataOf(workload)),
  };
}

const array = (values, shape) => np.array(values).reshape(shape);

/** Transposed once, before anything is timed. */
function weights({ I, H }, data) {
  const turned = (values, K) => {
    const out = new Float32Array(values.length);
    for (let n = 0; n < 4 * H; n++) for (let k = 0; k < K; k++) out[k * 4 * H + n] = values[n * K + k];
    return array(out, [K, 4 * H]);
  };
  return {
    ih: turned(data.weight_ih, I),
    hh: turned(data.weight_hh, H),
    b: np.array(data.bias_ih.map((b, n) => b + data.bias_hh[n])),
  };
}

/** The gates from z = x·ih + b, given; consumes its arguments. */
function cell(hh, z, h, c) {
  const [i, f, g, o] = np.split(z.add(np.matmul(h, hh)), 4, 1);
  const next = nn
    .sigmoid(f)
    .mul(c)
    .add(nn.sigmoid(i).mul(np.tanh(g)));
  return [nn.sigmoid(o).mul(np.tanh(next.ref)), next];
}

function step(workload, data) {
  const { I, H } = workload;
  const w = weights(workload, data);
  const compiled = jit(({ ih, hh, b }, x, h, c) => cell(hh, np.matmul(x, ih).add(b), h, c));
  let state = [np.zeros([1, H]), np.zeros([1, H])];
  const once = (x) => {
    state = compiled(tree.ref(w), x, ...state);
    return state[0].ref.dataSync();
  };
  const x = array(data.x.slice(0, I), [1, I]);
  return {
    result() {
      for (let t = 0; t < STEPS; t++) once(array(data.x.slice(t * I, (t + 1) * I), [1, I]));
      return [...state[0].ref.dataSync(), ...state[1].ref.dataSync()];
    },
    run(count) {
      for (let n = 0; n < count; n++) once(x.ref);
    },
  };
}

function sequence(workload, data) {
  const { T, B, I, H } = workload;
  const w = weights(workload, data);
  const x = array(data.x, [T * B, I]);
  const project = jit(({ ih, b }, all) => np.split(np.matmul(all, ih).add(b), T, 0));
  const compiled = jit(cell);
  const once = () => {
    let state = [np.zeros([B, H]), np.zeros([B, H])];
    const outputs = project({ ih: w.ih.ref, b: w.b.ref }, x.ref).map((z) => {
      state = compiled(w.hh.ref, z, ...state);
      return state[0].ref.dataSync();
    });
    for (const last of state) last.dispose();
    return outputs;
  };
  return {
    result: () => once().flatMap((h) => [...h]),
    run(count) {
      for (let n = 0; n < count; n++) once();
    },
  };
}

function train(workload, data) {
  const { T, B, I, C, loss } = workload;
  const { ih, hh, b } = weights(workload, data);
  b.dispose();
  const biases = { bias: np.array(data.bias_ih), second: np.array(data.bias_hh) };
  let parameters = { ih, hh, ...biases, ...headOf(workload, data) };
  const zeros = () => tree.map((p) => np.zeros(p.shape), parameters);
  let [m, v, count] = [zeros(), zeros(), 0];
  const x = array(data.x, [T * B, I]);
  const classes = np.array(data.target);
  const target = loss === 'mse' ? classes.reshape([T * B, C]) : nn.oneHot(classes, C);
  const gradient = jit(valueAndGrad(lossOver(workload)));
  const adam = jit(adamStep);
  const once = () => {
    const [value, d] = gradient(tree.ref(parameters), x.ref, target.ref);
    count++;
    const correction = np.array([1 - 0.9 ** count, 1 - 0.999 ** count]);
    [parameters, m, v] = adam(parameters, d, m, v, correction);
    tree.map((p) => p.ref.dataSync(), parameters);
    return value.dataSync()[0];
  };
  return {
    result: () => Array.from({ length: LOSSES }, once),
    run(times) {
      for (let n = 0; n < times; n++) once();
    },
  };
}

/** The loss of the whole sequence as a function of the parameters; consumes its arguments. */
function lossOver({ T, B, H, loss }) {
  return ({ ih, hh, bias, second, head, headBias }, x, target) => {
    let state = [np.zeros([B, H]), np.zeros([B, H])];
    const outputs = np.split(np.matmul(x, ih).add(bias.add(second)), T, 0).map((z) => {
      state = cell(hh.ref, z, ...state);
      return state[0].ref;
    });
    for (const last of state) last.dispose();
    hh.dispose();
    const y = np.matmul(np.concatenate(outputs, 0), head).add(headBias);
    if (loss === 'mse') return np.mean(np.square(y.sub(target)));
    return np.sum(nn.logSoftmax(y).mul(target)).mul(-1 / (T * B));
  };
}

function headOf({ H, C }, data) {
  const head = new Float32Array(H * C);
  for (let n = 0; n < C; n++) for (let k = 0; k < H; k++) head[k * C + n] = data.head_weight[n * H + k];
  return { head: array(head, [H, C]), headBias: np.array(data.head_bias) };
}

function adamStep(parameters, d, m, v, correction) {
  const names = Object.keys(parameters);
  const [first, second] = np.split(correction, 2, 0);
  const results = names.map((name) => {
    const m1 = m[name].mul(0.9).add(d[name].ref.mul(0.1));
    const v1 = v[name].mul(0.999).add(np.square(d[name]).mul(0.001));
    const unbiased = np.sqrt(v1.ref.div(second.ref)).add(1e-8);
    return [parameters[name].sub(m1.ref.div(first.ref).div(unbiased).mul(LEARNING_RATE)), m1, v1];
  });
  first.dispose();
  second.dispose();
  return [0, 1, 2].map((part) => Object.fromEntries(names.map((name, n) => [name, results[n][part]])));
}
