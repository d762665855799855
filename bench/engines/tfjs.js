// TensorFlow.js, `variant` wasm or cpu, with the LSTM from its own operators: its layers only add calls to these.

import * as tf from '@tensorflow/tfjs';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { dataOf, LEARNING_RATE, LOSSES, STEPS } from '../data.js';
import { installedVersion } from './version.js';

const PREPARE = { step, sequence, train };

export async function open(variant) {
  setThreadsCount(1);
  setWasmPaths(new URL('../node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url).pathname);
  if (!(await tf.setBackend(variant))) throw new Error(`tfjs has no ${variant} backend here`);
  return {
    version: installedVersion('@tensorflow/tfjs'),
    prepare: (workload) => PREPARE[workload.kind](workload, dataOf(workload)),
  };
}

/** The weights as its operators like them best: one matrix [I + H, 4H], biases [4H]. */
function weights({ I, H }, data) {
  return tf.tidy(() => {
    const both = [tf.tensor2d(data.weight_ih, [4 * H, I]), tf.tensor2d(data.weight_hh, [4 * H, H])];
    return {
      W: tf.keep(tf.concat(both, 1).transpose()),
      b: tf.keep(tf.tensor1d(data.bias_ih.map((b, n) => b + data.bias_hh[n]))),
    };
  });
}

function cell({ W, b }, x, h, c) {
  const z = tf.concat([x, h], 1).matMul(W).add(b);
  const [i, f, g, o] = tf.split(z, 4, 1);
  const next = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
  return [o.sigmoid().mul(next.tanh()), next];
}

/** The hidden state after each step. */
function unroll(w, steps, { B, H }) {
  let h = tf.zeros([B, H]);
  let c = h;
  return steps.map((x) => {
    [h, c] = cell(w, x, h, c);
    return h;
  });
}

function step(workload, data) {
  const { I, H } = workload;
  const w = weights(workload, data);
  let state = [tf.zeros([1, H]), tf.zeros([1, H])];
  const once = (x) => {
    const next = tf.tidy(() => cell(w, x, ...state));
    tf.dispose(state);
    state = next;
    return state[0].dataSync();
  };
  const x = tf.tensor2d(data.x.slice(0, I), [1, I]);
  return {
    result() {
      for (let t = 0; t < STEPS; t++) once(tf.tensor2d(data.x.slice(t * I, (t + 1) * I), [1, I]));
      return [...state[0].dataSync(), ...state[1].dataSync()];
    },
    run(count) {
      for (let n = 0; n < count; n++) once(x);
    },
    dispose: () => tf.dispose([w, state, x]),
  };
}

function sequence(workload, data) {
  const { T, B, I } = workload;
  const w = weights(workload, data);
  const x = tf.tensor3d(data.x, [T, B, I]);
  const once = () => tf.tidy(() => tf.stack(unroll(w, tf.unstack(x), workload)).dataSync());
  return {
    result: once,
    run(count) {
      for (let n = 0; n < count; n++) once();
    },
    dispose: () => tf.dispose([w, x]),
  };
}

function train(workload, data) {
  const { T, B, I, H, C, loss } = workload;
  const start = weights(workload, data);
  const v = {
    W: tf.variable(start.W),
    bias: tf.variable(tf.tensor1d(data.bias_ih)),
    second: tf.variable(tf.tensor1d(data.bias_hh)),
    head: tf.variable(tf.tensor2d(data.head_weight, [C, H]).transpose()),
    headBias: tf.variable(tf.tensor1d(data.head_bias)),
  };
  const x = tf.tensor3d(data.x, [T, B, I]);
  const target =
    loss === 'mse' ? tf.tensor2d(data.target, [T * B, C]) : tf.oneHot(tf.tensor1d(data.target, 'int32'), C);
  const optimizer = tf.train.adam(LEARNING_RATE, 0.9, 0.999, 1e-8);
  const lossOf = () => {
    const w = { W: v.W, b: v.bias.add(v.second) };
    const y = tf
      .concat(unroll(w, tf.unstack(x), workload), 0)
      .matMul(v.head)
      .add(v.headBias);
    return loss === 'mse' ? y.sub(target).square().mean() : tf.losses.softmaxCrossEntropy(target, y);
  };
  const once = () => tf.tidy(() => optimizer.minimize(lossOf, true, Object.values(v)).dataSync()[0]);
  return {
    result: () => Array.from({ length: LOSSES }, once),
    run(count) {
      for (let n = 0; n < count; n++) once();
    },
    dispose() {
      optimizer.dispose();
      tf.dispose([start, v, x, target]);
    },
  };
}
