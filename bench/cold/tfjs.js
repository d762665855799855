import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { report } from './report.js';

setThreadsCount(1);
setWasmPaths(new URL('../node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url).pathname);
await tf.setBackend('wasm');
const states = tf.zeros([1, 128]);
const kernel = tf.randomUniform([64 + 128, 4 * 128], -0.1, 0.1);
const [, h] = tf.basicLSTMCell(tf.scalar(0), kernel, tf.zeros([4 * 128]), tf.zeros([1, 64]), states, states);
report(h.dataSync()[0]);
