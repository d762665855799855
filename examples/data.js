// Where the examples find data that does not come with the project.

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const BESIDE = fileURLToPath(new URL('../../shared', import.meta.url));

/** Data that is not there: what the user can put right, told in one sentence. */
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
 * @param {string} source where to get it, which the message tells where it is missing: "the data set X from https://…"
 * @throws MissingData
 */
export async function readData(path, source) {
  const file = resolve(dataFolder(), path);
  try {
    return await readFile(file);
  } catch (error) {
    const trouble = error.code === 'ENOENT' ? 'is not there' : `can not be read (${error.code})`;
    throw new MissingData(
      `${file} ${trouble}: get ${source}, and put it there or set LSTM_WASM_DATA to the folder that has ${path}`,
    );
  }
}
