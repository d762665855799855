import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript, without declarations
import { names as shortened } from '../../scripts/short-names.mjs';
import { leftOut } from '../runtimes/left-out.js';

/*
 * The package as npm would publish it, installed without network in an empty folder and used there by a process of its
 * own.
 */

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-'));
const consumer = join(folder, 'consumer');
let files: { path: string; size: number }[] = [];
let unpackedSize = 0;

function newestOf(name: string): number {
  const names = readdirSync(join(root, name), { recursive: true, encoding: 'utf8' });
  return Math.max(...names.map((file) => statSync(join(root, name, file)).mtimeMs));
}

function isBuilt(): boolean {
  const entry = join(root, 'build/index.js');
  if (!existsSync(entry) || !existsSync(join(root, 'build/types/index.d.ts'))) return false;
  return statSync(entry).mtimeMs > Math.max(newestOf('src'), newestOf('assembly'));
}

function npm(cwd: string, ...args: string[]): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

beforeAll(() => {
  if (!isBuilt()) execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'ignore' });
  const [pack] = JSON.parse(npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder));
  ({ files, unpackedSize } = pack);
  mkdirSync(consumer);
  writeFileSync(join(consumer, 'package.json'), '{ "private": true, "type": "module" }');
  npm(
    consumer,
    'install',
    '--offline',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    join(folder, pack.filename),
  );
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true }));

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

describe('the packed package', () => {
  it('holds what it needs and nothing else', () => {
    const allowed =
      /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|build\/(LICENSE\.[\w-]+|[\w/.-]+\.(js|js\.map|d\.ts)|wasm\/(simd|relaxed)\.wasm))$/;
    const names = files.map(({ path }) => path);
    expect(names.filter((name) => !allowed.test(name))).toEqual([]);
    expect(names.filter((name) => /test|debug|assembly\/|\.gitkeep/.test(name))).toEqual([]);
    for (const name of [
      'package.json',
      'README.md',
      'CHANGELOG.md',
      'LICENSE',
      'build/index.js',
      'build/types/index.d.ts',
    ])
      expect(names).toContain(name);
    // Both binaries, each as wasm, as text and as base64; the sources in the maps; the declarations; all in one file once more,
    // and the worker of pages; the readers of CSV and sound, beside that file too.
    expect(unpackedSize).toBeLessThan(2_000_000);
  });

  it('names no place of the machine that built it', () => {
    for (const { path } of files) {
      const text = readFileSync(join(consumer, 'node_modules/lstm-wasm', path), 'latin1');
      expect(text.includes(root) || text.includes(`${tmpdir()}/`), path).toBe(false);
    }
  });

  it('is ASCII: one letter beyond it, and an engine holds the file with two bytes a letter', () => {
    for (const { path } of files.filter(({ path }) => path.endsWith('.js')))
      expect(
        readFileSync(join(consumer, 'node_modules/lstm-wasm', path)).findIndex((byte) => byte > 127),
        path,
      ).toBe(-1);
  });

  it('has a main entry of one chunk, since each file takes time to load', () => {
    const entry = readFileSync(join(consumer, 'node_modules/lstm-wasm/build/index.js'), 'utf8');
    const [chunk, ...others] = new Set(entry.match(/chunks\/[\w.-]+\.js/g));
    expect(others).toEqual([]);
    expect(readFileSync(join(consumer, 'node_modules/lstm-wasm/build', chunk as string), 'utf8')).not.toMatch(
      /from "\.\/chunk-/,
    );
  });

  it('brings nothing along', () => {
    const installed = readdirSync(join(consumer, 'node_modules')).filter((name) => !name.startsWith('.'));
    expect(installed).toEqual(['lstm-wasm']);
  });
});

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

  it('is one file for pages without a bundler, which imports two others only when they are asked for', async () => {
    const folder = join(consumer, 'node_modules/lstm-wasm/build/standalone');
    const { unpkg, jsdelivr } = JSON.parse(readFileSync(join(folder, '../../package.json'), 'utf8'));
    expect([unpkg, jsdelivr]).toEqual(Array(2).fill('./build/standalone/lstm-wasm.js'));
    expect(readdirSync(folder).sort()).toEqual(['audio.js', 'csv.js', 'lstm-wasm.js', 'relaxed.js']);
    const entryPoints = readdirSync(folder).map((name) => join(folder, name));
    const { metafile } = await build({
      ...{ entryPoints, outdir: folder, external: ['*'] },
      ...{ bundle: true, metafile: true, write: false },
    });
    const imported = Object.values(metafile.inputs).map(({ imports }) =>
      imports.map(({ path, kind }) => `${kind} ${path}`).sort(),
    );
    const later = [...Array(2).fill('dynamic-import ./audio.js'), 'dynamic-import ./csv.js'];
    expect(imported).toEqual([[], [], later, []]);
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

/** With rollup, webpack and Vite the same is part of `npm run test:runtimes`, which brings them along. */
describe('a page that esbuild bundles', () => {
  const built = join(consumer, 'node_modules/lstm-wasm/build');

  async function bundle(contents: string): Promise<string> {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: consumer },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      write: false,
    });
    return (outputFiles[0] as { text: string }).text;
  }

  it('with an LSTM alone carries neither readers, nor training, nor data, nor the relaxed binary', async () => {
    const page = "import { LSTM } from 'lstm-wasm'; console.log(new LSTM(1, 1));";
    expect(leftOut(await bundle(page), built)).toBe(true);
  });

  it.each([
    ['readers', "import { loadModel } from 'lstm-wasm/files'; console.log(loadModel);"],
    ['training', "import { LSTM, Trainer } from 'lstm-wasm'; console.log(LSTM, Trainer);"],
    ['data', "import { batches } from 'lstm-wasm/data'; console.log(batches);"],
    ['relaxed', "export { LSTM } from 'lstm-wasm'; export { relaxed } from 'lstm-wasm/relaxed';"],
  ])('that uses %s is seen to carry it', async (part, page) => {
    const code = await bundle(page);
    expect(() => leftOut(code, built)).toThrow(`carries ${part}`);
  });
});

