import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';

/* What the lint step for imports finds and what it lets through, in a small tree of its own. */

const script = fileURLToPath(new URL('../../scripts/lint-imports.mjs', import.meta.url));
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** The findings for these files, each with its text. */
function findings(files: Record<string, string>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-'));
  folders.push(folder);
  const paths = { '#pool': ['./src/parallel/pool.ts'] };
  const all = { 'tsconfig.json': JSON.stringify({ compilerOptions: { paths } }), ...files };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const { status, stderr } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' });
  const lines = stderr.split('\n').filter((line) => line !== '');
  expect(status, stderr).toBe(lines.length > 0 ? 1 : 0);
  return lines;
}

const tensor = { 'src/validation/tensor.ts': 'export type T = 1;' };

it.each([
  ['an import of a lower folder', { 'src/data/a.ts': "import { T } from '../validation/tensor.js';" }],
  ['an import in an example', { 'src/validation/a.ts': "/**\n * import { x } from '../data/b.js';\n */" }],
  ['a package and a builtin', { 'src/data/a.ts': "import x from 'fourier-transform';\nimport 'node:fs';" }],
  [
    'two files that import a third',
    {
      'src/data/a.ts': "import { x } from './c.js';",
      'src/data/b.ts': "export * from './c.js';",
      'src/data/c.ts': 'export const x = 1;',
    },
  ],
  [
    'an alias of a lower folder',
    { 'src/training/a.ts': "import('#pool');", 'src/parallel/pool.ts': 'export const x = 1;' },
  ],
])('lets %s through', (_, files) => expect(findings({ ...tensor, ...files })).toEqual([]));

const data = { 'src/data/b.ts': 'export type B = 1;' };

it.each([
  ['a value', "import { B } from '../data/b.js';"],
  ['a type', "import type { B } from '../data/b.js';"],
  ['one of several lines', "import {\n  type B,\n  C,\n} from '../data/b.js';"],
  ['a namespace', "import * as b from '../data/b.js';"],
  ['an export', "export { B } from '../data/b.js';"],
  ['all exports', "export * from '../data/b.js';"],
  ['no name', "import '../data/b.js';"],
  ['import()', "export const b = () => import('../data/b.js');"],
  ['the type of import()', "export type T = import('../data/b.js').B;"],
])('finds an import of a higher folder: %s', (_, text) => {
  const found = findings({ ...data, 'src/layers/a.ts': text });
  expect(found).toEqual([expect.stringMatching(/^src\/layers\/a\.ts imports src\/data\/b\.ts: /)]);
});

it('finds an import of a higher folder through an alias', () => {
  const found = findings({ 'src/layers/a.ts': "import('#pool');", 'src/parallel/pool.ts': '' });
  expect(found).toEqual([expect.stringMatching(/^src\/layers\/a\.ts imports src\/parallel\/pool\.ts: /)]);
});

it('finds each cycle once, with the files on it', () => {
  const found = findings({
    'src/data/a.ts': "import type { B } from './b.js';",
    'src/data/b.ts': "import { c } from './c.js';\nimport { a } from './a.js';",
    'src/data/c.ts': "export * from './d.js';",
    'src/data/d.ts': "import('./c.js');",
    'src/data/self.ts': "import { x } from './self.js';",
    'assembly/kernels/a.ts': "import { b } from './b';",
    'assembly/kernels/b.ts': "import { a } from './a';",
  });
  expect(found.sort()).toEqual([
    'import cycle: assembly/kernels/a.ts → assembly/kernels/b.ts → assembly/kernels/a.ts',
    'import cycle: src/data/a.ts → src/data/b.ts → src/data/a.ts',
    'import cycle: src/data/c.ts → src/data/d.ts → src/data/c.ts',
    'import cycle: src/data/self.ts → src/data/self.ts',
  ]);
});

it('finds a folder that it does not know', () => {
  expect(findings({ 'src/other/a.ts': '' })).toEqual([expect.stringMatching(/^src\/other\/a\.ts: /)]);
});
