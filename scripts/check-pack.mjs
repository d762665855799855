// Packs the package once, as npm would publish it, and looks at the result: which files are in it, whether its
// `exports` lead somewhere (publint), whether TypeScript finds the declarations (attw).

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ALLOWED = [
  /^(package\.json|README\.md|CHANGELOG\.md|LICENSE)$/,
  /^build\/(index|relaxed|worker|(files|inspect)\/index|data\/(index|csv|audio)|disk\/(node|none)|threads\/(node|web|worker-pool|worker|web-worker)|chunks\/[\w.-]+)\.js(\.map)?$/,
  /^build\/standalone\/(lstm-wasm|relaxed|csv|audio)\.js$/,
  /^build\/wasm\/(simd|relaxed)(\.wasm|\.js|\.module\.js|\.edge\.js|\.node\.js|\.d\.ts|\.wasm\.d\.ts)$/,
  /^build\/types\/.+\.d\.ts$/,
];
const LICENSES = ['assemblyscript', 'papaparse', 'fourier-transform', 'decode-wav'].map(
  (name) => `build/LICENSE.${name}`,
);
const REQUIRED = ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', ...LICENSES];

const folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-'));
try {
  const output = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [pack] = JSON.parse(output);
  const files = pack.files.map((file) => file.path);
  console.log(`pack: ${files.length} files, ${pack.size} bytes, ${pack.unpackedSize} unpacked`);
  complain(
    files.filter((file) => !LICENSES.includes(file) && !ALLOWED.some((pattern) => pattern.test(file))),
    'should not be packed',
  );
  complain(
    [...REQUIRED, ...targets()].filter((file) => !files.includes(file)),
    'is missing from the package',
  );
  const tarball = join(folder, pack.filename);
  run('publint/src/cli.js', [tarball, '--strict']);
  run('@arethetypeswrong/cli/dist/index.js', [tarball, '--profile', 'esm-only', '--no-emoji']);
} finally {
  rmSync(folder, { recursive: true });
}

/** Every file that `exports` and `imports` name, under any condition. */
function targets() {
  const leaves = (value) => (typeof value === 'string' ? [value] : Object.values(value).flatMap(leaves));
  const { exports, imports } = JSON.parse(readFileSync('package.json', 'utf8'));
  return [...new Set(leaves([exports, imports]))].map((path) => path.replace('./', ''));
}

function complain(files, what) {
  for (const file of files) console.error(`pack: ${file} ${what}`);
  if (files.length > 0) process.exitCode = 1;
}

/** A tool's output matters only if it fails. */
function run(script, args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join('node_modules', script), ...args], {
    encoding: 'utf8',
  });
  console.log(`pack: ${script.split('/dist/')[0].split('/src/')[0]} ${status === 0 ? 'ok' : 'failed'}`);
  if (status === 0) return;
  console.error(stdout + stderr);
  process.exitCode = 1;
}
