// The API reference from the TSDoc of the public entry points, into docs/api/out: npm run docs.
// TypeDoc needs an older TypeScript than the project, so both are installed here when they are first needed.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const installed = new URL('node_modules/.package-lock.json', import.meta.url);
const lock = new URL('package-lock.json', import.meta.url);

if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
  const command = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  execFileSync('npm', command, { cwd: here, stdio: 'inherit', shell: process.platform === 'win32' });
}
const typedoc = ['node_modules/typedoc/bin/typedoc'];
const { status } = spawnSync(process.execPath, typedoc, { cwd: here, stdio: 'inherit' });
process.exitCode = status ?? 1;
