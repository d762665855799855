import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeProgram } from '../helpers/worker-program.js';

/* Processes with a run on several threads: they end, and no step that is awaited is lost on the way. */

const folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-threads-'));
let bundle: string;

const PROGRAM = `
import { Adam, LSTM, mse, Trainer } from './src/index.js';
const model = new LSTM(3, 4);
const rows = (width) => ({ data: new Float32Array(20 * width).fill(0.5), shape: [5, 4, width] });
const batch = { input: rows(3), target: rows(4) };
const batches = { *[Symbol.iterator]() { for (;;) yield batch; } };
const controller = new AbortController();
let act = () => {};
const loss = (...given) => { act(); return mse(...given); };
const trainer = new Trainer(model, { loss, optimizer: new Adam(model), threads: 2 });
const run = trainer.run(batches, { signal: controller.signal });
const failure = ({ message }) => console.log(message);
const ways = {
  async leaves() { for await (const { step } of run) if (step === 3) break; console.log(trainer.step); },
  async aborts() { for await (const { step } of run) if (step === 3) controller.abort(new Error('enough')); },
  async 'aborts in a step'() { act = () => controller.abort(new Error('enough')); for await (const _ of run); },
  async 'aborts at once'() { const next = run.next(); controller.abort(new Error('enough')); await next; },
  async disposes() { for await (const { step } of run) if (step === 3) model.dispose(); },
  async 'disposes in a step'() { act = () => queueMicrotask(() => model.dispose()); for await (const _ of run); },
  async throws() { act = () => { throw new Error('mine'); }; for await (const _ of run); },
  async forgets() { await run.next(); console.log(trainer.step); },
  async evaluates() { console.log((await trainer.evaluate([batch])).loss > 0); },
};
await ways[process.argv[2]]().catch(failure);
`;

describe('a process with threads', () => {
  beforeAll(() => {
    bundle = writeProgram(folder, PROGRAM);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const disposed = 'this LSTM was disposed of and can no longer be used\n';
  it.each([
    ['leaves', '3\n'],
    ['aborts', 'enough\n'],
    ['aborts in a step', 'enough\n'],
    ['aborts at once', 'enough\n'],
    ['disposes', disposed],
    ['disposes in a step', disposed],
    ['throws', 'mine\n'],
    ['forgets', '1\n'],
    ['evaluates', 'true\n'],
  ])('that %s ends', { timeout: 30_000 }, (way, printed) => {
    const options = { encoding: 'utf8', timeout: 20_000 } as const;
    const { status, stdout, stderr, signal } = spawnSync(process.execPath, [bundle, way], options);
    expect([signal, status, stdout, stderr]).toEqual([null, 0, printed, '']);
  });
});
