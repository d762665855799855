import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, transformSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript, without declarations
import { exported, importedInNode } from '../../scripts/entries.mjs';
import { writeSafetensors } from '../../src/files/index.js';
import { Linear, LSTM } from '../../src/index.js';
import { agrees, type Example, extractExamples, instrument } from '../helpers/doc-examples.js';
import { writeWorker } from '../helpers/worker-program.js';

/*
 * Every example of the documentation, run as a reader would: in a Node process of its own, in an empty folder, with the
 * package's names standing for its sources. Examples of one file share the folder, so that one may read what another wrote.
 * What a console.log prints has to be what the comment behind it says.
 */

const root = fileURLToPath(new URL('../../', import.meta.url));
const examples = extractExamples(root);
const folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-examples-'));
const sourceOf = (n: number) => join(folder, `example-${n}.ts`);

const entries: Record<string, string> = { ...exported, ...importedInNode };

/** Examples of one file run in one folder. */
function folderOf(file: string): string {
  return join(folder, file.replaceAll('/', '-'));
}

/** The file that the README's Python lines write: names, shapes and metadata as `safetensors.torch.save_file` gives them. */
function savedByPyTorch(): Uint8Array {
  const layers = { lstm: new LSTM(3, 8), head: new Linear(8, 1) };
  const tensors = Object.entries(layers).flatMap(([layer, { parameters }]) =>
    [...parameters].map(([name, parameter]) => [
      `${layer}.${name}`,
      { data: parameter.read(), shape: parameter.shape },
    ]),
  );
  return writeSafetensors(Object.fromEntries(tensors), { format: 'pt' });
}

/** For the bundler and the type checker alike. */
function writeTsconfig(): string {
  const own = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  const paths = Object.entries(entries).map(([name, path]) => [name, [join(root, path)]]);
  const compilerOptions = {
    ...own.compilerOptions,
    paths: Object.fromEntries(paths),
    typeRoots: [join(root, 'node_modules/@types')],
    // An example may show a value that it does not use.
    noUnusedLocals: false,
    noUnusedParameters: false,
  };
  const files = examples.flatMap(({ typed }, n) => (typed ? [sourceOf(n)] : []));
  const path = join(folder, 'tsconfig.json');
  writeFileSync(path, JSON.stringify({ compilerOptions, files }));
  return path;
}

let tsconfig: string;

beforeAll(() => {
  examples.forEach(({ code }, n) => writeFileSync(sourceOf(n), `${code}\nexport {};\n`));
  tsconfig = writeTsconfig();
  writeWorker(folder);
  mkdirSync(folderOf('README.md'));
  writeFileSync(join(folderOf('README.md'), 'model.safetensors'), savedByPyTorch());
});

afterAll(() => rmSync(folder, { recursive: true }));

const PRELUDE = `
import { writeSync as write } from 'node:fs';
import { format } from 'node:util';
const logged = (n) => (...values) => write(3, JSON.stringify([n, format(...values)]) + '\\n');
`;

/** Runs an example; gives what each commented console.log printed. */
function run(example: Example, n: number) {
  const { code, comments } = instrument(example.code);
  const bundle = join(folder, `example-${n}.mjs`);
  buildSync({
    stdin: { contents: code, loader: 'ts', resolveDir: root, sourcefile: example.where },
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: { js: PRELUDE },
    tsconfig,
    logLevel: 'silent',
  });
  const cwd = folderOf(example.file);
  mkdirSync(cwd, { recursive: true });
  const result = spawnSync(process.execPath, [...process.execArgv, bundle], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  const printed = (result.output[3] ?? '').split('\n').filter((line) => line !== '');
  return { ...result, comments, printed: printed.map((line) => JSON.parse(line) as [number, string]) };
}

describe('what a comment says', () => {
  it.each([
    ['1', '1'],
    ['1', '1: no training'],
    ["[ 2, 7 ] [ 'h: c' ]", "[ 2, 7 ] [ 'h: c' ]: two of them"],
    ['relaxed', 'relaxed, or simd where the engine has no relaxed SIMD'],
    ['simd', 'relaxed, or simd where the engine has no relaxed SIMD'],
    ['[\n  1,\n  2\n]', '[ 1, 2 ]'],
    ['loss 0.0123 of 4', 'loss 0.0… of 4'],
  ])('%j agrees with %j', (printed, comment) => expect(agrees(printed, comment)).toBe(true));

  it.each([
    ['1', '10'],
    ['10', '1'],
    ['1', '2: no training'],
    ['debug', 'relaxed, or simd where the engine has no relaxed SIMD'],
    ['loss 0.123', 'loss 0.0…'],
    ['', '1'],
  ])('%j does not agree with %j', (printed, comment) => expect(agrees(printed, comment)).toBe(false));

  it('belongs to the console.log before it', () => {
    const code =
      'console.log(a);\nconsole.log(\n  b,\n  c,\n); // 1\nf(); // 2\nif (d) console.log(d); // 3: x';
    const { code: instrumented, comments } = instrument(code);
    expect(comments).toEqual(['1', '3: x']);
    expect(instrumented).toContain('console.log(a);\nlogged(0)(\n  b');
    expect(instrumented).toContain('if (d) logged(1)(d);');
  });
});

describe('examples', () => {
  it('are found', () => expect(examples.length).toBeGreaterThan(0));

  it.each(examples.filter(({ file }) => file.endsWith('.md')))('$where is JavaScript too', ({ code }) => {
    const [asScript, asTyped] = (['js', 'ts'] as const).map(
      (loader) =>
        transformSync(code, { loader, tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } } })
          .code,
    );
    expect(asScript).toBe(asTyped); // f<T>(x) is valid in both, and two comparisons in JavaScript
  });

  const running = examples.map((example, n) => ({ ...example, n })).filter(({ runs }) => runs);
  it.each(running)('$where', ({ n, ...example }) => {
    const { status, stderr, comments, printed } = run(example, n);
    expect(stderr.replace(/^.*Warning:.*\n(\(Use.*\n)?/gm, '')).toBe('');
    expect(status).toBe(0);
    for (const [index, text] of printed) {
      if (!agrees(text, comments[index])) expect(text).toBe(comments[index]);
    }
    const silent = comments.filter((_, index) => !printed.some(([which]) => which === index));
    expect(silent, 'comments of what was never printed').toEqual([]);
  });

  it('have the right types', () => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { status, stdout } = spawnSync(process.execPath, [tsc, '--project', tsconfig], {
      encoding: 'utf8',
    });
    const named = stdout.replace(/\S*example-(\d+)\.ts\((\d+),/g, (_, n, line) => `${placeOf(n, line)}(`);
    expect(named).toBe('');
    expect(status).toBe(0);
  });
});

/** Where a line of an example stands in the documentation. */
function placeOf(n: string, line: string): string {
  const [file, first] = examples[Number(n)].where.split(':');
  return `${file}:${Number(first) + Number(line) - 1}`;
}
