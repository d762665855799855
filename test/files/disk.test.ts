import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { loadModelFile, saveModelFile } from '../../src/files/index.js';
import { LSTM } from '../../src/index.js';
import { bad } from '../helpers/refusals.js';

const folder = mkdtempSync(join(realpathSync(tmpdir()), 'lstm-wasm-disk-'));
const path = join(folder, 'model.safetensors');
const model = new LSTM(3, 5);
const files = () => readdirSync(folder).sort();

beforeEach(() => {
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(process.platform === 'win32')('files on disk', () => {
  it.each([0o600, 0o640, 0o400, 0o755])('keep their mode %o', async (mode) => {
    writeFileSync(path, 'old');
    chmodSync(path, mode);
    await saveModelFile(path, model);
    expect(statSync(path).mode & 0o7777).toBe(mode);
    expect((await loadModelFile(path)).model.parameterCount).toBe(200);
  });

  it('new ones have the usual mode', async () => {
    writeFileSync(join(folder, 'usual'), '');
    await saveModelFile(path, model);
    expect(statSync(path).mode).toBe(statSync(join(folder, 'usual')).mode);
  });

  it('a file is never readable by more than before', async () => {
    writeFileSync(path, 'old');
    chmodSync(path, 0o600);
    const modes: number[] = [];
    const watcher = watch(folder, (_, name) => {
      const found = name?.endsWith('.part')
        ? lstatSync(join(folder, name), { throwIfNoEntry: false })
        : undefined;
      if (found) modes.push(found.mode & 0o077);
    });
    for (let n = 0; n < 5; n++) await saveModelFile(path, model);
    watcher.close();
    expect(modes.every((mode) => mode === 0)).toBe(true);
  });

  it('a symbolic link stays one: what it points to is replaced', async () => {
    mkdirSync(join(folder, 'releases'));
    const target = join(folder, 'releases', 'one');
    writeFileSync(target, 'old');
    chmodSync(target, 0o640);
    symlinkSync('releases/one', path);
    symlinkSync(path, join(folder, 'twice'));
    await saveModelFile(join(folder, 'twice'), model);
    expect(lstatSync(path).isSymbolicLink() && lstatSync(join(folder, 'twice')).isSymbolicLink()).toBe(true);
    expect(lstatSync(target).isFile()).toBe(true);
    expect(statSync(target).mode & 0o7777).toBe(0o640);
    expect((await loadModelFile(path)).model.parameterCount).toBe(200);
    expect(readdirSync(join(folder, 'releases'))).toEqual(['one']);
  });

  it('a link to nothing, a folder and a device are refused', async () => {
    symlinkSync('nowhere', path);
    await expect(saveModelFile(path, model)).rejects.toThrow(
      /cannot save the file: ENOENT.*model\.safetensors/,
    );
    expect(files()).toEqual(['model.safetensors']);
    symlinkSync('/dev/null', join(folder, 'null'));
    for (const other of [folder, '/dev/null', join(folder, 'null')])
      await expect(saveModelFile(other, model)).rejects.toThrow(
        `expected a regular file, got something else, '${other}'`,
      );
    await expect(loadModelFile(folder)).rejects.toThrow(`cannot read the file: EISDIR`);
    await expect(loadModelFile(folder)).rejects.toThrow(folder);
    await expect(saveModelFile(bad(3), model)).rejects.toThrow(/path expected a string or a URL, got 3/);
  });

  it('temporary names differ each time, and what has one already is not written to', async () => {
    const seen = new Set<string>();
    const watcher = watch(folder, (_, name) => void (name?.endsWith('.part') && seen.add(name)));
    for (let n = 0; n < 3; n++) {
      await saveModelFile(path, model);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    watcher.close();
    expect(seen.size).toBe(3);
    for (const name of seen) expect(name).toMatch(/^\.lstm-wasm-[0-9a-f]{12}-\d+-[0-9a-f]{24}\.part$/);
    expect(files()).toEqual(['model.safetensors']);
  });

  it('errors keep their code and cause', async () => {
    const error = await saveModelFile(join(folder, 'none', 'model'), model).catch((one) => one);
    expect(error.code).toBe('ENOENT');
    expect(error.cause).toBeInstanceOf(Error);
  });
});

/** A process that saves again and again; `end` is what it does then. */
async function saving(end: string): Promise<ChildProcess> {
  const program = `
    import { replaceFile } from ${JSON.stringify(new URL('../../build/runtime/disk.node.js', import.meta.url).href)};
    const bytes = new Uint8Array(32e6);
    console.log('on');
    setTimeout(() => { ${end} }, 60);
    for (;;) await replaceFile(${JSON.stringify(path)}, bytes);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

const built = existsSync(new URL('../../build/runtime/disk.node.js', import.meta.url));
const ended = (child: ChildProcess) => new Promise((resolve) => child.once('exit', resolve));

describe.skipIf(process.platform === 'win32' || !built)('processes that end while they save', () => {
  it('by process.exit leave nothing', async () => {
    await ended(await saving('process.exit(0)'));
    expect(files().filter((name) => name !== 'model.safetensors')).toEqual([]);
  });

  it('by a kill leave what the next save removes', async () => {
    const child = await saving('');
    while (!files().some((name) => name.endsWith('.part')))
      await new Promise((resolve) => setTimeout(resolve, 1));
    child.kill('SIGKILL');
    await ended(child);
    const kept = `.lstm-wasm-other-${child.pid}-x.part`;
    writeFileSync(join(folder, kept), '');
    await saveModelFile(path, model);
    expect(files()).toEqual([kept, 'model.safetensors']);
    expect(readFileSync(path).length).toBeLessThan(1e5);
  });

  it('a save under way in another process is left alone', async () => {
    const child = await saving('process.exit(0)');
    const end = ended(child);
    await saveModelFile(join(folder, 'other'), model);
    expect(await end).toBe(0);
  });
});
