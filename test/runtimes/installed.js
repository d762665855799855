import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './processes.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const modules = join(here, 'node_modules');

/** Something is not on this machine: its row says "not run". */
export class Missing extends Error {}

/** Installs what package-lock.json lists, unless that is done. */
export async function installPackages() {
  const done = join(modules, '.package-lock.json');
  const lock = join(here, 'package-lock.json');
  if (existsSync(done) && statSync(done).mtimeMs >= statSync(lock).mtimeMs) return;
  console.log('installing what test/runtimes/package.json names');
  // Without their scripts, which would download or rebuild what the packages bring already.
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: here, timeout: 600_000 });
}

/** A file that a package of test/runtimes/package.json brings; some exist for Linux on x64 alone. */
export function packaged(path) {
  const file = join(modules, path);
  if (!existsSync(file)) throw new Missing(`${path.split('/bin/')[0]} is not installed on this machine`);
  return file;
}

export function versionOf(name) {
  return JSON.parse(readFileSync(packaged(`${name}/package.json`), 'utf8')).version;
}

/** The Node that tools run on which want a later one than the package does. */
export const laterNode = () => packaged('node24/bin/node');

/** The first of several programs that the PATH has. */
export function onPath(...names) {
  for (const name of names) {
    const folder = (process.env.PATH ?? '').split(delimiter).find((folder) => existsSync(join(folder, name)));
    if (folder !== undefined) return join(folder, name);
  }
  throw new Missing(`no ${names.join(' or ')} on the PATH`);
}

/** WebKitGTK's own browser lies in a folder that names the version and the processor. */
export function miniBrowser() {
  const libraries = existsSync('/usr/lib')
    ? readdirSync('/usr/lib').map((name) => join('/usr/lib', name))
    : [];
  const folders = libraries.filter((folder) => statSync(folder).isDirectory());
  const found = folders
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name, 'MiniBrowser')))
    .find((file) => file.includes('/webkit') && existsSync(file));
  if (found === undefined) throw new Missing('no MiniBrowser of WebKitGTK under /usr/lib');
  return found;
}
