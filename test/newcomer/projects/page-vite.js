import assert from 'node:assert/strict';
import { copy, said } from '../guide.js';
import { CONSOLE, tool } from '../project.js';

export const who = 'someone with a page, Vite, and training in the page and in a worker';

export async function use(project) {
  const [train, worker] = [copy('README.md', 'Train'), copy('docs/browser.md', 'Train in a worker')];
  project.write({
    'index.html': `<!doctype html>\n${CONSOLE}\n<script type="module" src="/main.js"></script>`,
    'main.js': `${train}\nimport('./worker.js');`,
    'worker.js': worker,
  });
  await project.run('node', tool('vite/bin/vite.js'), 'build', '--logLevel', 'warn');
  const expected = `${said(train)}\n${said(worker)}`.split('\n');
  assert.deepEqual(await project.browse('index.html', expected.length, `${project.folder}/dist`), expected);
}
