import assert from 'node:assert/strict';
import { copy } from '../guide.js';

export const who = 'someone who streams: values one by one, text, state between requests';

export async function use(project) {
  project.write({
    'stream.mjs': copy('docs/inference.md', 'Step by step'),
    'text.mjs': copy('docs/inference.md', 'Generate text'),
    'sessions.mjs': copy('docs/edge.md', 'Keep state between requests'),
  });
  assert.equal(await project.run('node', 'stream.mjs'), "[ '0.h', '0.c' ]");
  assert.equal(await project.run('node', 'text.mjs'), '21');
  assert.equal(await project.run('node', 'sessions.mjs'), 'true');
}
