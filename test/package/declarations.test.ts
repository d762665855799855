import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';

/* The declarations of the installed package, as TypeScript reads them for a program that uses it. */

const root = join(import.meta.dirname, '../..');
const { consumer } = inject('packed');

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

describe('the declarations', () => {
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
