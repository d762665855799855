import { fileBytes, isShared } from '../validation/arrays.js';
import { isObject, wrongKind, wrongValue } from '../validation/errors.js';

/** What returns the bytes of a file: a `Blob`, a `File`, or the `Response` of a `fetch`. */
export interface BytesSource {
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Whether a value has bytes, or returns them. */
export function isBytesSource(value: unknown): value is BytesSource {
  return isObject(value) && typeof (value as Partial<BytesSource>).arrayBuffer === 'function';
}

/**
 * The bytes of a file.
 *
 * @param orElse - what else the caller takes, for the message
 * @throws TypeError for the wrong kind or a detached buffer, RangeError for a response that is an error
 */
export async function bytesFrom(name: string, source: unknown, orElse = ''): Promise<Uint8Array> {
  if (!isBytesSource(source)) return ownBytes(name, source, orElse);
  const { ok, status } = source as { ok?: unknown; status?: unknown };
  if (ok === false) throw wrongValue(name, 'a successful response', `status ${String(status)}`);
  return ownBytes(`${name}.arrayBuffer()`, await source.arrayBuffer());
}

function ownBytes(name: string, value: unknown, orElse = ''): Uint8Array {
  const bytes = fileBytes(name, value);
  if (bytes === undefined)
    throw wrongKind(name, `${orElse}a Uint8Array, an ArrayBuffer, a Blob or a Response`, value);
  // Another thread could change shared bytes while they are read, and TextDecoder refuses them.
  return isShared(bytes) ? bytes.slice() : bytes;
}
