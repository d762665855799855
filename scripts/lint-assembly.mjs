// Compiles the core in asc's pedantic mode with the features of each binary; any warning fails.

import { spawnSync } from 'node:child_process';

const asc = 'node_modules/assemblyscript/bin/asc.js';

for (const features of [[], ['--enable', 'relaxed-simd']]) {
  const args = [asc, '--target', 'debug', '--pedantic', '--noEmit', ...features];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0 || stderr !== '') {
    console.error(stderr);
    process.exitCode = 1;
  }
}
