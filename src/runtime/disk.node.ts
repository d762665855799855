import { open, readFile, rename, rm } from 'node:fs/promises';

export function readBytes(path: string | URL): Promise<Uint8Array> {
  return readFile(path);
}

/** Tells apart what one process writes at once. */
let written = 0;

/** Writes beside the file and renames: whoever reads sees the old file or the new one, whole, whatever happens meanwhile. */
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
