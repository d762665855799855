import { readFile } from 'node:fs/promises';

/** What the core has no use for: it imports nothing, holds no managed objects, and its exports are called as they are. */
const UNUSED = [
  ['const utf16 = ', '/** Gets a string from memory. */'],
  ['  function getString(memory, ptr)', '  return extendedExports;'],
  ['  const exports = instance.exports;', '}\n\nfunction isResponse'],
];

/** AssemblyScript's loader without the parts above, which are 2 kB (gzip) of a page and half a millisecond of its start. */
export const lightLoader = {
  name: 'light-loader',
  setup: ({ onLoad }) =>
    onLoad({ filter: /@assemblyscript.loader.index\.js$/ }, async ({ path }) => ({
      contents: UNUSED.reduce(without, await readFile(path, 'utf8')),
    })),
};

/** `text` without what lies from one mark to the other. */
function without(text, [from, to]) {
  const begin = text.indexOf(from);
  const end = text.indexOf(to, begin);
  if (begin < 0 || end < 0) {
    throw new Error(`@assemblyscript/loader has changed: it no longer has ${JSON.stringify([from, to])}`);
  }
  return text.slice(0, begin) + text.slice(end);
}
