import assert from 'node:assert/strict';
import { copy } from '../guide.js';
import { CONSOLE } from '../project.js';

export const who = 'someone with a plain HTML page and the one file';

export async function use(project) {
  for (const [n, form] of ['module', 'classic'].entries()) {
    const page = copy('docs/browser.md', 'Without a bundler', { language: 'html', n });
    project.write({ [`${form}.html`]: `<!doctype html>\n${CONSOLE}\n${page}` });
    assert.deepEqual(await project.browse(`${form}.html`, 1), ['416']);
  }

  // The README's training, with the one file in the place of the package's names.
  const train = copy('README.md', 'Train').replace(
    /'lstm-wasm(\/data)?'/g,
    "'./node_modules/lstm-wasm/build/standalone/lstm-wasm.js'",
  );
  project.write({ 'train.html': `<!doctype html>\n${CONSOLE}\n<script type="module">\n${train}</script>` });
  assert.deepEqual(await project.browse('train.html', 2), ['true', 'true']);
}
