import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What the package's imports are in its sources, for a bundler. */
export const SOURCES = {
  '#threads': join(root, 'src/runtime/threads.node.ts'),
  '#worker-pool': join(root, 'src/parallel/pool.ts'),
};

/** Bundles the program of the workers to `worker.js` in a folder: a bundle that starts them looks for it beside itself. */
export function writeWorker(folder: string): string {
  const outfile = join(folder, 'worker.js');
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  buildSync({
    entryPoints: [join(root, 'src/workers/worker.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    alias: SOURCES,
    tsconfigRaw: {},
  });
  return outfile;
}
