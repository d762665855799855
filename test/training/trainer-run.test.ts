import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Adam, Linear, mse, type Runtime, type Tensor, Trainer } from '../../src/index.js';
import { expectAllBits, tensor } from '../helpers/bits.js';
import { type Variant, variants } from '../helpers/variants.js';
import { SOURCES, writeWorker } from '../helpers/worker-program.js';

type Batch = { input: Tensor; target: Tensor };

const batch: Batch = { input: tensor('x', 3, 2), target: tensor('y', 3, 1) };

function begin(runtime: Runtime) {
  const model = new Linear(2, 1, { runtime });
  return new Trainer<Tensor>(model, { loss: mse, optimizer: new Adam(model, { lr: 0.1 }) });
}

/** Endless batches that know how many were taken and whether they were given back. */
function source(limit = Number.POSITIVE_INFINITY) {
  const seen = { taken: 0, closed: false };
  function* all(): Generator<Batch> {
    try {
      while (seen.taken < limit) {
        seen.taken++;
        yield batch;
      }
    } finally {
      seen.closed = true;
    }
  }
  return { seen, all: all() };
}

/** How often a timer of the event loop came to its turn, looked at after each step. */
async function turnsOf(runtime: Runtime, later: (act: () => void) => unknown): Promise<number[]> {
  let turns = 0;
  let going = true;
  const tick = () => {
    turns++;
    if (going) later(tick);
  };
  later(tick);
  const seen: number[] = [];
  for await (const { step } of begin(runtime).run(source(100).all)) seen[step - 1] = turns;
  going = false;
  return seen;
}

async function checkTurns(runtime: Runtime) {
  const seen = await turnsOf(runtime, setImmediate);
  expect(seen.length).toBe(100);
  const still = seen.findIndex((turns, n) => n > 0 && turns === seen[n - 1]);
  expect(still < 0 ? 'none' : `between step ${still} and ${still + 1}`, 'without a turn').toBe('none');
}

/** A timer runs while steps are made: they do not starve it until they end. */
async function checkTimers(runtime: Runtime) {
  const { all, seen } = source();
  let stop = false;
  setTimeout(() => {
    stop = true;
  }, 5);
  for await (const { step } of begin(runtime).run(all)) if (stop || step === 200_000) break;
  expect(stop).toBe(true);
  expect(seen.taken).toBeGreaterThan(1);
}

async function checkAborted(runtime: Runtime) {
  const trainer = begin(runtime);
  const controller = new AbortController();
  const reason = new RangeError('enough');
  const run = async (batches: Iterable<Batch>) => {
    for await (const { step } of trainer.run(batches, { signal: controller.signal })) {
      if (step === 3) controller.abort(reason);
    }
  };
  const { all, seen } = source();
  await expect(run(all)).rejects.toBe(reason);
  expect(trainer.step).toBe(3);
  expect(seen.closed).toBe(true);
  const weights = trainer.model.stateDict();
  await expect(run(source().all)).rejects.toBe(reason);
  expect(trainer.step, 'a signal aborted before the run').toBe(3);
  expectAllBits('weights', trainer.model.stateDict(), weights);
  expect(trainer.trainStep(batch).step).toBe(4);
}

async function checkTimeout(runtime: Runtime) {
  const run = async () => {
    for await (const { step } of begin(runtime).run(source().all, { signal: AbortSignal.timeout(20) })) {
      if (step === 1_000_000) return;
    }
  };
  await expect(run()).rejects.toThrow(expect.objectContaining({ name: 'TimeoutError' }));
}

/** By `break` and by an error of the loop's own; then on, as if there had been one loop. */
async function checkLeaving(runtime: Runtime) {
  const [trainer, whole] = [begin(runtime), begin(runtime)];
  whole.model.loadStateDict(trainer.model.stateDict());
  const first = source();
  for await (const { step } of trainer.run(first.all)) if (step === 4) break;
  expect(first.seen).toEqual({ taken: 4, closed: true });
  const second = source();
  const throwing = async () => {
    for await (const { step } of trainer.run(second.all)) if (step === 7) throw new SyntaxError('mine');
  };
  await expect(throwing()).rejects.toThrow(SyntaxError);
  expect(second.seen).toEqual({ taken: 3, closed: true });
  for await (const _ of trainer.run([batch, batch])) {
    // Each step counts.
  }
  for (let n = 0; n < 9; n++) whole.trainStep(batch);
  expect(trainer.step).toBe(9);
  expectAllBits('weights', trainer.model.stateDict(), whole.model.stateDict());
}

async function checkFailure(runtime: Runtime) {
  const trainer = begin(runtime);
  const broken = { ...batch, target: { data: new Float32Array(3).fill(Number.NaN), shape: [3, 1] } };
  const steps: number[] = [];
  const run = async () => {
    for await (const { step } of trainer.run([batch, batch, broken, batch])) steps.push(step);
  };
  await expect(run()).rejects.toThrow(/^step 3: .*loss.*NaN/);
  expect(steps).toEqual([1, 2]);
  expect(trainer.trainStep(batch).step).toBe(3);
}

