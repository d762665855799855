import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { laterNode, miniBrowser, onPath, versionOf } from './installed.js';
import { run, start } from './processes.js';
import { serve } from './server.js';

/** Each gives its version and the command that opens an address; `profile` is an empty folder. */
const browsers = {
  async chromium(profile) {
    const { command, env } = await chromium(profile);
    const version = await run(command, ['--version'], { env });
    // The port keeps it open: without one, it prints the page and ends.
    const args = ['--no-sandbox', '--remote-debugging-port=0', `--user-data-dir=${profile}/user`];
    return { version, command, args, env };
  },
  async firefox(profile) {
    const command = onPath('firefox-esr', 'firefox');
    const version = await run(command, ['--version'], { env: { HOME: profile } });
    const args = ['--headless', '--no-remote', '--profile', profile];
    return { version, command, args, env: { HOME: profile } };
  },
  async webkit(profile) {
    const command = onPath('xvfb-run');
    const browser = miniBrowser();
    const version = await run(command, ['-a', browser, '--version'], { env: { HOME: profile } });
    return { version, command, args: ['-a', browser, '--private'], env: { HOME: profile } };
  },
};

/** Its package unpacks itself and the libraries that it needs where temporary files go; it wants a later Node. */
async function chromium(folder) {
  versionOf('@sparticuz/chromium');
  const program = "console.log(await (await import('@sparticuz/chromium')).default.executablePath())";
  const env = { TMPDIR: folder, AWS_LAMBDA_JS_RUNTIME: 'nodejs22.x' };
  const args = ['--input-type=module', '--eval', program];
  const path = await run(laterNode(), args, { cwd: import.meta.dirname, env });
  return { command: path.trim(), env: { LD_LIBRARY_PATH: join(folder, 'al2023/lib') } };
}

/**
 * Opens a page of the installation and waits for the report of each of `environments`. `browser` is a name in the table above, or a
 * function like those in it.
 */
export async function visit(browser, installation, page, environments) {
  const server = await serve(installation);
  try {
    return await open(browser, server.address + page, server, environments);
  } finally {
    server.close();
  }
}

/** Like {@link visit}, for an address whose pages report to the server. */
export async function open(browser, address, server, environments) {
  const profile = mkdtempSync(join(tmpdir(), 'lstm-wasm-browser-'));
  let program;
  try {
    const launch = typeof browser === 'function' ? browser : browsers[browser];
    const { version, command, args, env } = await launch(profile);
    const began = Date.now();
    program = start(command, [...args, address], { env });
    const reports = await server.reports(environments, 60_000);
    return { version: version.match(/\d+\.\d+[\d.]*/)[0], began, reports };
  } finally {
    program?.stop();
    // What was stopped just now may still write.
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

const ENVIRONMENTS = ['page', 'page, one file', 'web worker', 'service worker', 'policy'];

export const rows = Object.keys(browsers).map((name) => ({
  name,
  async run(installation) {
    const seen = await visit(name, installation, 'page.html', ENVIRONMENTS);
    const { policy, ...reports } = seen.reports;
    const allowed = reports['page, one file'];
    const advises = policy.said?.includes("'wasm-unsafe-eval' in script-src");
    allowed.also = { policy: advises || `where it forbids WebAssembly: ${policy.failed ?? policy.said}` };
    return { ...seen, reports };
  },
}));
