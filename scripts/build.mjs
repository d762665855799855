// Builds everything under build/: the binaries, the files that carry them, the host, its declarations.
//   node scripts/build.mjs          all of it
//   node scripts/build.mjs --wasm   only the binaries, and only if a source is newer than they are

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { entryPoints, exported, imported, importedInNode, standalone } from './entries.mjs';
import { builtinModules, importFromBeside, replaceByNothing, shareOneChunk } from './plugins.mjs';

/** The program of a worker, which `#threads` expects beside itself. */
const WORKER = 'src/workers/worker.ts';

const {
  '#csv': csv,
  '#audio': audio,
  '#worker-pool': pool,
  '#web-worker-source': workerSource,
  ...environment
} = imported;

/** Entries that share chunks, and with them one default runtime and one class of each name. */
const ENTRIES = { ...entryPoints([exported, environment]), 'runtime/worker': WORKER };

/** Bundled alone, since it is only imported on demand. */
const ON_DEMAND = entryPoints(pool);

/** Imported on demand too. Sound needs a library, whose licence is copied as well. */
const READERS = entryPoints([csv, audio]);

/** The worker of a page: one file, since a page's import map does not apply in workers, and without the binary, which the page sends. */
const PAGE_WORKER = { 'runtime/web-worker': WORKER };

/** Files for pages without a bundler, complete with the binary. */
const STANDALONE = standalone;

/** The same as a classic script, for pages that are opened as files; complete with the readers too. */
const CLASSIC = { classic: STANDALONE.full };

/** The released binaries, with the wasm features that each may use. */
const VARIANTS = {
  simd: ['mutable-globals', 'sign-ext', 'nontrapping-float-to-int', 'bulk-memory', 'simd'],
  relaxed: ['mutable-globals', 'sign-ext', 'nontrapping-float-to-int', 'bulk-memory', 'simd', 'relaxed-simd'],
};

/** The oldest engines with SIMD in WebAssembly. They lack static blocks, with which esbuild would otherwise keep class names. */
const OLDEST = ['es2022', 'chrome92', 'firefox90', 'safari16.4', 'node20'];

/** `import.meta.url` of a CommonJS file: the URL of the same file as a module, beside the worker's program. */
const MODULE_URL =
  "const MODULE_URL = globalThis.process?.getBuiltinModule?.('node:url').pathToFileURL(__dirname + '/../runtime/x.js').href;";

/** `import.meta.url` of a classic script. */
const SCRIPT_URL = 'const SCRIPT_URL = globalThis.document?.currentScript?.src ?? globalThis.location?.href;';

process.chdir(join(import.meta.dirname, '..'));

try {
  await buildWasm();
  if (!process.argv.includes('--wasm')) {
    requireFiles([ENTRIES, ON_DEMAND, READERS, STANDALONE].flatMap(Object.values));
    await buildHost();
    await buildCommonJs();
    await buildStandalone();
    await buildTypes();
    copyLicenses();
  }
} catch (error) {
  console.error(`build: ${error.message}`);
  process.exitCode = 1;
}

async function buildWasm() {
  requireFiles(['assembly/index.ts']);
  if (wasmIsFresh()) return console.log('wasm: up to date');
  await Promise.all([
    run('scripts/structs.mjs', ['--target', 'debug']),
    ...Object.keys(VARIANTS).map(compileAndOptimize),
  ]);
}

/** One target of asconfig.json. */
function compile(target) {
  return run('node_modules/assemblyscript/bin/asc.js', ['--target', target]);
}

async function compileAndOptimize(variant) {
  await compile(variant);
  const wasm = `build/wasm/${variant}.wasm`;
  const optimized = `build/wasm/${variant}.opt.wasm`;
  const features = VARIANTS[variant].map((feature) => `--enable-${feature}`);
  // Functions that are called once are not inlined: that renumbers their locals, and gzip finds fewer repetitions.
  await run('node_modules/binaryen/bin/wasm-opt', [
    ...['--mvp-features', ...features, '-Oz', '--one-caller-inline-max-function-size=0', '--converge'],
    ...['--strip-producers', '--strip-target-features', wasm, '-o', optimized],
  ]);
  const [before, after] = [wasm, optimized].map((file) => gzipSync(readFileSync(file), { level: 9 }).length);
  console.log(
    `wasm: ${variant} ${before} bytes gzip, ${after} after wasm-opt${after < before ? '' : ' (not kept)'}`,
  );
  if (after < before) await copyFile(optimized, wasm);
  rmSync(optimized);
  carry(variant);
}

