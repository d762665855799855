import assert from 'node:assert/strict';
import { copy, said } from '../guide.js';

export const who = 'someone who streams: values one by one, text, state between requests';

export async function use(project) {
  const examples = {
    stream: copy('docs/inference.md', 'Step by step'),
    text: copy('docs/inference.md', 'Generate text'),
    sessions: copy('docs/edge.md', 'Keep state between requests'),
  };
  for (const [name, code] of Object.entries(examples)) {
    project.write({ [`${name}.mjs`]: code });
    assert.equal(await project.run('node', `${name}.mjs`), said(code), name);
  }
}
