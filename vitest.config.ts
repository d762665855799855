import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
// @ts-expect-error: plain JavaScript, without declarations
import { exported, importedInNode } from './scripts/entries.mjs';

const node = Number(process.versions.node.split('.')[0]);

/** Folders with their own projects; `unit` has the rest, which mirrors assembly/, src/, scripts/ and docs/. */
const SEPARATE = ['package', 'examples', 'slow', 'oracle'];

const project = (name: string, test: object = {}) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`], ...test },
});

export default defineConfig({
  resolve: {
    // The sources; otherwise imports resolve to the build, or to a package that an example has installed.
    alias: Object.entries<string>({
      ...exported,
      ...importedInNode,
      '#threads': 'test/helpers/threads.ts',
    }).map(([name, source]) => ({
      find: new RegExp(`^${name}$`),
      replacement: join(import.meta.dirname, source),
    })),
  },
  test: {
    projects: [
      project('unit', {
        include: ['test/**/*.test.ts'],
        exclude: [...SEPARATE, 'runtimes'].map((folder) => `test/${folder}/**`),
      }),
      project('package', { globalSetup: 'test/helpers/packed-package.ts' }),
      project('examples'),
      project('slow', { testTimeout: 30 * 60_000 }),
      project('oracle'),
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // Node 20 supports relaxed SIMD only behind this flag, which does not exist from Node 22 on.
    execArgv: node < 22 ? ['--experimental-wasm-relaxed-simd'] : [],
    reporters: ['default', './test/helpers/reporter.ts'],
  },
});
