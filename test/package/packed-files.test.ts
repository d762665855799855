import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, inject, it } from 'vitest';

/* The files of the package as npm would publish it. */

const root = join(import.meta.dirname, '../..');
const { consumer, files, unpackedSize } = inject('packed');

describe('the packed package', () => {
  it('holds what it needs and nothing else', () => {
    const allowed =
      /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|build\/(LICENSE\.[\w-]+|[\w/.-]+\.(js|cjs|js\.map|d\.ts)|wasm\/(simd|relaxed)\.wasm))$/;
    const names = files.map(({ path }) => path);
    expect(names.filter((name) => !allowed.test(name))).toEqual([]);
    expect(names.filter((name) => /test|debug|assembly\/|\.gitkeep/.test(name))).toEqual([]);
    for (const name of [
      'package.json',
      'README.md',
      'CHANGELOG.md',
      'LICENSE',
      'build/index.js',
      'build/types/index.d.ts',
    ])
      expect(names).toContain(name);
    // Both binaries, each as wasm, as text and as base64; the sources in the maps; the declarations; all in one file once more,
    // with inspection, as a classic script and as CommonJS; the worker of pages, and its text; the readers of CSV and sound.
    expect(unpackedSize).toBeLessThan(3_400_000);
  });

  it('names no place of the machine that built it', () => {
    for (const { path } of files) {
      const text = readFileSync(join(consumer, 'node_modules/lstm-wasm', path), 'latin1');
      expect(text.includes(root) || text.includes(`${tmpdir()}/`), path).toBe(false);
    }
  });

  it('is ASCII: one letter beyond it, and an engine holds the file with two bytes a letter', () => {
    for (const { path } of files.filter(({ path }) => path.endsWith('.js')))
      expect(
        readFileSync(join(consumer, 'node_modules/lstm-wasm', path)).findIndex((byte) => byte > 127),
        path,
      ).toBe(-1);
  });

  it('has a main entry of one chunk, since each file takes time to load', () => {
    const entry = readFileSync(join(consumer, 'node_modules/lstm-wasm/build/index.js'), 'utf8');
    const [chunk, ...others] = new Set(entry.match(/chunks\/[\w.-]+\.js/g));
    expect(others).toEqual([]);
    expect(readFileSync(join(consumer, 'node_modules/lstm-wasm/build', chunk as string), 'utf8')).not.toMatch(
      /from "\.\/chunk-/,
    );
  });

  it('brings nothing along', () => {
    const installed = readdirSync(join(consumer, 'node_modules')).filter((name) => !name.startsWith('.'));
    expect(installed).toEqual(['lstm-wasm']);
  });

  it('is one file for pages without a bundler, which imports two others only when they are asked for', async () => {
    const folder = join(consumer, 'node_modules/lstm-wasm/build/standalone');
    const { unpkg, jsdelivr } = JSON.parse(readFileSync(join(folder, '../../package.json'), 'utf8'));
    expect([unpkg, jsdelivr]).toEqual(Array(2).fill('./build/standalone/lstm-wasm.js'));
    expect(readdirSync(folder).sort()).toEqual([
      ...['audio.js', 'classic.js', 'csv.js', 'full.js', 'lstm-wasm.js', 'relaxed.js'],
    ]);
    const entryPoints = readdirSync(folder).map((name) => join(folder, name));
    const { metafile } = await build({
      ...{ entryPoints, outdir: folder, external: ['*'] },
      ...{ bundle: true, metafile: true, write: false },
    });
    const imported = Object.values(metafile.inputs).map(({ imports }) =>
      imports.map(({ path, kind }) => `${kind} ${path}`).sort(),
    );
    const later = [...Array(2).fill('dynamic-import ./audio.js'), 'dynamic-import ./csv.js'];
    expect(imported).toEqual([[], [], [], later, later, []]);
  });
});
