// What a page that only infers downloads, as its bundler would make it: JavaScript with the binary inside.

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const LIMIT = 20_000;
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
const page = outputFiles[0].contents;
const gzip = gzipSync(page, { level: 9 }).length;

for (const variant of ['simd', 'relaxed']) {
  const { length } = readFileSync(new URL(`../build/wasm/${variant}.wasm`, import.meta.url));
  console.log(`${variant}.wasm`.padEnd(16), `${length} bytes (guide ${WASM_GUIDE})`);
}
console.log('inference page'.padEnd(16), `${page.length} bytes, ${gzip} gzip (limit ${LIMIT})`);
if (gzip > LIMIT) {
  console.error(`size: the page is ${gzip - LIMIT} bytes over`);
  process.exitCode = 1;
}
