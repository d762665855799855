// What a page fetches to run an LSTM, gzipped: its bundle, as esbuild makes it, and the files that the bundle fetches then.

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const OURS = `
  import { LSTM } from '../build/index.js';
  const lstm = new LSTM(8, 16);
  console.log(lstm.forward({ data: new Float32Array(8), shape: [1, 8] }).output.data);
`;

const PAGES = {
  'lstm-wasm': [OURS],
  'lstm-wasm relaxed': [
    `
    import { createRuntime, setDefaultRuntime } from '../build/index.js';
    import { relaxed } from '../build/relaxed.js';
    setDefaultRuntime(createRuntime({ binary: relaxed }));${OURS}`,
  ],
  'onnxruntime-web': [
    `import { InferenceSession } from 'onnxruntime-web/wasm'; console.log(InferenceSession.create);`,
    'onnxruntime-web/dist/ort-wasm-simd-threaded.wasm',
  ],
  'tfjs wasm': [
    `import * as tf from '@tensorflow/tfjs-core'; import '@tensorflow/tfjs-backend-wasm'; console.log(tf.basicLSTMCell);`,
    '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
  ],
  'jax-js': [`import { init, nn, numpy } from '@jax-js/jax'; console.log(init, nn.sigmoid, numpy.matmul);`],
  'brain.js': [`import brain from 'brain.js/dist/browser.js'; console.log(brain.recurrent.LSTMTimeStep);`],
};

/** @returns bytes by name */
export async function downloads() {
  const sizes = {};
  for (const [name, [page, ...fetched]] of Object.entries(PAGES)) {
    const files = fetched.map((path) => readFileSync(new URL(`node_modules/${path}`, import.meta.url)));
    sizes[name] = [await bundle(page), ...files].reduce(
      (sum, bytes) => sum + gzipSync(bytes, { level: 9 }).length,
      0,
    );
  }
  return sizes;
}

async function bundle(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: [
      'fs',
      'path',
      'crypto',
      'util',
      'worker_threads',
      'perf_hooks',
      'node:*',
      'module',
      'os',
      'url',
    ],
    loader: { '.wasm': 'empty' },
    logLevel: 'silent',
    write: false,
    tsconfigRaw: {}, // a page has its own
  });
  return outputFiles[0].contents;
}
