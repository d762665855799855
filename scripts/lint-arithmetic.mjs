// Arithmetic that shapes a model must give the same bits in every engine, and the specification lets `**` and most of
// Math differ. So in src/ only the functions below may follow `Math.`, and `Math` may not appear without one.
// esbuild finds the rest: it renames the global Math, but not a string, a comment or a local of that name, and it
// rewrites each `**` as a call of its helper.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';

// One file is exempt, and documents it: a spectrum needs the sine, and loudness the logarithm. Only `import('#audio')` may load it, so
// that nothing else depends on it.

const EXEMPT = 'data/log-mel.ts';
const EXACT = 'abs ceil clz32 floor fround imul max min round sign sqrt trunc'.split(' ');

const folder = process.argv[2] ?? 'src';
const names = readdirSync(folder, { recursive: true }).filter((name) => /\.[cm]?[jt]s$/.test(name));
const files = names.map((name) => join(folder, name));
const findings = [
  ...files.filter((file) => !isExempt(file)).flatMap(inexact),
  ...files.flatMap(wrongImports),
];
for (const finding of findings) console.error(finding);
console.log(`arithmetic: ${names.length} files in ${folder}, ${findings.length} inexact operations`);
if (findings.length > 0) process.exitCode = 1;

function isExempt(file) {
  return file.replaceAll('\\', '/').endsWith(EXEMPT);
}

/** Imports of the file that is outside, of more than its types. */
function wrongImports(file) {
  const imports = readFileSync(file, 'utf8').matchAll(/^(?:import|export)\s+(?!type\b)[^;(=]*?'([^']*)'/gm);
  const [name] = EXEMPT.match(/[\w-]+(?=\.ts$)/);
  return [...imports]
    .filter(([, from]) => from === '#audio' || from.endsWith(`/${name}.js`))
    .map(
      ([statement]) =>
        `${file}: ${statement.replace(/\s+/g, ' ')}: only import('#audio') may ask for what is not exact`,
    );
}

/** What remains forbidden, as lines of the code that esbuild prints. */
function inexact(file) {
  const globals = ['Math', 'globalThis.Math', 'self.Math', 'window.Math'];
  const { code } = transformSync(readFileSync(file, 'utf8'), {
    loader: file.endsWith('js') ? 'js' : 'ts',
    define: {
      ...Object.fromEntries(globals.map((name) => [name, '$INEXACT'])),
      ...Object.fromEntries(EXACT.map((name) => [`Math.${name}`, `$EXACT_${name}`])),
    },
    supported: { 'exponent-operator': false },
  });
  return code
    .split('\n')
    .filter((line) => !line.startsWith('var __pow ') && /\$INEXACT|\b__pow\(/.test(line))
    .map(
      (line) =>
        `${file}: ${line.trim().replaceAll('$INEXACT', 'Math').replaceAll('$EXACT_', 'Math.').replaceAll('__pow(', '**(')}`,
    );
}
