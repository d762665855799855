import { join } from 'node:path';
import { visit } from './browsers.js';
import { versionOf } from './installed.js';
import { run } from './processes.js';

/** Chromium from before 115 compiles nothing above 4 kB on a main thread at once; each is unpacked by its own package. */
const VERSIONS = { chromium92: false, chromium114: false, chromium115: true };

/** The program that such a package unpacks into a folder, with the libraries that it needs. */
async function unpacked(name, folder) {
  const program = `const { default: chromium = require('${name}') } = require('${name}');
    (async () => {
      const path = chromium.executablePath;
      console.log(await (typeof path === 'function' ? chromium.executablePath() : path));
    })();`;
  const env = {
    TMPDIR: folder,
    AWS_LAMBDA_JS_RUNTIME: 'nodejs22.x',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs18.x',
  };
  const printed = await run(process.execPath, ['--input-type=commonjs', '--eval', program], {
    cwd: import.meta.dirname,
    env,
  });
  return {
    command: printed.trim().split('\n').at(-1),
    env: { LD_LIBRARY_PATH: [join(folder, 'aws/lib'), folder].join(':') },
  };
}

async function browser(name, profile) {
  const { command, env } = await unpacked(name, profile);
  const args = [
    '--headless',
    '--no-sandbox',
    '--no-zygote',
    '--disable-gpu',
    '--remote-debugging-port=0',
    `--user-data-dir=${profile}/user`,
  ];
  return { version: versionOf(name), command, args, env };
}

export const rows = Object.entries(VERSIONS).map(([name, synchronous]) => ({
  name,
  async run(installation) {
    const seen = await visit((profile) => browser(name, profile), installation, 'old.html', [
      'page',
      'web worker',
    ]);
    const { page } = seen.reports;
    const expected = synchronous ? 'synchronous' : 'ready()';
    if (page.also && !(expected in page.also)) page.also[expected] = `it said: ${page.atOnce}`;
    return seen;
  },
}));
