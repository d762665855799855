import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, inject, it } from 'vitest';

/* The forms of the package beside its modules: CommonJS for Jest, all in one file, a classic script. */

const { consumer } = inject('packed');
const installed = join(consumer, 'node_modules/lstm-wasm');

function run(name: string, program: string, flags: readonly string[] = []): unknown {
  const source = join(consumer, name);
  writeFileSync(source, program);
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, source], {
    cwd: consumer,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

const USE = `
async function use(main, files, data, inspect, worker) {
  const model = new main.Sequential(new main.LSTM(2, 3, { returnSequences: false, seed: 1 }), new main.Linear(3, 1, { seed: 1 }));
  const rows = () => data.batches({ input: { data: Float32Array.from({ length: 16 }, (_, n) => n / 16), shape: [4, 2, 2] },
    target: { data: new Float32Array(4), shape: [4, 1] } }, { batchSize: 4, epochs: 2 });
  const losses = [];
  for (const options of [{ threads: 2 }, {}]) {
    const trainer = new main.Trainer(model, { loss: main.mse, optimizer: new main.Adam(model), ...options });
    for await (const { loss } of options.threads ? trainer.run(rows()) : worker.trainInWorker(trainer, rows())) losses.push(loss);
  }
  const { model: loaded } = files.loadModel(files.saveModel(model));
  const { layers } = inspect.gates(loaded, { data: new Float32Array(4), shape: [1, 2, 2] });
  const { columns } = await data.readCsv('a,b\\n1,2\\n');
  const refused = (() => { try { new main.Sequential({}, 1); } catch (error) { return error.message; } })();
  return [losses, loaded.constructor.name, layers[0].cell, columns, refused];
}`;

const NAMES = ['', '/files', '/data', '/inspect', '/worker'].map((name) => `'lstm-wasm${name}'`);

describe('CommonJS', () => {
  const asModules = `import * as all from 'lstm-wasm'; ${USE}
    console.log(JSON.stringify(await use(...await Promise.all([${NAMES.map((name) => `import(${name})`)}]))));`;
  const required = `${USE}
    use(...[${NAMES.map((name) => `require(${name})`)}]).then((seen) => console.log(JSON.stringify(seen)));`;

  it('trains, with threads and in a worker, saves, looks inside and reads as the modules do', () => {
    // Without the condition that Node prefers, as Jest and Node before 20.19 resolve.
    const files = ['index', 'files', 'data', 'inspect', 'worker'].map(
      (name) => `'./node_modules/lstm-wasm/build/commonjs/${name}.cjs'`,
    );
    const direct = `${USE}
      use(...[${files.map((name) => `require(${name})`)}]).then((seen) => console.log(JSON.stringify(seen)));`;
    expect(run('direct.cjs', direct)).toEqual(run('modules.mjs', asModules));
  });

  it('is not a second copy in Node: require gives the modules', () => {
    expect(run('required.cjs', required)).toEqual(run('modules.mjs', asModules));
    const program = `import { createRequire } from 'node:module'; import { LSTM } from 'lstm-wasm';
      console.log(createRequire(import.meta.url)('lstm-wasm').LSTM === LSTM);`;
    expect(run('same.mjs', program)).toBe(true);
  });

  it('asks for nothing when it is loaded: a bundler of React Native resolves each require', () => {
    const text = readFileSync(join(installed, 'build/commonjs/all.cjs'), 'utf8');
    expect(text.match(/\b(?:require|import)\(\s*["'`][^)]*\)/g)).toBe(null);
  });
});

describe('the full file', () => {
  it('looks inside the layers that it makes, and runs relaxed', () => {
    const program = `import * as full from 'lstm-wasm/standalone/full'; ${USE}
      const { gates, gradientFlow, GRU, mse, createRuntime, relaxed } = full;
      const model = new GRU(1, 2);
      const input = { data: new Float32Array(3), shape: [3, 1] };
      const { layers } = gradientFlow(model, { input, target: { data: new Float32Array(6), shape: [3, 2] } }, { loss: mse });
      console.log(JSON.stringify([gates(model, input).layers[0].cell, layers.length, createRuntime({ binary: relaxed }).variant, model.constructor.name]));`;
    const [cell, count, variant, name] = run('full.mjs', program) as unknown[];
    expect([cell, count, name]).toEqual(['GRU', 1, 'GRU']);
    expect(['simd', 'relaxed']).toContain(variant);
  });

  it('says that two copies are loaded where a layer of another file comes in', () => {
    const program = `import { gates } from 'lstm-wasm/inspect'; import { LSTM } from 'lstm-wasm/standalone';
      try { gates(new LSTM(1, 1), { data: new Float32Array(1), shape: [1, 1] }); } catch (error) { console.log(JSON.stringify(error.message)); }`;
    expect(run('two.mjs', program)).toMatch(/an LSTM.*two copies of lstm-wasm are loaded/);
  });
});

describe('the classic script', () => {
  const text = () => readFileSync(join(installed, 'build/standalone/classic.js'), 'utf8');

  it('gives all of it as lstmWasm', async () => {
    const context: Record<string, unknown> = { console };
    runInNewContext(`${text()}; globalThis.all = lstmWasm;`, context);
    const { LSTM, gates, readCsv } = context.all as typeof import('../../src/standalone-full.js');
    expect(gates(new LSTM(1, 2), { data: new Float32Array(3), shape: [3, 1] }).layers).toHaveLength(1);
    expect((await readCsv('a\n1\n')).columns).toEqual(['a']);
  });

  it('imports nothing', () => {
    expect(text()).not.toMatch(/\bimport\(\s*["'`]\.|import\.meta/);
  });
});
