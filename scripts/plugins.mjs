// The build's plugins for esbuild.

import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';

/**
 * Has the given sources import the main entry, so that what they share is one chunk instead of one for each set of entries:
 * Node takes one to two milliseconds to load a file.
 */
export function shareOneChunk(main, sources) {
  const sharing = new Set(sources.map((source) => resolve(source)));
  return {
    name: 'share-one-chunk',
    setup: ({ onLoad }) =>
      onLoad({ filter: /src.+\.ts$/ }, async ({ path }) => {
        if (!sharing.has(path)) return undefined;
        const from = relative(dirname(path), main).replaceAll('\\', '/');
        // On the first line, so that line numbers in stack traces stay right.
        return { contents: `import './${from}';${await readFile(path, 'utf8')}`, loader: 'ts' };
      }),
  };
}

/** Imports each of the given names, such as `#csv`, from a file beside the bundle, csv.js. */
export function importFromBeside(names) {
  return {
    name: 'import-from-beside',
    setup: ({ onResolve }) =>
      onResolve({ filter: /^#/ }, ({ path }) =>
        names.includes(path) ? { path: `./${path.slice(1)}.js`, external: true } : undefined,
      ),
  };
}

/** Replaces the given imports by an empty module with the same names. */
export function replaceByNothing(exportsByName) {
  return {
    name: 'replace-by-nothing',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^#/ }, ({ path }) =>
        path in exportsByName ? { path, namespace: 'nothing' } : undefined,
      );
      onLoad({ filter: /.*/, namespace: 'nothing' }, ({ path }) => ({ contents: exportsByName[path] }));
    },
  };
}

/** Loads Node's modules when the bundle runs, so that no bundler or test runner has to resolve or import them. */
export const builtinModules = {
  name: 'builtin-modules',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'builtin' }));
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = globalThis.process?.getBuiltinModule?.('${path}') ?? {};`,
    }));
  },
};
