import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = process.env['LSTM_WASM_DATA'] ?? fileURLToPath(new URL('../../../shared/', import.meta.url));

/** A file or folder of the data beside the project, which is too large or not ours to commit; undefined where it is not there. */
export function shared(path: string): string | undefined {
  const found = join(folder, path);
  return existsSync(found) ? found : undefined;
}

/** Why a test skips. */
export const missing = (path: string) => `there is no ${path} in LSTM_WASM_DATA or ../shared`;
