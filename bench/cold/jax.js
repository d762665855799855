import { defaultDevice, init, nn, numpy as np } from '@jax-js/jax';
import { report } from './report.js';

await init('wasm');
defaultDevice('wasm');
const weight = np.array(new Float32Array(192 * 512).fill(0.01)).reshape([192, 512]);
const [i, f, g, o] = np.split(np.matmul(np.zeros([1, 192]), weight), 4, 1);
const c = nn
  .sigmoid(f)
  .mul(np.zeros([1, 128]))
  .add(nn.sigmoid(i).mul(np.tanh(g)));
report(nn.sigmoid(o).mul(np.tanh(c)).dataSync()[0]);
