// Where the examples find data that does not come with the project.

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const BESIDE = fileURLToPath(new URL('../../shared', import.meta.url));

/** Missing data, which the user can fix: printed as one sentence. */
export class MissingData extends Error {
  exitCode = 2;
}

/** The folder that has the data: LSTM_WASM_DATA, or `shared` beside the project. */
export function dataFolder() {
  return resolve(process.env.LSTM_WASM_DATA || BESIDE);
}

/**
 * A file of the data, as bytes.
 *
 * @param {string} path below the folder, such as `datasets/names/names.txt`
 * @param {string} source where to get it, for the message if it is missing: "the data set X from https://…"
 * @throws MissingData
 */
export async function readData(path, source) {
  const file = resolve(dataFolder(), path);
  try {
    return await readFile(file);
  } catch (error) {
    const trouble = error.code === 'ENOENT' ? 'is missing' : `cannot be read (${error.code})`;
    throw new MissingData(
      `${file} ${trouble}: download ${source}, and put it there or set LSTM_WASM_DATA to the folder that has ${path}`,
    );
  }
}
