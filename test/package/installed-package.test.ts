import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';

/* The installed package, used by a process of its own. */

const { consumer } = inject('packed');

/** What a program printed, in the folder that has the package installed. */
function run(program: string, flags: readonly string[] = []): unknown {
  const source = join(consumer, 'program.mjs');
  writeFileSync(source, program);
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, source], {
    cwd: consumer,
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return JSON.parse(stdout);
}

const SHOW = 'const show = (value) => console.log(JSON.stringify(value));';

describe('the installed package', () => {
  it('predicts', () => {
    const program = `import { LSTM } from 'lstm-wasm'; ${SHOW}
      const lstm = new LSTM(3, 5, { seed: 1 });
      const { output } = lstm.forward({ data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [1, 2, 3] });
      show([output.shape, [...output.data].every((h) => h !== 0 && Math.abs(h) < 1), lstm.runtime.variant]);`;
    expect(run(program)).toEqual([[1, 2, 5], true, 'simd']);
  });

  it('has one LSTM and one default runtime in all its entries', () => {
    const program = `import { Adam, createRuntime, crossEntropy, Embedding, Linear, LSTM, Sequential, setDefaultRuntime, Trainer } from 'lstm-wasm';
      import { relaxed } from 'lstm-wasm/relaxed';
      import { loadModel, loadModelFile, saveModel, saveModelFile } from 'lstm-wasm/files';
      import { batches, lanes, Vocabulary } from 'lstm-wasm/data';
      ${SHOW}
      const model = new Sequential(new Embedding(9, 4), new LSTM(4, 5), new Linear(5, 9));
      const trainer = new Trainer(model, { loss: crossEntropy, optimizer: new Adam(model) });
      const text = Vocabulary.ofCharacters('abcdefghi').encode('abcdefghiabcdefghi');
      for await (const _ of trainer.run(lanes(text, { batch: 2, steps: 3 })));
      for (const batch of batches({ input: { data: text, shape: [6, 3] }, target: { data: text, shape: [6, 3] } }, { batchSize: 2 })) trainer.trainStep(batch);
      const { model: loaded } = loadModel(saveModel(model, { trainer }));
      await saveModelFile('model.safetensors', model);
      const { model: read } = await loadModelFile('model.safetensors');
      const fast = createRuntime({ binary: relaxed });
      setDefaultRuntime(fast);
      show([trainer.step, loaded instanceof Sequential, loaded.layers[1] instanceof LSTM, loaded.runtime === model.runtime,
        read.parameterCount === model.parameterCount, ['simd', 'relaxed'].includes(fast.variant), new LSTM(1, 1).runtime === fast]);`;
    expect(run(program)).toEqual([5, true, true, true, true, true, true]);
  });

  it('trains in a worker; its one file has all that the entries have', () => {
    const program = `import * as entries from 'lstm-wasm'; import { batches } from 'lstm-wasm/data';
      import { trainInWorker } from 'lstm-wasm/worker'; import * as standalone from 'lstm-wasm/standalone';
      ${SHOW}
      const { Adam, Linear, mse, Trainer } = entries;
      const model = new Linear(1, 1);
      const trainer = new Trainer(model, { loss: mse, optimizer: new Adam(model) });
      const rows = { data: new Float32Array(9), shape: [9, 1] };
      await trainInWorker(trainer, batches({ input: rows, target: rows }, { batchSize: 3 })).done;
      const names = Object.keys({ ...entries, batches, trainInWorker });
      show([trainer.step, names.filter((name) => !(name in standalone))]);`;
    expect(run(program)).toEqual([3, []]);
  });

  it('trains and validates on two threads', () => {
    const program = `import { Adam, Linear, LSTM, mse, Sequential, Trainer } from 'lstm-wasm'; import { batches } from 'lstm-wasm/data';
      ${SHOW}
      const rows = { data: Float32Array.from({ length: 24 }, (_, n) => n / 24), shape: [8, 3, 1] };
      const data = () => batches({ input: rows, target: rows }, { batchSize: 4, shuffle: false });
      const seen = [];
      for (const threads of [1, 2]) {
        const model = new Sequential(new LSTM(1, 4, { seed: 1, stateful: true }), new Linear(4, 1, { seed: 2 }));
        const trainer = new Trainer(model, { loss: mse, optimizer: new Adam(model), threads, validation: { batches: data(), every: 1 } });
        const before = (await trainer.evaluate(data())).loss;
        const losses = [];
        for await (const { validation } of trainer.run(data())) losses.push(validation.loss);
        seen.push([before, losses.length, losses.at(-1) < before]);
      }
      show(seen);`;
    const [alone, two] = run(program) as [unknown[], unknown[]];
    expect(two).toEqual(alone);
    expect(alone.slice(1)).toEqual([2, true]);
  });

  it('compiles nothing before the first layer, and then one module', () => {
    const program = `const { Module } = WebAssembly; let compiled = 0;
      WebAssembly.Module = class extends Module { constructor(bytes) { super(bytes); compiled++; } };
      for (const name of ['compile', 'instantiate']) { const real = WebAssembly[name]; WebAssembly[name] = (...given) => { compiled++; return real(...given); }; }
      const seen = [];
      const { createRuntime, LSTM } = await import('lstm-wasm');
      for (const entry of ['relaxed', 'files', 'data', 'inspect', 'worker']) await import('lstm-wasm/' + entry);
      seen.push(compiled);
      new LSTM(2, 2);
      seen.push(compiled);
      new LSTM(2, 2);
      createRuntime();
      seen.push(compiled);
      ${SHOW} show(seen);`;
    expect(run(program)).toEqual([0, 1, 1]);
  });

  it('looks into a model', () => {
    const program = `import { LSTM } from 'lstm-wasm';
      import { gates, gradientFlow } from 'lstm-wasm/inspect'; ${SHOW}
      const lstm = new LSTM(2, 3, { numLayers: 2, seed: 1 });
      const [input, grad] = [2, 3].map((width) => ({ data: new Float32Array(5 * width).fill(1), shape: [5, width] }));
      const { layers, warnings } = gradientFlow(lstm, { input, grad });
      const seen = gates(lstm, input).layers;
      show([layers.map((one) => Object.keys(one).join()), warnings, seen.map((one) => [one.name, one.f.shape, Object.keys(one).join()])]);`;
    const flow = 'name,cell,dh,dc,alongCell,throughGates,forgetProduct';
    const [layers, warnings, seen] = run(program) as unknown[][];
    expect([layers, warnings]).toEqual([[flow, flow], []]);
    expect(seen).toEqual(['l0', 'l1'].map((name) => [name, [5, 3], 'name,cell,i,f,g,o,c,h']));
  });

  it('carries binaries that import nothing, as text and as files', () => {
    const program = `import { readFileSync } from 'node:fs'; import { createRequire } from 'node:module'; import { fileURLToPath } from 'node:url';
      import { createRuntime, LSTM } from 'lstm-wasm';
      ${SHOW}
      const shown = ['simd', 'relaxed'].map((variant) => {
        const bytes = readFileSync(fileURLToPath(import.meta.resolve('lstm-wasm/' + variant + '.wasm')));
        if (!WebAssembly.validate(bytes)) return [0, variant, 24];
        const module = new WebAssembly.Module(bytes);
        const runtime = createRuntime({ module });
        return [WebAssembly.Module.imports(module).length, runtime.variant, new LSTM(2, 2, { runtime }).parameterCount - 24];
      });
      const required = createRequire(import.meta.url);
      show([shown, required('lstm-wasm/package.json').name]);`;
    const [shown, name] = run(program, process.execArgv) as [unknown[][], string];
    expect(name).toBe('lstm-wasm');
    expect(shown.map(([imports]) => imports)).toEqual([0, 0]);
    expect(shown.map(([, variant]) => variant)).toEqual(['simd', 'relaxed']);
  });

  it('has the same names in that file, and they work', () => {
    const program = `import * as all from 'lstm-wasm/standalone'; import { relaxed } from 'lstm-wasm/standalone/relaxed';
      import * as main from 'lstm-wasm'; import * as data from 'lstm-wasm/data'; import * as files from 'lstm-wasm/files';
      ${SHOW}
      const missing = Object.keys({ ...main, ...data, ...files }).filter((name) => !(name in all));
      const runtime = all.createRuntime({ binary: relaxed });
      const { model } = all.loadModel(all.saveModel(new all.LSTM(2, 3, { runtime })));
      show([missing, 'relaxed' in all, model.parameterCount]);`;
    expect(run(program)).toEqual([[], false, 84]);
  });

  it('reads tables and sound, from its entries and from its one file, with what is loaded then', () => {
    const program = `import * as data from 'lstm-wasm/data'; import * as standalone from 'lstm-wasm/standalone'; ${SHOW}
      const seen = [];
      for (const { readCsv, logMel } of [data, standalone]) {
        const table = await readCsv('a,b\\n1,"2"\\n');
        const mel = await logMel({ sampleRate: 8000 });
        seen.push([...table.numbers().data], mel.frames(new Float32Array(360)).shape);
      }
      show(seen);`;
    expect(run(program)).toEqual([
      [1, 2],
      [3, 40],
      [1, 2],
      [3, 40],
    ]);
  });

  it('trains to the bits that every runtime has to give', () => {
    writeFileSync(
      join(consumer, 'suite.js'),
      readFileSync(new URL('../runtimes/suite.js', import.meta.url), 'utf8'),
    );
    const report = run(`import { suite } from './suite.js'; ${SHOW} show((await suite()).simd.training);`);
    const stored = readFileSync(new URL('../runtimes/expected.json', import.meta.url), 'utf8');
    expect(report).toEqual(JSON.parse(stored));
  });

  it('has no other doors', () => {
    const program = `${SHOW} const codes = [];
      for (const path of ['build/index.js', 'src/index.js', 'disk', 'debug.wasm'])
        try { await import('lstm-wasm/' + path); codes.push('open'); } catch (error) { codes.push(error.code); }
      show(codes);`;
    expect(run(program)).toEqual(Array(4).fill('ERR_PACKAGE_PATH_NOT_EXPORTED'));
  });
});
