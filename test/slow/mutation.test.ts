import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/*
 * Whether the parity tests have teeth: a copy of the sources, in which one derivative is off by a thousandth or one term of it is another, has to fail
 * them. Each mutation names a piece of the source that stands there once; where the source has moved on, it fails.
 */

interface Mutation {
  title: string;
  file: string;
  find: string;
  replace: string;
}

/** The derivative `find`, times 1.001. */
function scaled(title: string, file: string, find: string): Mutation {
  return { title, file, find, replace: `f32x4.mul(splat(1.001), ${find})` };
}

/** A term of a derivative that is another, or missing. */
function swapped(title: string, file: string, find: string, replace: string): Mutation {
  return { title, file, find, replace };
}

const LSTM = 'assembly/cells/lstm.ts';
const ACTIVATION = 'assembly/kernels/activation.ts';
const GENERAL = 'assembly/cells/lstm-general.ts';
const GRU = 'assembly/cells/gru.ts';
const NORM = 'assembly/cells/layer-norm.ts';

const mutations: Mutation[] = [
  scaled('LSTM: di∘i∘(1 − i)', LSTM, 'f32x4.mul(di, f32x4.mul(i, f32x4.sub(one, i)))'),
  scaled('LSTM: df∘f∘(1 − f)', LSTM, 'f32x4.mul(df, f32x4.mul(f, f32x4.sub(one, f)))'),
  scaled('LSTM: dg∘(1 − g²)', LSTM, 'f32x4.mul(dg, f32x4.sub(one, f32x4.mul(g, g)))'),
  scaled('LSTM: do∘o∘(1 − o)', LSTM, 'f32x4.mul(dOut, f32x4.mul(o, f32x4.sub(one, o)))'),
  scaled(
    'LSTM: dh∘o∘(1 − tanh²(c))',
    LSTM,
    'f32x4.mul(f32x4.mul(dh, o), f32x4.sub(one, f32x4.mul(tanhCell, tanhCell)))',
  ),
  scaled('LSTM: dc∘f', LSTM, 'f32x4.mul(dc, f)'),
  scaled("general: tanh'", ACTIVATION, 'f32x4.sub(one, f32x4.mul(y, y))'),
  scaled("general: σ'", ACTIVATION, 'f32x4.mul(y, f32x4.sub(one, y))'),
  scaled("general: relu'", ACTIVATION, 'v128.and(one, f32x4.gt(x, zero))'),
  swapped('peephole of o', GENERAL, '(<usize>(2 * H) << 2), sumGradientOf', '(<usize>H << 2), sumGradientOf'),
  swapped("zoneout's part of c", GENERAL, 'addTo(dcell, carried, count);', ''),
  swapped('the coupled gate', GENERAL, 'subtract(d, d, df, count);', ''),
  swapped('dz of the GRU', GRU, 'subtract(dm, old, n, count);', 'subtract(dm, n, old, count);'),
  swapped('the reset before its product', GRU, 'addProduct(dState, d, r, count);', ''),
  swapped('the mean of a norm', NORM, 'weighted - sum - ', 'weighted - '),
];

const repository = fileURLToPath(new URL('../../', import.meta.url));
const needed = [
  ...['asconfig.json', 'package.json', 'tsconfig.json', 'vitest.config.ts'],
  ...['assembly', 'build/wasm', 'scripts', 'src', 'test/helpers', 'test/vectors'],
  'test/layers/parity.test.ts',
  'test/layers/parity-options.test.ts',
  'test/layers/parity-variants.test.ts',
];

let copy: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'lstm-wasm-mutation-'));
  for (const name of needed) cpSync(join(repository, name), join(copy, name), { recursive: true });
  symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'), 'junction');
});

afterAll(() => rmSync(copy, { recursive: true }));

/** A tool of node_modules in the copy; not as a test of this run's, so without what vitest tells its workers. */
function run(script: string, args: string[]) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV|NODE_OPTIONS|REQUIRE_)/.test(name)),
  );
  const options = { cwd: copy, env: { ...env, NO_COLOR: '1' }, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join('node_modules', script), ...args],
    options,
  );
  return { status, text: stdout + stderr };
}

/** Builds the simd binary of the copy and runs its parity tests: how many passed, how many failed. */
function parity(): { passed: number; failed: number } {
  const binary = join(copy, 'build/wasm/simd');
  const asc = run('assemblyscript/bin/asc.js', ['--target', 'simd']);
  expect(asc.status, asc.text).toBe(0);
  const file = JSON.stringify(`${binary}.wasm`);
  writeFileSync(
    `${binary}.node.js`,
    `import { readFileSync } from 'node:fs';\nexport default new WebAssembly.Module(readFileSync(${file}));\n`,
  );
  const { status, text } = run('vitest/vitest.mjs', ['run', '--project', 'unit', '-t', '\\[simd\\]']);
  const counts = /^(\d+) passed, (\d+) failed, \d+ skipped$/m.exec(text);
  if (counts === null) throw new Error(`the parity tests did not come to their end:\n${text}`);
  const [passed, failed] = counts.slice(1).map(Number);
  expect(status === 0, text).toBe(failed === 0);
  return { passed, failed };
}

const table: { mutant: string; passed: number; failed: number }[] = [];
afterAll(() => console.table(table));

/** One file of the copy, mutated while `action` runs. */
function mutated<T>({ file, find, replace }: Mutation, action: () => T): T {
  const path = join(copy, file);
  const source = readFileSync(path, 'utf8');
  expect(source.split(find).length - 1, `occurrences in ${file} of ${find}`).toBe(1);
  writeFileSync(
    path,
    source.replace(find, () => replace),
  );
  try {
    return action();
  } finally {
    writeFileSync(path, source);
  }
}

describe('parity tests of mutants [simd]', () => {
  it('all pass where nothing was changed', () => {
    const counts = parity();
    table.push({ mutant: 'none', ...counts });
    expect(counts.failed).toBe(0);
    expect(counts.passed).toBeGreaterThan(50);
  });

  it.each(mutations)('fail with $title off', (mutation) => {
    const counts = mutated(mutation, parity);
    table.push({ mutant: mutation.title, ...counts });
    expect(counts.failed).toBeGreaterThan(0);
    // A copy that does not load fails too: that would prove nothing.
    expect(counts.passed + counts.failed).toBe(table[0].passed);
  });
});