/** Writes the modules behind `#wasm/*` and `lstm-wasm/*.wasm`, one for each kind of runtime in package.json. */
function carry(variant) {
  const base = `build/wasm/${variant}`;
  const imported = (specifier) => `import module from '${specifier}';\nexport default module;\n`;
  const bytes = readFileSync(`${base}.wasm`);
  writeFileSync(`${base}.js`, `export default ${JSON.stringify(encode(bytes))};\n`);
  // A loop over the text costs 1 to 3 ms and 1.5 MB while it is interpreted and optimized; importing node:buffer another one.
  const decoded = `Buffer.from('${bytes.toString('base64')}', 'base64')`;
  writeFileSync(`${base}.node.js`, `export default () => ${decoded};\n`);
  writeFileSync(`${base}.module.js`, imported(`./${variant}.wasm`));
  writeFileSync(`${base}.edge.js`, imported(`./${variant}.wasm?module`));
  const declared = (type) => `declare const binary: ${type};\nexport default binary;\n`;
  writeFileSync(`${base}.d.ts`, declared('string | (() => Uint8Array) | WebAssembly.Module'));
  writeFileSync(`${base}.wasm.d.ts`, declared('WebAssembly.Module'));
}

/**
 * Bytes as printable text that src/runtime/binary.ts reads back: 92 characters from # on, ! in the place of the backslash.
 * The 89 commonest bytes are one character each; the text begins with them in rising order, as distances. The last three
 * characters begin a pair. Every byte begins at a character, so that gzip finds in the text what it finds in the bytes, and the
 * text is a quarter smaller than base64 of it.
 */
function encode(bytes) {
  const character = (n) => (n === 57 ? '!' : String.fromCharCode(n + 35));
  const pair = (byte) => character(89 + Math.floor(byte / 92)) + character(byte % 92);
  const counts = new Array(256).fill(0);
  for (const byte of bytes) counts[byte]++;
  const common = [...counts.keys()].sort((a, b) => counts[b] - counts[a]).slice(0, 89);
  common.sort((a, b) => a - b);
  const distances = common.map((byte, n) => byte - (common[n - 1] ?? -1) - 1);
  if (Math.max(...distances) > 91) throw new Error('the text codec has no character for such a distance');
  return [
    ...distances.map(character),
    ...Array.from(bytes, (byte) => (common.includes(byte) ? character(common.indexOf(byte)) : pair(byte))),
  ].join('');
}

async function buildHost() {
  for (const name of readdirSync('build')) {
    if (name !== 'wasm' && name !== '.gitkeep') rmSync(join('build', name), { recursive: true });
  }
  const alone = [exported['lstm-wasm'], exported['lstm-wasm/relaxed']];
  const sharing = [...Object.values(exported), WORKER, imported['#disk'].node].filter(
    (source) => !alone.includes(source),
  );
  await build(
    bundled(ENTRIES, {
      chunkNames: 'chunks/[name]-[hash]',
      splitting: true,
      plugins: [shareOneChunk(exported['lstm-wasm'], sharing)],
    }),
  );
  dropBareImports('build');
  dropBareImports('build/chunks');
  // Without shared chunks or source maps: bundlers that do not split wrap whatever is shared with a file that is imported later.
  await build(bundled(ON_DEMAND, { sourcemap: false }));
  await build(bundled(READERS, { mainFields: ['module', 'main'], minify: true, sourcemap: false }));
  await build(
    bundled(PAGE_WORKER, {
      alias: { '#threads': `./${imported['#threads'].default}` },
      external: [],
      // A worker receives the binary from its page, and never starts workers itself.
      plugins: [
        replaceByNothing({
          '#wasm/simd': 'export default undefined;',
          '#worker-pool': 'export const WorkerPool = undefined;',
        }),
      ],
      minify: true,
      sourcemap: false,
    }),
  );
  await build(
    bundled(entryPoints(workerSource), {
      define: {
        WEB_WORKER_SOURCE: JSON.stringify(readFileSync(`build/${Object.keys(PAGE_WORKER)}.js`, 'utf8')),
      },
      sourcemap: false,
    }),
  );
}

/**
 * For Jest, which loads no ES modules by default: one file, so that all entries share their classes, and for each entry a file
 * that exports its part. Node never loads them, because it supports the condition `module-sync`.
 */