describe('libraries of others', () => {
  it.each([
    ['an LSTM', "import { LSTM } from 'lstm-wasm'; console.log(LSTM);"],
    ['windows', "import { batches, windows } from 'lstm-wasm/data'; console.log(batches, windows);"],
    ['all of data', "import * as data from 'lstm-wasm/data'; console.log(data);"],
  ])('are in no file that a page with %s loads first', async (_, contents) => {
    const { metafile } = await build({
      stdin: { contents, resolveDir: consumer },
      ...{ bundle: true, format: 'esm', splitting: true, platform: 'browser' },
      ...{ write: false, metafile: true, outdir: folder },
    });
    const entry = Object.keys(metafile.outputs).find((name) => /stdin/.test(name)) as string;
    const first = [entry];
    for (const name of first) {
      const { imports } = metafile.outputs[name] as (typeof metafile.outputs)[string];
      first.push(...imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path));
    }
    const inputs = first.flatMap((name) => Object.keys(metafile.outputs[name]?.inputs ?? {}));
    expect(inputs.filter((name) => /(csv|audio)\.js$/.test(name))).toEqual([]);
  });
});

const CONSUMER = `
import { Adam, type Batch, crossEntropy, type Integers, Linear, LSTM, type Layer, mse, type Parameter, Sequential, type Tensor, Trainer } from 'lstm-wasm';
import { createRuntime, setDefaultRuntime } from 'lstm-wasm';
import { type Batches, batches, bucketBatches, type CsvTable, chronologicalSplit, lanes, logMel, readCsv, type Series, StandardScaler, Vocabulary, WordVocabulary, windows } from 'lstm-wasm/data';
import { loadModel, saveModel, type LoadedModel } from 'lstm-wasm/files';
import { type GradientFlow, gates, gradientFlow, type LayerFlow, type LayerGates } from 'lstm-wasm/inspect';
import { relaxed } from 'lstm-wasm/relaxed';
import { trainInWorker, type WorkerTraining } from 'lstm-wasm/worker';
import simd from 'lstm-wasm/simd.wasm';
import * as standalone from 'lstm-wasm/standalone';
import { relaxed as fast } from 'lstm-wasm/standalone/relaxed';

setDefaultRuntime(createRuntime({ binary: relaxed, seed: 1 }));
const fromModule: WebAssembly.Module = simd;
createRuntime({ module: fromModule });
standalone.batches({ input: new Int32Array(1), target: new Int32Array(1) }, { batchSize: 1, runtime: standalone.createRuntime({ binary: fast }) });
const input: Tensor = { data: new Float32Array(6), shape: [1, 2, 3] };
const model = new Sequential(new LSTM(3, 5, { numLayers: 2 }), new Linear(5, 4));
const output: Tensor = model.forward(input, { training: true }).output;
const { h0, c0 }: { h0: Tensor; c0: Tensor } = new LSTM(3, 5).backward({ output, hN: output });
const weight: Parameter | undefined = model.parameters.get('0.weight_ih_l0');
const layer: Layer = model;
const trainer = new Trainer<Integers>(layer, { loss: crossEntropy, optimizer: new Adam(model, { lr: 0.01 }) });
export async function train(data: Batch<Integers>[]): Promise<number> {
  let last = 0;
  for await (const { step, loss } of trainer.run(data, { signal: AbortSignal.timeout(1000) })) last = loss / step;
  for await (const _ of trainer.run(lanes(new Uint8Array(9), { batch: 2, steps: 2 }))) last++;
  for await (const _ of trainer.run(batches({ input, target: new Int32Array(1) }, { batchSize: 1 }))) last++;
  const training: WorkerTraining = trainInWorker(trainer, lanes(new Uint8Array(9), { batch: 2, steps: 2 }), {});
  for await (const { gradNorm } of training) last = gradNorm;
  await training.pause();
  return last;
}
export async function forecast(text: string): Promise<Tensor> {
  const table: CsvTable = await readCsv(text);
  const { train, test } = chronologicalSplit(table.numbers(['a'], { missing: [''] }), { test: 0.2 });
  const scaler: StandardScaler = new StandardScaler().fit(train);
  const scaled: Series = scaler.transform(test);
  for await (const _ of trainer.run(bucketBatches({ input: [input], target: [new Int32Array(2)] }, { batchSize: 1 }))) _;
  const words: Int32Array = WordVocabulary.fromJSON(JSON.stringify(WordVocabulary.of([text]))).encode(text);
  (await logMel({ sampleRate: words.length })).frames(input.data);
  const perRow: Batches<{ input: Tensor | { data: ArrayLike<number> } }> = batches(windows(scaled, { steps: 2 }), { batchSize: 1 });
  return perRow.length > 1 ? scaled : scaler.inverseTransform(windows(scaled, { steps: 2 }).target, { columns: ['a'] });
}
const flow: GradientFlow = gradientFlow(model, { input, target: output }, { loss: mse });
const norms: Float64Array | undefined = flow.layers.map(({ dc }: LayerFlow) => dc)[0];
const seen: readonly LayerGates[] = gates(model, input, { lengths: [2] }).layers;
export const forget: (Tensor | Float64Array | undefined)[] = [norms, ...seen.map((one) => (one.cell === 'LSTM' ? one.f : one.h))];
// @ts-expect-error: a GRU has no forget gate
seen.map((one) => one.cell === 'GRU' && one.f);
const loaded: LoadedModel = loadModel(saveModel(model, { trainer, metadata: { a: Vocabulary.ofCharacters('a').decode([0]) } }));
// @ts-expect-error: no such option
new LSTM(3, 5, { numLayer: 2 });
// @ts-expect-error: no such export
export type { Tape } from 'lstm-wasm';
export { c0, h0, loaded, weight };
`;

