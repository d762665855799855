// The download of a page that only infers, bundled: JavaScript with the binary inside. And that of a page without a bundler: the
// whole package in one file.

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const LIMIT = 30_000;
const STANDALONE_LIMIT = 80_000;
const WASM_GUIDE = 32_768;

const PAGE = `
  import { LSTM } from 'lstm-wasm';
  const lstm = new LSTM(8, 16);
  console.log(lstm.forward({ data: new Float32Array(8), shape: [1, 8] }).output.data);
`;

const { outputFiles } = await build({
  stdin: { contents: PAGE, resolveDir: import.meta.dirname },
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  write: false,
  tsconfigRaw: {}, // a page has its own
});
for (const variant of ['simd', 'relaxed']) {
  const { length } = readFileSync(built(`wasm/${variant}.wasm`));
  console.log(`${variant}.wasm`.padEnd(16), `${length} bytes (guide ${WASM_GUIDE})`);
}
report('inference page', outputFiles[0].contents, LIMIT);
report('standalone file', readFileSync(built('standalone/lstm-wasm.js')), STANDALONE_LIMIT);

function report(name, bytes, limit) {
  const gzip = gzipSync(bytes, { level: 9 }).length;
  console.log(name.padEnd(16), `${bytes.length} bytes, ${gzip} gzip (limit ${limit})`);
  if (gzip <= limit) return;
  console.error(`size: the ${name} is ${gzip - limit} bytes over`);
  process.exitCode = 1;
}

function built(name) {
  return new URL(`../build/${name}`, import.meta.url);
}
