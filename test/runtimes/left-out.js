import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Whether a bundle that uses one layer leaves out what it does not use. `build` is the package's folder of that name: each
 * mark has to stand there still.
 */
export function leftOut(code, build) {
  const read = (name) => readFileSync(join(build, name), 'utf8');
  const names = readdirSync(build, { recursive: true }).filter((name) => name.endsWith('.js'));
  const all = names.map(read).join('\n');
  const [simd, relaxed] = [read('wasm/simd.js'), read('wasm/relaxed.js')];
  if (!code.includes(ownTo(simd, relaxed))) throw new Error('the bundle carries no binary');
  const marks = {
    readers: 'safetensors: ',
    training: 'optimizer expected an optimizer such as',
    data: 'rows expected { input, target }',
    relaxed: ownTo(relaxed, simd),
  };
  for (const [part, mark] of Object.entries(marks)) {
    if (!all.includes(mark)) throw new Error(`the mark of ${part}, ${mark}, is no longer in the package`);
    if (code.includes(mark)) throw new Error(`a bundle of LSTM alone carries ${part}: it has ${mark}`);
  }
  return true;
}

/** A piece of a binary's text that the other has not, of characters that no bundler escapes. */
function ownTo(text, other) {
  return text.match(/[^'"`$\\]{20}/g).find((piece) => !other.includes(piece));
}
