import { open, readFile, rename, rm } from 'node:fs/promises';

export function readBytes(path: string | URL): Promise<Uint8Array> {
  return readFile(path);
}

/** Makes the names of temporary files unique within the process. */
let written = 0;

/** Writes a temporary file and renames it, so that readers always see either the old file or the whole new one. */
export async function replaceFile(path: string | URL, bytes: Uint8Array): Promise<void> {
  const part = `.${process.pid}.${written++}.part`;
  const beside = path instanceof URL ? new URL(path.href + part) : path + part;
  try {
    const file = await open(beside, 'w');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
