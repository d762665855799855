import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Checks that a bundle of one layer contains no unused parts of the package, each recognized by a text. `build` is the package's build
 * folder, which must still contain these texts.
 */
export function checkTreeShaking(code, build) {
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

/** A part of a binary's text that the other does not contain, of characters that no bundler escapes. */
function ownTo(text, other) {
  return text.match(/[^'"`$\\]{20}/g).find((piece) => !other.includes(piece));
}
