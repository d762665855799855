/*
 * One process of the exhaustive test: V8's flags are a process's own, so each binary is measured in processes with its flags.
 *
 *   node [flags] process.js binary.wasm                   whether its multiply-add is fused: true, false or "refused"
 *   node [flags] process.js binary.wasm tanh 0 65536      the errors over a range of places
 */
import { readFileSync } from 'node:fs';
import { isFused, type ProductCore } from './fused.js';
import { type ActivationCore, type FunctionName, measureAll } from './measure.js';

const [file, name, from, to] = process.argv.slice(2);
console.log(JSON.stringify(answer()));

function answer() {
  const bytes = readFileSync(file);
  if (!WebAssembly.validate(bytes)) return 'refused';
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  if (name === undefined) return isFused(exports as unknown as ProductCore);
  // JSON has no word for infinities and NaN.
  const { first, last, at, ...errors } = measureAll(
    exports as unknown as ActivationCore,
    name as FunctionName,
    Number(from),
    Number(to),
  );
  return { ...errors, first: String(first), last: String(last), at: String(at) };
}
