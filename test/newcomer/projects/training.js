import assert from 'node:assert/strict';
import { copy } from '../guide.js';

export const who = 'someone who trains: the loop, a checkpoint, a worker, threads';

export async function use(project) {
  project.write({
    'train.mjs': copy('README.md', 'Train'),
    'validated.mjs': copy('docs/training.md', 'Training'),
    'resumed.mjs': copy('docs/training.md', 'Checkpoints'),
    'worker.mjs': copy('docs/browser.md', 'Train in a worker'),
    'threads.mjs': copy('docs/training.md', 'Threads'),
  });
  assert.equal(await project.run('node', 'train.mjs'), 'true\ntrue');
  assert.equal(await project.run('node', 'validated.mjs'), 'true true');
  assert.equal(await project.run('node', 'resumed.mjs'), '20');
  assert.match(await project.run('node', 'worker.mjs'), /^step 100, loss 0\.\d{3}$/);
  assert.equal(await project.run('node', 'threads.mjs'), '1');
}
