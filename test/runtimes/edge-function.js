// node edge-function.js <bundle> <folder of binaries>: runs a function as Vercel's edge runtime does, and prints its answer.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EdgeRuntime } from 'edge-runtime';

const [bundle, binaries] = process.argv.slice(2);

/** Compiled outside, so of another realm than the function: `instanceof WebAssembly.Module` does not know them inside. */
function compiled(name) {
  return [`wasm_${name}`, new WebAssembly.Module(readFileSync(join(binaries, `${name}.wasm`)))];
}

const runtime = new EdgeRuntime({
  initialCode: readFileSync(bundle, 'utf8'),
  extend: (context) => Object.assign(context, Object.fromEntries(['simd', 'relaxed'].map(compiled))),
});
const response = await runtime.dispatchFetch('http://edge/');
console.log(await response.text());
if (response.status !== 200) process.exitCode = 1;
