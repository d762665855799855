import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript, without declarations
import { entryPoints, exported, imported, importedInNode, standalone } from '../../scripts/entries.mjs';

/* The entry points that scripts/entries.mjs derives from package.json. */

const sources = Object.values<string>(entryPoints([exported, imported, standalone]));

it('are made from sources that exist', () => {
  expect(sources).toContain('src/index.ts');
  expect(sources).toContain('src/runtime/disk.none.ts');
  expect(sources.filter((source) => !existsSync(source))).toEqual([]);
});

it('share chunks unless they are for pages without a bundler', () => {
  const names = ['', '/relaxed', '/files', '/data', '/inspect', '/worker'].map((name) => `lstm-wasm${name}`);
  expect(Object.keys(exported)).toEqual(expect.arrayContaining(names));
  expect(Object.keys(exported).filter((name) => /standalone|wasm$|json$/.test(name.slice(9)))).toEqual([]);
  expect(standalone).toEqual({
    'lstm-wasm': 'src/standalone.ts',
    full: 'src/standalone-full.ts',
    relaxed: 'src/relaxed.ts',
  });
});

it('are what the type checker resolves imports to', () => {
  const { paths } = JSON.parse(readFileSync('tsconfig.json', 'utf8')).compilerOptions;
  const expected = Object.entries(importedInNode).map(([name, source]) => [name, [`./${source}`]]);
  expect(paths).toEqual(Object.fromEntries(expected));
});
