import assert from 'node:assert/strict';
import { copy, said } from '../guide.js';
import { CONSOLE } from '../project.js';

export const who = 'someone with a plain HTML page and the one file';

export async function use(project) {
  for (const [n, form] of ['module', 'classic'].entries()) {
    const page = copy('docs/browser.md', 'Without a bundler', { language: 'html', n });
    project.write({ [`${form}.html`]: `<!doctype html>\n${CONSOLE}\n${page}` });
    assert.deepEqual(await project.browse(`${form}.html`, 1), ['416']);
  }

  // The README's training and that in a worker, with the one file in the place of the package's names, and with all of it.
  const examples = [copy('README.md', 'Train'), copy('docs/browser.md', 'Train in a worker')];
  for (const file of ['lstm-wasm', 'full'])
    for (const code of examples) {
      const script = code.replace(
        /'lstm-wasm(\/\w+)?'/g,
        `'./node_modules/lstm-wasm/build/standalone/${file}.js'`,
      );
      project.write({
        'page.html': `<!doctype html>\n${CONSOLE}\n<script type="module">\n${script}</script>`,
      });
      const expected = said(code).split('\n');
      assert.deepEqual(await project.browse('page.html', expected.length), expected, `${file}.js`);
    }
}
