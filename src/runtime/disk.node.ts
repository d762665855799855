import { open, readFile, rename, rm } from 'node:fs/promises';

export function readBytes(path: string | URL): Promise<Uint8Array> {
  return readFile(path);
}

/** Distinguishes the temporary files of this process. */
let count = 0;

/** Replaces a file atomically, by renaming a temporary one: a reader always sees the whole old file or the whole new one. */
export async function replaceFile(path: string | URL, bytes: Uint8Array): Promise<void> {
  const part = `.${process.pid}.${count++}.part`;
  const temporary = path instanceof URL ? new URL(path.href + part) : path + part;
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
