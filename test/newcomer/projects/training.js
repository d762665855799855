import assert from 'node:assert/strict';
import { copy, said } from '../guide.js';

export const who = 'someone who trains: the loop, a checkpoint, a worker, threads';

export async function use(project) {
  const examples = {
    train: copy('README.md', 'Train'),
    validated: copy('docs/training.md', 'Training'),
    resumed: copy('docs/training.md', 'Checkpoints'),
    worker: copy('docs/browser.md', 'Train in a worker'),
    threads: copy('docs/training.md', 'Threads'),
  };
  for (const [name, code] of Object.entries(examples)) {
    project.write({ [`${name}.mjs`]: code });
    assert.equal(await project.run('node', `${name}.mjs`), said(code), name);
  }
}
