// Makes the two models of models/: `npm run train --prefix examples/edge`. The default binary and fixed seeds: the files are the
// same to the last bit on every machine.

import { mkdir, writeFile } from 'node:fs/promises';
import { saveModel } from 'lstm-wasm/files';
import { trainForecaster } from './forecaster.js';
import { inHalves } from './half.js';
import { trainWriter } from './writer.js';

const folder = new URL('../models/', import.meta.url);
await mkdir(folder, { recursive: true });
await make('forecaster', trainForecaster);
await make('writer', trainWriter);

async function make(name, train) {
  const began = performance.now();
  const { model, metadata, figures } = await train((line) => console.log(`${name}: ${line}`));
  const file = inHalves(saveModel(model, { metadata }));
  await writeFile(new URL(`${name}.safetensors`, folder), file);
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(`${name}: ${figures}; ${file.length} bytes, ${seconds} s`);
}