/** Told at the first step that is asked for; nothing is trained. */
async function checkRefusals(runtime: Runtime) {
  const trainer = begin(runtime);
  const run = async (batches: unknown, options: unknown) => {
    for await (const _ of trainer.run(batches as Batch[], options as { signal?: AbortSignal })) {
      // Each step counts.
    }
  };
  for (const signal of [5, null, 'abort', {}, new AbortController()])
    await expect(run([], { signal })).rejects.toThrow(
      expect.objectContaining({
        name: 'TypeError',
        message: expect.stringMatching(/^signal expected an AbortSignal, got /),
      }),
    );
  for (const batches of [{}, null, undefined, 3, batch])
    await expect(run(batches, {})).rejects.toThrow(
      expect.objectContaining({
        name: 'TypeError',
        message: expect.stringMatching(/^batches expected an iterable of \{ input, target \}, got /),
      }),
    );
  await expect(run([batch], { signals: undefined })).rejects.toThrow(TypeError);
  expect(trainer.step).toBe(0);
  await run([batch], { signal: undefined });
  expect(trainer.step).toBe(1);
}

async function checkAsyncBatches(runtime: Runtime) {
  const trainer = begin(runtime);
  async function* slowly() {
    for (let n = 0; n < 3; n++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      yield batch;
    }
    throw new SyntaxError('the source broke');
  }
  const run = async () => {
    for await (const _ of trainer.run(slowly())) {
      // Each step counts.
    }
  };
  await expect(run()).rejects.toThrow('the source broke');
  expect(trainer.step).toBe(3);
  const nothing = [];
  for await (const progress of trainer.run([])) nothing.push(progress);
  expect(nothing).toEqual([]);
}

function suite({ name, create }: Variant) {
  describe(`a training run [${name}]`, () => {
    it('lets the event loop turn after every step', () => checkTurns(create()));
    it('lets timers run', () => checkTimers(create()));
    it('ends when its signal is aborted', () => checkAborted(create()));
    it('ends with AbortSignal.timeout', () => checkTimeout(create()));
    it('can be left, and gone on with', () => checkLeaving(create()));
    it('ends where a step fails', () => checkFailure(create()));
    it('refuses what is no signal and no batches', () => checkRefusals(create()));
    it('takes batches that come later', () => checkAsyncBatches(create()));
  });
}

variants.forEach(suite);

const endings = {
  'its last step': 'for await (const { step } of trainer.run([batch, batch])) console.log(step);',
  break:
    'for await (const { step } of trainer.run([batch, batch, batch])) { console.log(step); if (step === 2) break; }',
  'a step that fails':
    'try { for await (const { step } of trainer.run([batch, batch, null])) console.log(step); } catch {}',
  'an aborted signal':
    'const stop = new AbortController(); try { for await (const { step } of trainer.run(Array(9).fill(batch), { signal: stop.signal })) { console.log(step); if (step === 2) setTimeout(() => stop.abort(), 1); await new Promise((f) => setTimeout(f, 5)); } } catch {}',
  'an iterator that nobody asks again':
    'const run = trainer.run([batch, batch, batch]); for (let n = 0; n < 2; n++) console.log((await run.next()).value.step);',
};

/** With as many threads, the process ends just so. */
const runs = Object.entries(endings).flatMap(([name, ending]) =>
  [1, 2].map((threads) => ({ name, ending, threads })),
);

const program = (ending: string, threads: number) => `
  import { Adam, Linear, mse, Trainer } from './src/index.js';
  const model = new Linear(1, 1);
  const batch = { input: { data: new Float32Array([1, 2]), shape: [2, 1] }, target: { data: new Float32Array([3, 5]), shape: [2, 1] } };
  const trainer = new Trainer(model, { loss: mse, optimizer: new Adam(model), threads: ${threads} });
  ${ending}
`;

describe('a process whose training ended', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  beforeAll(() => writeWorker(folder));

  it.each(runs)('with $name, threads: $threads, ends', ({ name, ending, threads }) => {
    const outfile = join(folder, `${name.replaceAll(' ', '-')}-${threads}.mjs`);
    const resolveDir = fileURLToPath(new URL('../../', import.meta.url));
    const stdin = { contents: program(ending, threads), resolveDir };
    buildSync({
      stdin,
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      alias: SOURCES,
      tsconfigRaw: {},
    });
    const { signal, stdout, stderr } = spawnSync(process.execPath, [outfile], {
      encoding: 'utf8',
      timeout: 10_000,
    });
    expect(stderr).toBe('');
    expect(stdout).toBe('1\n2\n');
    expect(signal, 'killed after ten seconds').toBe(null);
  });
});
