const NO_FILES = 'this runtime has no file system: use saveModel and loadModel, which work on bytes';

export async function readBytes(_path: string | URL): Promise<Uint8Array> {
  throw new Error(NO_FILES);
}

export async function replaceFile(_path: string | URL, _bytes: Uint8Array): Promise<void> {
  throw new Error(NO_FILES);
}
