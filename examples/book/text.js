import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { Vocabulary } from 'lstm-wasm/data';
import { UsageError } from '../command.js';
import { fileTrouble } from './wording.js';

const LARGEST = 100_000_000;

/** The text of a file. @throws UsageError */
export async function readFileText(path) {
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

/**
 * A text as ids: `train`, and `heldOut`, the share at its end that training never sees. Without a vocabulary it is that of the whole
 * text, so that every character has an id; all models are given the same.
 *
 * @throws UsageError where a part is too short, or where the text has characters outside a given vocabulary
 */
export function splitText(
  text,
  { vocabulary = Vocabulary.ofCharacters(text || ' '), heldOut, batch, window },
) {
  checkCharacters('text', text, vocabulary);
  const ids = vocabulary.encode(text);
  const cut = ids.length - Math.floor(ids.length * heldOut);
  const least = Math.ceil(Math.max((batch * window + 1) / (1 - heldOut), 1 / heldOut));
  if (ids.length < least)
    throw new UsageError(`--text expected at least ${least} characters, got ${ids.length}`);
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