/** All names that users meet: of exports, of what their arguments and results hold, and so on. */
const PUBLIC_NAMES = `
import * as all from 'lstm-wasm/standalone';
type Next = [never, 0, 1, 2, 3, 4, 5];
type Given = readonly unknown[];
type Names<T, Depth extends number = 5> = [Depth] extends [never] ? never
  : T extends abstract new (...given: infer A extends Given) => infer I ? Names<A[number] | I, Next[Depth]>
  : T extends (...given: infer A extends Given) => infer R ? Names<A[number] | R, Next[Depth]>
  : T extends ReadonlyMap<unknown, infer V> | Promise<infer V> | readonly (infer V)[] | AsyncIterable<infer V> ? Names<V, Next[Depth]>
  : T extends ArrayBufferView | ArrayBuffer | AbortSignal ? never
  : T extends object ? { [K in keyof T]: (string extends K ? never : K) | Names<T[K], Next[Depth]> }[keyof T]
  : never;
type Public = Names<(typeof all)[keyof typeof all]>;
type Shared = Extract<Public, SHORTENED>;
export const shared: [Shared] extends [never] ? 'none' : Shared = 'none';
export const some: Extract<Public, 'numLayers' | 'readGrad' | 'optimizer'>[] = ['numLayers', 'readGrad', 'optimizer'];
`;

describe('the declarations', () => {
  it('name nothing that the build has shortened', () => {
    const union = shortened.map((name: string) => `'${name}'`).join(' | ');
    writeFileSync(join(consumer, 'names.ts'), PUBLIC_NAMES.replace('SHORTENED', union));
    expectTypes({ module: 'esnext', moduleResolution: 'bundler', lib: ['ES2022', 'DOM'] }, 'names.ts');
  });

  it.each([
    ['nodenext', 'nodenext', 'ES2022,DOM'],
    ['esnext', 'bundler', 'ES2022,DOM'],
    ['esnext', 'bundler', 'ESNext,DOM'],
    ['esnext', 'bundler', 'ES2022,WebWorker'],
  ])('serve a consumer: module %s, resolution %s, lib %s', (module, moduleResolution, lib) => {
    writeFileSync(join(consumer, 'consumer.ts'), CONSUMER);
    expectTypes({ module, moduleResolution, lib: lib.split(',') }, 'consumer.ts');
  });
});

function expectTypes(options: Record<string, unknown>, file: string): void {
  const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
  const checked = { target: 'ES2022', types: [], ...strict, skipLibCheck: false, noEmit: true };
  const compilerOptions = { ...options, ...checked };
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc], { cwd: consumer, encoding: 'utf8' });
  expect(stdout).toBe('');
  expect(status).toBe(0);
}
