import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Whether a bundle that uses one layer leaves out what it does not use. `build` is the package's folder of that name: each
 * mark has to stand there still.
 */
export function leftOut(code, build) {
  const read = (name) => readFileSync(join(build, name), 'utf8');
  const chunks = readdirSync(join(build, 'chunks')).filter((name) => name.endsWith('.js'));
  const parts = {
    readers: ['safetensors: ', read('files/index.js')],
    training: ['optimizer expected one such as', chunks.map((name) => read(`chunks/${name}`)).join('')],
    data: ['rows expected { input, target }', read('data/index.js')],
    relaxed: [ownTo(read('wasm/relaxed.js'), read('wasm/simd.js')), read('wasm/relaxed.js')],
  };
  if (!code.includes(ownTo(read('wasm/simd.js'), read('wasm/relaxed.js'))))
    throw new Error('the bundle carries no binary');
  for (const [part, [mark, source]] of Object.entries(parts)) {
    if (!source.includes(mark)) throw new Error(`the mark of ${part}, ${mark}, is no longer in the package`);
    if (code.includes(mark)) throw new Error(`a bundle of LSTM alone carries ${part}: it has ${mark}`);
  }
  return true;
}

/** A piece of a binary's text that the other has not, of characters that no bundler escapes. */
function ownTo(text, other) {
  return text.match(/[^'"`$\\]{20}/g).find((piece) => !other.includes(piece));
}
