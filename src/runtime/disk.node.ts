import { createHash, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import {
  type FileHandle,
  lstat,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from '../validation/errors.js';

export async function readBytes(path: string | URL): Promise<Uint8Array> {
  const name = nameOf(path);
  return readFile(name).catch((error) => {
    throw withPath('read', name, error);
  });
}

/**
 * Replaces a file atomically, by renaming a temporary one: a reader always sees the whole old file or the whole new one. The file keeps its
 * permissions and, where the system allows it, its owner. A symbolic link stays one: the file that it points to is replaced.
 */
export async function replaceFile(path: string | URL, bytes: Uint8Array): Promise<void> {
  const name = nameOf(path);
  try {
    const target = await targetOf(name);
    await write(target, bytes);
    await removeAbandoned(dirname(target));
  } catch (error) {
    throw withPath('save', name, error);
  }
}

function nameOf(path: unknown): string {
  if (path instanceof URL || Object.prototype.toString.call(path) === '[object URL]')
    return fileURLToPath(path as URL);
  if (typeof path !== 'string') throw new TypeError(`path expected a string or a URL, got ${describe(path)}`);
  return path;
}

/** The same kind of error, with the path: a message of a full disk has none. */
function withPath(act: string, path: string, error: unknown): Error {
  const { message, code } = error as NodeJS.ErrnoException;
  const named = message.includes(path) ? message : `${message}, '${path}'`;
  return Object.assign(new Error(`cannot ${act} the file: ${named}`, { cause: error }), { code });
}

/** The file to replace: what a symbolic link points to. @throws Error for anything but a file */
async function targetOf(name: string): Promise<string> {
  const found = await lstat(name).catch(unlessMissing);
  if (found === undefined) return name;
  const target = found.isSymbolicLink() ? await realpath(name) : name;
  if (!(await stat(target)).isFile()) throw new Error('expected a regular file, got something else');
  return target;
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** The temporary files that are being written, for a process that ends meanwhile. */
const writing = new Set<string>();

function removeWriting(): void {
  for (const one of writing) rmSync(one, { force: true });
}

/** Nobody else can guess the temporary name, and what has it already is not opened. */
async function write(target: string, bytes: Uint8Array): Promise<void> {
  const before = await stat(target).catch(unlessMissing);
  const temporary = join(
    dirname(target),
    `${prefix()}${process.pid}-${randomBytes(12).toString('hex')}.part`,
  );
  // The owner alone reads it until it has the permissions of the file that it replaces.
  const file = await open(temporary, 'wx', before ? 0o600 : 0o666);
  if (writing.size === 0) process.once('exit', removeWriting);
  writing.add(temporary);
  try {
    try {
      await file.writeFile(bytes);
      if (before) await keepOwner(file, before);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    writing.delete(temporary);
    if (writing.size === 0) process.removeListener('exit', removeWriting);
  }
}

async function keepOwner(
  file: FileHandle,
  { mode, uid, gid }: { mode: number; uid: number; gid: number },
): Promise<void> {
  const own = await file.stat();
  // Only the superuser may give files away.
  if (own.uid !== uid || own.gid !== gid)
    await file
      .chown(uid, gid)
      .catch(() => file.chown(own.uid, gid))
      .catch(() => {});
  if (own.mode !== mode) await file.chmod(mode & 0o7777);
}

/** Begins the name of temporary files on this machine: it is followed by the number of their process. */
function prefix(): string {
  return `.lstm-wasm-${createHash('sha256').update(machine()).digest('hex').slice(0, 12)}-`;
}

/** Deno asks for a permission before it tells the name. */
function machine(): string {
  return 'Deno' in globalThis ? 'deno' : hostname();
}

/** Removes what killed processes of this machine left in a folder. A failure is none of the file that was saved. */
async function removeAbandoned(folder: string): Promise<void> {
  if ('Deno' in globalThis) return;
  const start = prefix();
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(start)) continue;
    const pid = Number(/^\d+(?=-[0-9a-f]{24}\.part$)/.exec(name.slice(start.length))?.[0]);
    if (pid > 0 && !isAlive(pid)) await rm(join(folder, name), { force: true }).catch(() => {});
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process is there but refuses the signal.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
