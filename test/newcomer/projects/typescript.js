import assert from 'node:assert/strict';
import { copy } from '../guide.js';
import { tool } from '../project.js';
import { savedByPyTorch } from '../pytorch-model.js';

export const who = 'someone who writes TypeScript, strict';

export async function use(project) {
  project.write({
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        strict: true,
        target: 'ES2022',
        module: 'NodeNext',
        lib: ['ES2022', 'DOM'],
        rootDir: 'src',
        outDir: 'out',
        types: ['node'],
        typeRoots: [tool('@types')],
      },
      include: ['src'],
    }),
    'model.safetensors': savedByPyTorch(),
    'src/predict.mts': copy('README.md', 'Predict with PyTorch weights'),
    'src/train.mts': copy('README.md', 'Train'),
    'src/saved.mts': copy('docs/inference.md', 'Save and load'),
    'src/classes.mts': `import { LSTM, type Sequential, type Tensor } from 'lstm-wasm';
import { loadModel, saveModel } from 'lstm-wasm/files';
const bytes: Uint8Array = saveModel(new LSTM(3, 8));
const output: Tensor = loadModel<LSTM>(bytes).model.forward({ data: new Float32Array(3), shape: [1, 3] }).output;
const step = (model: Sequential, x: Float32Array): Float32Array => model.stream().step(x);
console.log(output.shape.length, typeof step);
`,
  });
  await project.run('node', tool('typescript/bin/tsc'));
  assert.equal(await project.run('node', 'out/predict.mjs'), '[ 1, 1 ]');
  assert.equal(await project.run('node', 'out/train.mjs'), 'true\ntrue');
  assert.equal(await project.run('node', 'out/saved.mjs'), '[ 5, 2 ] yes,no');
  assert.equal(await project.run('node', 'out/classes.mjs'), '2 function');
}
