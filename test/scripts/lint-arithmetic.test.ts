import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

/* What keeps inexact arithmetic out of src/: what it lets through, and that only one file is spared, which only one import may reach. */

const script = fileURLToPath(new URL('../../scripts/lint-arithmetic.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-'));

beforeAll(() => {
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data/log-mel.ts'), 'export const f = Math.log(Math.PI ** 2);');
});

afterAll(() => rmSync(folder, { recursive: true }));

function findings(code: string): string[] {
  writeFileSync(join(folder, 'a.ts'), code);
  const { status, stderr } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' });
  const lines = stderr.split('\n').filter((line) => line !== '');
  expect(status).toBe(lines.length > 0 ? 1 : 0);
  return lines;
}

it.each([
  'export const x = Math.sqrt(Math.fround(2)) / 3;',
  "export const later = () => import('#audio');",
  "import('#audio');",
  "import type { f } from './data/log-mel.js';\nexport type F = typeof f;",
])('lets %j through', (code) => expect(findings(code)).toEqual([]));

it.each([
  'export const x = Math.log(2);',
  'export const x = 2 ** 0.5;',
  'const { exp } = Math;\nexport { exp };',
  "import { f } from './data/log-mel.js';\nexport const x = f;",
  "export { f } from './data/log-mel.js';",
  "import {\n  f,\n} from '#audio';\nexport const x = f;",
])('finds %j', (code) => expect(findings(code).length).toBe(1));
