import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
// @ts-expect-error: plain JavaScript, without declarations
import { importedInNode } from '../../scripts/entries.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The sources of the package's `imports`, as a bundler's aliases. */
export const SOURCES: Record<string, string> = Object.fromEntries(
  Object.entries<string>(importedInNode).map(([name, source]) => [name, join(root, source)]),
);

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

/** Bundles a program that starts workers to `program.mjs` in a folder, with the workers' beside it. Its imports are relative to the root. */
export function writeProgram(folder: string, contents: string): string {
  const outfile = join(folder, 'program.mjs');
  writeWorker(folder);
  buildSync({
    stdin: { contents, resolveDir: root },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    alias: SOURCES,
    tsconfigRaw: {},
  });
  return outfile;
}
