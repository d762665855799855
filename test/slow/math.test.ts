import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { type Errors, FUNCTIONS, type FunctionName, join, noErrors } from '../helpers/math/measure.js';

/*
 * exp, sigmoid and tanh over all 2^32 floats, as simd, relaxed fused, and relaxed unfused: what an engine does without
 * multiply-add instructions. A flag of V8 turns them off, so each binary runs in processes of its own.
 */

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const folder = mkdtempSync(joinPath(tmpdir(), 'lstm-wasm-math-'));
const program = joinPath(folder, 'process.mjs');
buildSync({
  entryPoints: [file('test/helpers/math/process.ts')],
  outfile: program,
  bundle: true,
  platform: 'node',
  format: 'esm',
});
afterAll(() => rmSync(folder, { recursive: true }));

const relaxedFlags =
  Number(process.versions.node.split('.')[0]) < 22 ? ['--experimental-wasm-relaxed-simd'] : [];

interface Build {
  title: string;
  variant: 'simd' | 'relaxed';
  flags: string[];
  fused: boolean;
}

const builds: Build[] = [
  { title: '[simd]', variant: 'simd', flags: [], fused: false },
  { title: '[relaxed] fused', variant: 'relaxed', flags: relaxedFlags, fused: true },
  {
    title: '[relaxed] unfused',
    variant: 'relaxed',
    flags: [...relaxedFlags, '--no-enable-fma3'],
    fused: false,
  },
];

const key = ({ title }: Build, name: FunctionName) => `${title} ${name}`;
const binary = ({ variant }: Build) => file(`build/wasm/${variant}.wasm`);

/** "refused", or whether the multiply-add is fused. */
function probe(build: Build): boolean | 'refused' {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...build.flags, program, binary(build)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as boolean | 'refused';
}

/** All floats, divided among as many processes as there are cores. */
async function measure(build: Build, name: FunctionName): Promise<Errors> {
  const parts = availableParallelism();
  const ends = Array.from({ length: parts + 1 }, (_, n) => Math.round((n * 2 ** 32) / parts));
  const errors = await Promise.all(ends.slice(1).map((end, n) => measurePart(build, name, ends[n], end)));
  return errors.reduce(join, noErrors());
}

function measurePart(build: Build, name: FunctionName, from: number, to: number): Promise<Errors> {
  return new Promise((resolve, reject) => {
    const args = [...build.flags, program, binary(build), name, String(from), String(to)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code !== 0) return reject(new Error(`${name} ended with ${signal ?? code}`));
      const { first, last, at, ...errors } = JSON.parse(text);
      resolve({ ...errors, first: Number(first), last: Number(last), at: Number(at) });
    });
  });
}

/** `            tanh                  1.234                  1.567` */
function statedErrors(): Record<FunctionName, { unfused: number; fused: number }> {
  const source = readFileSync(file('assembly/kernels/math.ts'), 'utf8');
  const rows = FUNCTIONS.map((name) => {
    const row = new RegExp(`^ \\* +${name} +(\\d+\\.\\d{3}) +(\\d+\\.\\d{3})$`, 'm').exec(source);
    if (row === null)
      throw new Error(`no largest errors of ${name} in the header of assembly/kernels/math.ts`);
    return [name, { unfused: Number(row[1]), fused: Number(row[2]) }];
  });
  return Object.fromEntries(rows);
}

const measured = new Map<string, Errors>();

afterAll(() => {
  const rows = [...measured].map(([title, errors]) => ({
    title,
    ULP: errors.ulp.toFixed(4),
    at: errors.at,
    'below normal, of 2^-126': (errors.tiny * 2 ** 126).toFixed(4),
    decreases: errors.decreases,
  }));
  console.table(rows);
});

for (const build of builds) {
  describe(`all floats ${build.title}`, () => {
    const found = probe(build);
    const reason = whyNot(build, found);

    it('is the build that it is taken for', ({ skip }) => {
      if (reason !== undefined) skip(reason);
      expect(found).toBe(build.fused);
    });

    it.for(FUNCTIONS)('%s', async (name, { skip }) => {
      if (reason !== undefined) skip(reason);
      const errors = await measure(build, name);
      measured.set(key(build, name), errors);
      expect(errors.faults).toEqual([]);
      expect(errors.wrong).toBe(0);
      expect(errors.ulp).toBeLessThanOrEqual(2);
      expect(errors.tiny).toBeLessThanOrEqual(2 ** -126);
      expect(errors.decreases).toBe(0);
    });
  });
}

/** Why this machine cannot run a build; undefined where it must. */
function whyNot({ variant, fused }: Build, found: boolean | 'refused'): string | undefined {
  if (found === 'refused') return `this engine refuses ${variant}`;
  if (fused && !found) return 'this processor has no fused multiply-add';
  if (!fused && found && process.arch !== 'x64')
    return 'the flag against fused multiply-add acts on x64 only';
  return undefined;
}

describe('largest errors', () => {
  const [simd, fused, unfused] = builds;

  it.for(FUNCTIONS)('%s is as assembly/kernels/math.ts states', (name, { skip }) => {
    const stated = statedErrors()[name];
    expectStated(stated.unfused, [simd, unfused], name);
    if (!measured.has(key(fused, name))) skip('the fused column was not measured');
    expectStated(stated.fused, [fused], name);
  });

  it.for(FUNCTIONS)('%s of unfused relaxed has the bits of simd', (name, { skip }) => {
    const [one, other] = [simd, unfused].map((build) => measured.get(key(build, name)));
    if (one === undefined || other === undefined) return skip('unfused relaxed was not measured');
    expect(other.hash).toBe(one.hash);
  });
});

/** Rounded up to three decimals. */
function expectStated(stated: number, columns: Build[], name: FunctionName): void {
  const ulp = Math.max(...columns.map((build) => measured.get(key(build, name))?.ulp ?? 0));
  expect(ulp, `measured error of ${name}`).toBeLessThanOrEqual(stated);
  expect(stated - ulp, `what is stated of ${name} beyond the ${ulp} measured`).toBeLessThan(0.002);
}
