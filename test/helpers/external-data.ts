import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = process.env['LSTM_WASM_DATA'] ?? fileURLToPath(new URL('../../../shared/', import.meta.url));

/** The path of data outside the repository, which is too large or not ours to commit; undefined if it is not there. */
export function externalData(path: string): string | undefined {
  const found = join(folder, path);
  return existsSync(found) ? found : undefined;
}

/** The reason for which a test without its data skips. */
export const missing = (path: string) => `there is no ${path} in LSTM_WASM_DATA or ../shared`;
