// Packs the package as npm would publish it, and checks the result: its files, its `exports` (publint) and its declarations (attw).

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { targets } from './entries.mjs';

const LICENSES = ['build/LICENSE.fourier-transform'];
const REQUIRED = [
  ...['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', ...LICENSES],
  ...targets.map((file) => file.replace('./', '')),
];

/** Built files that package.json does not name. */
const ALLOWED = [
  /^build\/chunks\/[\w.-]+\.js(\.map)?$/,
  /^build\/runtime\/(web-)?worker\.js(\.map)?$/,
  /^build\/commonjs\/all\.cjs$/,
  /^build\/standalone\/(csv|audio|classic)\.js$/,
  /^build\/types\/.+\.d\.ts$/,
];

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
    files.filter(
      (file) =>
        !REQUIRED.includes(file.replace(/\.map$/, '')) && !ALLOWED.some((pattern) => pattern.test(file)),
    ),
    'should not be packed',
  );
  complain(
    REQUIRED.filter((file) => !files.includes(file)),
    'is missing from the package',
  );
  const tarball = join(folder, pack.filename);
  run('publint/src/cli.js', [tarball, '--strict']);
  run('@arethetypeswrong/cli/dist/index.js', [
    ...[tarball, '--profile', 'esm-only', '--no-emoji'],
    // The declarations describe modules, which is what Node loads; the CommonJS files are for Jest.
    ...['--ignore-rules', 'false-esm'],
  ]);
} finally {
  rmSync(folder, { recursive: true });
}

function complain(files, what) {
  for (const file of files) console.error(`pack: ${file} ${what}`);
  if (files.length > 0) process.exitCode = 1;
}

/** Runs a tool and prints its output only if it fails. */
function run(script, args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join('node_modules', script), ...args], {
    encoding: 'utf8',
  });
  console.log(`pack: ${script.split('/dist/')[0].split('/src/')[0]} ${status === 0 ? 'ok' : 'failed'}`);
  if (status === 0) return;
  console.error(stdout + stderr);
  process.exitCode = 1;
}
