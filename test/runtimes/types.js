import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { subfolder } from './install-package.js';
import { packaged, versionOf } from './installed.js';
import { run } from './processes.js';

const require = createRequire(import.meta.url);

/** From the oldest that knows `moduleResolution: bundler` to the newest. */
const COMPILERS = ['ts50', 'ts54', 'ts56', 'ts59', 'typescript'];

/** What the package's declarations need of the platform: a page's, a worker's, or Node's alone. */
const LIBRARIES = {
  DOM: { lib: ['ES2022', 'DOM'], types: [] },
  WebWorker: { lib: ['ES2022', 'WebWorker'], types: [] },
  Node: { lib: ['ES2022'], types: ['node'] },
};

const USE = `
import { Adam, LSTM, Linear, mse, Sequential, softmax, Trainer } from 'lstm-wasm';
import { batches } from 'lstm-wasm/data';
import { saveModel, writeSafetensors } from 'lstm-wasm/files';
import { trainInWorker } from 'lstm-wasm/worker';

const model = new Sequential(new LSTM(3, 5), new Linear(5, 2));
const input = { data: new Float32Array(6), shape: [1, 2, 3] };
const trainer = new Trainer(model, { loss: mse, optimizer: new Adam(model) });
for await (const _ of trainInWorker(trainer, batches({ input, target: input }, { batchSize: 1 }), {}));
const { output } = model.forward(input);
const file = saveModel(model);
export const bytes: [Uint8Array, Float32Array] = [file, output.data];
export const plain: ArrayBuffer = file.buffer as ArrayBuffer;
`;

/** What TypeScript 5.9 refuses for arrays that might lie in shared memory. */
const USE_DOM = `
export const blob = new Blob([file, output.data, softmax(output).data, writeSafetensors({}), model.stream().step(new Float32Array(3))]);
export const response = new Response(model.parameters.get('1.bias')!.read());
export const digest = crypto.subtle.digest('SHA-256', file);
export const values = new Blob([model.stateDict()['1.bias']!.data, mse(output, output).grad.data]);
`;

async function types(installation) {
  const project = subfolder(installation, 'types');
  const also = {};
  for (const compiler of COMPILERS) {
    const failures = [];
    for (const [name, { lib, types }] of Object.entries(LIBRARIES)) {
      if (name === 'WebWorker' && compiler !== 'typescript') continue; // a part of DOM, as old as that
      const said = await check(project, compiler, lib, types, name === 'Node' ? USE : USE + USE_DOM);
      if (said !== '') failures.push(`${name}: ${said}`);
    }
    also[`TypeScript ${versionOf(compiler)}`] = failures.length === 0 || failures.join('\\n');
  }
  return { version: '', began: Date.now(), reports: { '': { alone: true, also } } };
}

/** What a compiler says of a project that uses the package, strictly and with the package's own declarations checked too. */
async function check(project, compiler, lib, types, use) {
  const options = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
  };
  const compilerOptions = {
    ...options,
    ...{ target: 'ES2022', module: 'ESNext', moduleResolution: 'bundler', lib, types },
    typeRoots: [join(require.resolve('@types/node/package.json'), '../..')],
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }));
  writeFileSync(join(project, 'use.ts'), use);
  try {
    await run(process.execPath, [packaged(`${compiler}/bin/tsc`)], { cwd: project });
    return '';
  } catch (error) {
    return error.message;
  }
}

export const rows = [{ name: 'types', run: types }];
