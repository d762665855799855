import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './processes.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '../..');

/** Packs and installs the package in a clean folder outside the repository, with the test suite beside it. */
export async function installPackage() {
  const folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-runtimes-'));
  await run(process.execPath, ['scripts/build.mjs'], { cwd: root, timeout: 300_000 });
  const packed = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
  });
  const tarball = join(folder, JSON.parse(packed)[0].filename);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  await run('npm', ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball], {
    cwd: folder,
  });
  cpSync(join(here, 'start'), folder, { recursive: true });
  cpSync(join(here, 'suite.js'), join(folder, 'suite.js'));
  copyExample(folder, 'audio-worklet');
  writeStandalone(folder);
  return folder;
}

/** Copies for pages without a bundler: workers have no import map, so paths replace package names. */
function writeStandalone(folder) {
  const base = '../node_modules/lstm-wasm/build/standalone';
  mkdirSync(join(folder, 'standalone'));
  for (const name of readdirSync(folder).filter((name) => /\.(js|html)$/.test(name))) {
    const text = readFileSync(join(folder, name), 'utf8')
      .replace("'lstm-wasm/relaxed'", `'${base}/relaxed.js'`)
      .replace(/'lstm-wasm(\/data)?'/g, `'${base}/lstm-wasm.js'`);
    writeFileSync(join(folder, 'standalone', name), text);
  }
}

/** An example of pages without a bundler, on the installed package. */
function copyExample(folder, name) {
  const to = join(folder, 'examples', name);
  cpSync(join(root, 'examples', name), to, { recursive: true });
  for (const file of readdirSync(to)) {
    const text = readFileSync(join(to, file), 'utf8');
    writeFileSync(join(to, file), text.replaceAll('../../build/', '../../node_modules/lstm-wasm/build/'));
  }
}

/** A separate folder in the installation, for the output of one runtime or bundler. */
export function subfolder(installation, name) {
  const path = join(installation, 'made', name);
  mkdirSync(path, { recursive: true });
  return path;
}
