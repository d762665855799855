import assert from 'node:assert/strict';
import { copy } from '../guide.js';
import { CONSOLE, tool } from '../project.js';

export const who = 'someone with a page, Vite, and training in the page and in a worker';

export async function use(project) {
  const page = (script) => `<!doctype html>\n${CONSOLE}\n<script type="module" src="/${script}"></script>`;
  project.write({
    'index.html': page('main.js'),
    'main.js': `${copy('README.md', 'Train')}\nimport('./worker.js');`,
    'worker.js': copy('docs/browser.md', 'Train in a worker'),
  });
  await project.run('node', tool('vite/bin/vite.js'), 'build', '--logLevel', 'warn');
  const shown = await project.browse('index.html', 3, `${project.folder}/dist`);
  assert.deepEqual(shown.slice(0, 2), ['true', 'true']);
  assert.match(shown[2], /^step 100, loss 0\.\d{3}$/);
}
