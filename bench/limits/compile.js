// The kernels of the limits, compiled by the same compiler as the package.

import { readFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';

const FLAGS =
  '--optimizeLevel 3 --shrinkLevel 0 --converge --noAssert --runtime stub --use abort= --enable simd,relaxed-simd';

/** @returns the binary as base64 */
export async function compileLimits() {
  const source = readFileSync(new URL('kernel.ts', import.meta.url), 'utf8');
  let binary;
  const { error, stderr } = await asc.main(['kernel.ts', '--outFile', 'kernel.wasm', ...FLAGS.split(' ')], {
    readFile: (name) => (name === 'kernel.ts' ? source : null),
    writeFile: (_, contents) => {
      binary = contents;
    },
    listFiles: () => [],
  });
  if (error) throw new Error(`the kernels of the limits do not compile: ${stderr.toString()}`);
  return Buffer.from(binary).toString('base64');
}
