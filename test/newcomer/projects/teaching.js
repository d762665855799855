import assert from 'node:assert/strict';
import { copy } from '../guide.js';

export const who = 'someone who teaches: gradients over time and gates, in a script';

export async function use(project) {
  project.write({
    'flow.mjs': copy('docs/why-it-learns.md', 'Where the gradient goes'),
    'gates.mjs': copy('docs/why-it-learns.md', 'What the gates do'),
  });
  const [rnn, lstm] = (await project.run('node', 'flow.mjs')).split('\n');
  assert.match(rnn, /^RNN 4e-26 .*the gradient vanishes/);
  assert.match(lstm, /^LSTM 0\.05 /);
  assert.equal(await project.run('node', 'gates.mjs'), '[ 2, 100, 8 ]\ntrue');
}
