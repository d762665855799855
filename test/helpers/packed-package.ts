import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

/*
 * Before the tests of test/package: packs the package as npm would publish it, once, and installs it without network in an
 * empty folder.
 */

export interface PackedPackage {
  /** The folder that has the package installed. */
  consumer: string;
  files: { path: string; size: number }[];
  unpackedSize: number;
}

declare module 'vitest' {
  export interface ProvidedContext {
    packed: PackedPackage;
  }
}

const root = join(import.meta.dirname, '../..');

export default function setup(project: TestProject): () => void {
  if (!isBuilt()) execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'ignore' });
  const folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-'));
  const [pack] = JSON.parse(npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder));
  const consumer = join(folder, 'consumer');
  mkdirSync(consumer);
  writeFileSync(join(consumer, 'package.json'), '{ "private": true, "type": "module" }');
  const flags = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  npm(consumer, 'install', ...flags, join(folder, pack.filename));
  project.provide('packed', { consumer, files: pack.files, unpackedSize: pack.unpackedSize });
  return () => rmSync(folder, { recursive: true });
}

function npm(cwd: string, ...args: string[]): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function isBuilt(): boolean {
  const entry = join(root, 'build/index.js');
  if (!existsSync(entry) || !existsSync(join(root, 'build/types/index.d.ts'))) return false;
  return statSync(entry).mtimeMs > Math.max(newestIn('src'), newestIn('assembly'), newestIn('scripts'));
}

function newestIn(name: string): number {
  const names = readdirSync(join(root, name), { recursive: true, encoding: 'utf8' });
  return Math.max(...names.map((file) => statSync(join(root, name, file)).mtimeMs));
}