async function buildCommonJs() {
  const names = Object.keys(exported).map((name) => name.replace('lstm-wasm', '').slice(1) || 'index');
  const parts = Object.values(exported).map((source, n) => `export * as part${n} from './${source}';`);
  await build({
    ...bundled(undefined, {
      stdin: { contents: parts.join('\n'), resolveDir: '.' },
      outdir: undefined,
      outfile: 'build/commonjs/all.cjs',
      format: 'cjs',
      platform: 'browser',
      external: [],
      mainFields: ['module', 'main'],
      alias: Object.fromEntries(
        Object.entries(importedInNode).map(([name, source]) => [name, `./${source}`]),
      ),
      define: { 'import.meta.url': 'MODULE_URL' },
      banner: { js: MODULE_URL },
      plugins: [builtinModules],
      minify: true,
      keepNames: true,
      sourcemap: false,
    }),
  });
  for (const [n, name] of names.entries())
    writeFileSync(`build/commonjs/${name}.cjs`, `module.exports = require('./all.cjs').part${n};\n`);
}

/**
 * Empties the lines by which esbuild keeps the order in which chunks are evaluated. No chunk has side effects, and bundlers warn
 * of such an import.
 */
function dropBareImports(folder) {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.js'))) {
    const file = join(folder, name);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^import ".*";$/gm, ''));
  }
}

function bundled(entryPoints, options) {
  return {
    entryPoints,
    outdir: 'build',
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: OLDEST,
    sourcemap: true,
    minifySyntax: true, // inlines constants; names and lines stay readable
    external: ['#*', 'node:*'],
    logLevel: 'warning',
    logOverride: { 'ignored-bare-import': 'silent' }, // those of shareOneChunk
    tsconfigRaw: {}, // its `paths` are for the type checker
    ...options,
  };
}

/** `#wasm/*` and `#disk` resolve as in pages; what only some pages need is in files beside it. */
async function buildStandalone() {
  await build(
    bundled(STANDALONE, {
      outdir: 'build/standalone',
      platform: 'browser',
      alias: { '#threads': './src/runtime/threads.standalone.ts', '#worker-pool': `./${pool}` },
      external: [],
      plugins: [importFromBeside(['#csv', '#audio'])],
      minify: true,
      ignoreAnnotations: true, // "sideEffects": false would drop how the file becomes its own worker
      sourcemap: false,
    }),
  );
  await build(
    bundled(CLASSIC, {
      outdir: 'build/standalone',
      platform: 'browser',
      format: 'iife',
      globalName: 'lstmWasm',
      alias: {
        '#threads': './src/runtime/threads.standalone.ts',
        '#worker-pool': `./${pool}`,
        '#csv': `./${csv}`,
        '#audio': `./${audio}`,
      },
      external: [],
      mainFields: ['module', 'main'],
      define: { 'import.meta.url': 'SCRIPT_URL' },
      banner: { js: SCRIPT_URL },
      minify: true,
      ignoreAnnotations: true, // "sideEffects": false would drop how the file becomes its own worker
      sourcemap: false,
    }),
  );
  await copyFile(`build/${Object.keys(entryPoints(csv))}.js`, 'build/standalone/csv.js');
  await copyFile(`build/${Object.keys(entryPoints(audio))}.js`, 'build/standalone/audio.js');
}

/** Third-party code in the package: where it is, and its licence. */
function copyLicenses() {
  const libraries = {
    'fourier-transform': [
      'fourier-transform',
      'fourier-transform is in build/data/log-mel.js and build/standalone/audio.js.',
    ],
  };
  for (const [name, [from, note]] of Object.entries(libraries)) {
    const license = readFileSync(`node_modules/${from}/LICENSE`, 'utf8');
    writeFileSync(`build/LICENSE.${name}`, `${note}\n\n${license}`);
  }
}

function buildTypes() {
  return run('node_modules/typescript/bin/tsc', ['--project', 'tsconfig.build.json']);
}

/** Whether the last file that each target writes is newer than all its inputs. */
function wasmIsFresh() {
  const outputs = [
    'build/wasm/debug.wasm',
    ...Object.keys(VARIANTS).flatMap((name) => [`build/wasm/${name}.wasm`, `build/wasm/${name}.wasm.d.ts`]),
  ];
  if (!outputs.every((file) => existsSync(file))) return false;
  const sources = readdirSync('assembly', { recursive: true }).map((name) => join('assembly', name));
  const inputs = [
    ...sources,
    'asconfig.json',
    'package-lock.json',
    'scripts/build.mjs',
    'scripts/structs.mjs',
  ];
  const time = (file) => statSync(file).mtimeMs;
  return Math.min(...outputs.map(time)) > Math.max(...inputs.map(time));
}

function requireFiles(files) {
  const missing = files.filter((file) => !existsSync(file));
  if (missing.length > 0) throw new Error(`no such source: ${missing.join(', ')}`);
}

/** Runs a script in its own process, so that two cores build two binaries. */
function run(script, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${script} ${args.join(' ')} ended with ${signal ?? code}`));
    });
  });
}
