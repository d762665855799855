import { readFile } from 'node:fs/promises';

/**
 * Has the other entries import the main one, so that what they share is one chunk and not one for each set of entries: Node
 * takes one to two milliseconds to load a file, and the main entry is loaded most.
 */
export const oneChunk = {
  name: 'one-chunk',
  setup: ({ onLoad }) =>
    onLoad(
      { filter: /src.(files.index|data.index|inspect.index|worker|workers.worker)\.ts$/ },
      async ({ path }) => ({
        contents: `import '${/src.worker\.ts/.test(path) ? '.' : '..'}/index.js';\n${await readFile(path, 'utf8')}`,
        loader: 'ts',
      }),
    ),
};
