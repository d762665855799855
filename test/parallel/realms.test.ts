import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { constants, createContext, Script } from 'node:vm';
import { buildSync } from 'esbuild';
import { afterAll, expect, it } from 'vitest';
import { Adam, LSTM, mse, Trainer } from '../../src/index.js';
import { SOURCES, writeWorker } from '../helpers/worker-program.js';

/*
 * The package in a `vm` context, as Jest loads it: its arrays and shared memory are of that realm, and what workers send is of
 * another.
 */

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-realm-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PROGRAM = `
import { Adam, LSTM, mse, Trainer } from './src/index.js';
import { batches } from './src/data/index.js';
import { loadModel } from './src/files/index.js';
import { trainInWorker } from './src/worker.js';
const rows = (width) => ({ data: new Float32Array(5 * 4 * width).fill(0.5), shape: [5, 4, width] });
const batch = { input: rows(3), target: rows(4) };
module.exports = async () => {
  const model = new LSTM(3, 4, { stateful: true, seed: 1 });
  const validation = { batches: [batch], every: 1 };
  const trainer = new Trainer(model, { loss: mse, optimizer: new Adam(model), threads: 2, validation });
  const losses = [];
  for await (const { loss, validation } of trainer.run([batch, batch])) losses.push(loss, validation.loss);
  losses.push((await trainer.evaluate([batch])).loss);
  const other = new Trainer(model, { loss: mse, optimizer: new Adam(model) });
  const training = trainInWorker(other, batches(batch, { batchSize: 5, epochs: 40 }));
  const { model: copy } = loadModel(await training.snapshot());
  let last;
  for await (const { step } of training) last = step;
  return { losses, step: last, parameters: copy.parameterCount };
};
`;

/** In the context: its own globals, and those of Node that this realm lends. */
function load(): () => Promise<Record<string, unknown>> {
  writeWorker(folder);
  const file = join(folder, 'program.cjs');
  buildSync({
    stdin: { contents: PROGRAM, resolveDir: root },
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    alias: SOURCES,
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(file).href) },
    tsconfigRaw: {},
  });
  const module = { exports: undefined as unknown };
  const lent = { TextEncoder, TextDecoder, performance, URL, AbortController, Buffer, process, console };
  const timers = { setTimeout, clearTimeout, setImmediate };
  const context = createContext({ ...lent, ...timers, module, require: createRequire(import.meta.url) });
  const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  new Script(readFileSync(file, 'utf8'), { importModuleDynamically }).runInContext(context);
  return module.exports as never;
}

const rows = (width: number) => ({ data: new Float32Array(20 * width).fill(0.5), shape: [5, 4, width] });

it('threads and workers in another realm', { timeout: 30_000 }, async () => {
  const result = await load()();
  expect([result.step, result.parameters]).toEqual([40, 144]);
  // The same in this realm.
  const model = new LSTM(3, 4, { stateful: true, seed: 1 });
  const batch = { input: rows(3), target: rows(4) };
  const validation = { batches: [batch], every: 1 };
  const trainer = new Trainer(model, { loss: mse, optimizer: new Adam(model), threads: 2, validation });
  const losses: number[] = [];
  for await (const { loss, validation } of trainer.run([batch, batch]))
    losses.push(loss, validation?.loss ?? 0);
  losses.push((await trainer.evaluate([batch])).loss);
  expect([...(result.losses as number[])]).toEqual(losses);
});
