import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const done = new URL('node_modules/.package-lock.json', import.meta.url);
const lock = new URL('package-lock.json', import.meta.url);

if (!existsSync(done) || statSync(done).mtimeMs < statSync(lock).mtimeMs) {
  console.log('installing what test/oracle/package.json names');
  // Without its script, which would download the libraries for graphics cards.
  const command = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  execFileSync('npm', command, { cwd: here, stdio: 'inherit', shell: process.platform === 'win32' });
}
