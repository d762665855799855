// From nothing to the first result: a fresh process that imports, makes an LSTM (I=64, H=128), runs one step and ends; less an
// empty one. The processes alternate.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NODE } from './contenders.js';
import { lstmData } from './data.js';

const SIZES = { kind: 'sequence', T: 1, B: 1, I: 64, H: 128 };
const EMPTY = ['-e', '0'];

/** An empty process that reports its peak memory. */
const STATUS = "require('fs').readFileSync('/proc/self/status', 'utf8')";
const LINUX = `process.stdout.write(JSON.stringify({ bytes: 1024 * /VmHWM:\\s+(\\d+)/.exec(${STATUS})[1] }))`;
const ELSEWHERE = 'process.stdout.write(JSON.stringify({ bytes: 1024 * process.resourceUsage().maxRSS }))';
const MEMORY = ['-e', process.platform === 'linux' ? LINUX : ELSEWHERE];

const script = (name, ...more) => [fileURLToPath(new URL(`cold/${name}.js`, import.meta.url)), ...more];

const SCRIPTS = (model) => ({
  'lstm-wasm': script('ours', 'simd'),
  'lstm-wasm relaxed': script('ours', 'relaxed'),
  'onnxruntime-web': script('onnxruntime', 'onnxruntime-web/wasm', model),
  'onnxruntime native': script('onnxruntime', 'onnxruntime-node', model),
  'tfjs wasm': script('tfjs'),
  'jax-js': script('jax'),
  'brain.js': script('brain'),
});

/** @returns for each name ms and bytes above the empty process of the same round, or what went wrong */
export async function coldStarts(rounds) {
  const { lstmModel } = await import('./engines/onnx-model.js'); // needs what bench/package.json installs
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const model = join(folder, 'lstm.onnx');
  writeFileSync(model, lstmModel(SIZES, lstmData(SIZES)));
  try {
    const all = Object.entries(SCRIPTS(model)).map(([name, args]) => ({
      name,
      args,
      ms: [],
      bytes: [],
      instantiation: [],
    }));
    for (const { args } of all) start(args); // into the disk's cache
    for (let round = 0; round < rounds; round++) {
      const empty = { ms: start(EMPTY).ms, bytes: start(MEMORY).bytes };
      for (let n = 0; n < all.length; n++) add(all[(n + round) % all.length], empty);
    }
    return Object.fromEntries(all.map(({ name, args: _, ...result }) => [name, result]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function add(entry, empty) {
  if (entry.missing) return;
  const { ms, bytes, instantiation, error } = start(entry.args);
  if (error) {
    entry.missing = error;
    return;
  }
  entry.ms.push(ms - empty.ms);
  entry.bytes.push(bytes - empty.bytes);
  if (instantiation !== undefined) entry.instantiation.push(instantiation);
}

function start(args) {
  const begin = performance.now();
  const { status, stdout, stderr } = spawnSync(NODE, args, { encoding: 'utf8' });
  const ms = performance.now() - begin;
  if (status !== 0) return { ms, error: `ended with ${status}: ${stderr.trim().split('\n').at(-1)}` };
  const last = stdout.trim().split('\n').at(-1);
  if (!last) return { ms };
  return { ms, ...JSON.parse(last) };
}
