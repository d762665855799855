import assert from 'node:assert/strict';
import { copy } from '../guide.js';
import { predict, savedByPyTorch } from '../pytorch-model.js';

export const who = 'someone with PyTorch weights who serves them from Node and from an edge function';

export async function use(project) {
  const save = `
import { saveModelFile } from 'lstm-wasm/files';
await saveModelFile('served.safetensors', model);`;
  project.write({
    'model.safetensors': savedByPyTorch(),
    'predict.mjs': copy('README.md', 'Predict with PyTorch weights') + save,
    'server.mjs': copy('docs/inference.md', 'Serve predictions'),
    'edge.mjs': edge(),
  });
  assert.equal(await project.run('node', 'predict.mjs'), '[ 1, 1 ]');

  const steps = [
    [0.5, -1, 2],
    [1, 0, -0.25],
    [-2, 0.125, 3],
  ];
  const body = JSON.stringify(steps);
  const close = ([output]) =>
    assert.ok(Math.abs(output - predict(steps)) < 1e-6, `${output} is not ${predict(steps)}`);
  const server = await project.serve('server.mjs');
  try {
    close(await (await fetch(server.address, { method: 'POST', body })).json());
    for (const bad of ['', '[', '[[1]]', '{}', '"x"', ' '.repeat(200_000)])
      assert.equal((await fetch(server.address, { method: 'POST', body: bad })).status, 400);
    close(await (await fetch(server.address, { method: 'POST', body })).json());
  } finally {
    server.stop();
  }
  close(JSON.parse(await project.run('node', 'edge.mjs', body)));
}

/** The handler of the guide with this model, asked once. */
function edge() {
  const handler = copy('docs/edge.md', 'Edge').split('\nconst request')[0];
  const [before, after] = handler.split(/^const bytes = .*\n/m);
  return `import { readFileSync } from 'node:fs';
${before}const bytes = readFileSync('served.safetensors');
${after.replace('[values.length, 1]', '[values.length, 3]').replace('from(values)', 'from(values.flat())')}
const request = new Request('https://example.com', { method: 'POST', body: process.argv[2] });
console.log(await (await worker.fetch(request)).text());`;
}
