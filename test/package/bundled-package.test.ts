import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, inject, it } from 'vitest';
import { checkTreeShaking } from '../runtimes/tree-shaking.js';

/* What esbuild makes of pages that use the package. With rollup, webpack and Vite the same is part of `npm run test:runtimes`. */

const { consumer } = inject('packed');

describe('a page that esbuild bundles', () => {
  const built = join(consumer, 'node_modules/lstm-wasm/build');

  async function bundle(contents: string): Promise<string> {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: consumer },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      write: false,
    });
    return (outputFiles[0] as { text: string }).text;
  }

  it('with an LSTM alone carries neither readers, nor training, nor data, nor the relaxed binary', async () => {
    const page = "import { LSTM } from 'lstm-wasm'; console.log(new LSTM(1, 1));";
    expect(checkTreeShaking(await bundle(page), built)).toBe(true);
  });

  it.each([
    ['readers', "import { loadModel } from 'lstm-wasm/files'; console.log(loadModel);"],
    ['training', "import { LSTM, Trainer } from 'lstm-wasm'; console.log(LSTM, Trainer);"],
    ['data', "import { batches } from 'lstm-wasm/data'; console.log(batches);"],
    ['relaxed', "export { LSTM } from 'lstm-wasm'; export { relaxed } from 'lstm-wasm/relaxed';"],
  ])('that uses %s is seen to carry it', async (part, page) => {
    const code = await bundle(page);
    expect(() => checkTreeShaking(code, built)).toThrow(`carries ${part}`);
  });
});

describe('libraries of others', () => {
  it.each([
    ['an LSTM', "import { LSTM } from 'lstm-wasm'; console.log(LSTM);"],
    ['windows', "import { batches, windows } from 'lstm-wasm/data'; console.log(batches, windows);"],
    ['all of data', "import * as data from 'lstm-wasm/data'; console.log(data);"],
  ])('are in no file that a page with %s loads first', async (_, contents) => {
    const { metafile } = await build({
      stdin: { contents, resolveDir: consumer },
      ...{ bundle: true, format: 'esm', splitting: true, platform: 'browser' },
      ...{ write: false, metafile: true, outdir: join(consumer, 'out') },
    });
    const entry = Object.keys(metafile.outputs).find((name) => /stdin/.test(name)) as string;
    const first = [entry];
    for (const name of first) {
      const { imports } = metafile.outputs[name] as (typeof metafile.outputs)[string];
      first.push(...imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path));
    }
    const inputs = first.flatMap((name) => Object.keys(metafile.outputs[name]?.inputs ?? {}));
    expect(inputs.filter((name) => /(csv|audio)\.js$/.test(name))).toEqual([]);
  });
});
