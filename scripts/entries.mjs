// The files that the build makes, derived from package.json: build/x.js in its `exports` or `imports` is built from src/x.ts. The
// build, the check of the packed files and the tests use this list.

import { readFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** Every file that `exports` and `imports` name, under any condition. */
export const targets = [...new Set(leaves([manifest.exports, manifest.imports]))];

/** Sources of the entry points of package.json's `exports` that share chunks, by the name that users import. */
export const exported = Object.fromEntries(
  Object.entries(manifest.exports)
    .filter(([, { default: file }]) => file?.endsWith('.js') && !file.includes('/standalone/'))
    .map(([name, { default: file }]) => [name.replace('.', manifest.name), sourceOf(file)]),
);

/** Sources of the files that pages without a bundler load. */
export const standalone = Object.fromEntries(
  Object.values(manifest.exports)
    .filter(({ default: file }) => file?.includes('/standalone/'))
    .map(({ default: file, types }) => [
      nameOf(file),
      types.replace('./build/types/', 'src/').replace('.d.ts', '.ts'),
    ]),
);

/** Sources behind `imports`, by name and then by condition; the binaries are not among them. */
export const imported = Object.fromEntries(
  Object.entries(manifest.imports)
    .filter(([name]) => !name.startsWith('#wasm/'))
    .map(([name, files]) => [name, mapped(files)]),
);

/** The source that each import has in Node, which runs the tests. */
export const importedInNode = Object.fromEntries(
  Object.entries(imported).map(([name, source]) => [name, source.node ?? source]),
);

/** `{ 'files/index': 'src/files/index.ts' }`: entry points as esbuild takes them. */
export function entryPoints(sources) {
  return Object.fromEntries(leaves(sources).map((source) => [source.slice(4, -3), source]));
}

function mapped(files) {
  if (typeof files === 'string') return sourceOf(files);
  return Object.fromEntries(Object.entries(files).map(([condition, file]) => [condition, sourceOf(file)]));
}

function sourceOf(file) {
  return file.replace('./build/', 'src/').replace(/\.js$/, '.ts');
}

function nameOf(file) {
  return file.match(/([\w-]+)\.js$/)[1];
}

function leaves(value) {
  return typeof value === 'string' ? [value] : Object.values(value).flatMap(leaves);
}
