// asc in its pedantic mode over the source, as each binary sees it: anything that it has to say fails.

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
