import { readFile } from 'node:fs/promises';

const BEGIN = 'function moduleFactory()';
const END = '}));';

/**
 * Papa Parse as a module: without what looks for AMD, CommonJS and globals around its factory, and without Node's streams, which it
 * brings a class for that nothing here uses.
 */
export const lightParser = {
  name: 'light-parser',
  setup({ onLoad, onResolve }) {
    onLoad({ filter: /papaparse.papaparse\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const [begin, end] = [text.indexOf(BEGIN), text.lastIndexOf(END)];
      if (begin < 0 || end < begin)
        throw new Error(`papaparse has changed: it no longer has ${JSON.stringify([BEGIN, END])}`);
      const license = text.slice(0, text.indexOf('*/') + 2);
      return {
        contents: `${license}\n${text.slice(begin, end)}}\nexport const { parse } = moduleFactory();`,
      };
    });
    onResolve({ filter: /^stream$/ }, ({ path }) => ({ path, namespace: 'none' }));
    onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: 'export const Duplex = undefined;' }));
  },
};
