import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const node = Number(process.versions.node.split('.')[0]);

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** `--mode slow` runs test/slow alone, `--mode oracle` test/oracle; without it everything else runs. */
const APART = ['slow', 'oracle'];

export default defineConfig(({ mode }) => ({
  resolve: {
    // The source, as the tests of everything else have it; without these the built copy would be taken, or what an example
    // with a package.json of its own has installed.
    alias: [
      { find: '#audio', replacement: source('src/data/log-mel.ts') },
      { find: '#csv', replacement: source('src/data/csv-parser.ts') },
      { find: '#disk', replacement: source('src/runtime/disk.node.ts') },
      { find: '#worker-pool', replacement: source('src/parallel/pool.ts') },
      { find: '#threads', replacement: source('test/helpers/threads.ts') },
      { find: /^lstm-wasm$/, replacement: source('src/index.ts') },
      { find: /^lstm-wasm\/(files|data|inspect)$/, replacement: source('src/$1/index.ts') },
    ],
  },
  test: {
    include: [APART.includes(mode) ? `test/${mode}/**/*.test.ts` : 'test/**/*.test.ts'],
    exclude: APART.includes(mode)
      ? ['**/node_modules/**']
      : ['test/runtimes/**', ...APART.map((folder) => `test/${folder}/**`)],
    testTimeout: mode === 'slow' ? 30 * 60_000 : 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // Node 20 has relaxed SIMD only behind this flag; from 22 on it neither needs nor knows it.
    execArgv: node < 22 ? ['--experimental-wasm-relaxed-simd'] : [],
    reporters: ['default', './test/helpers/reporter.ts'],
  },
}));
