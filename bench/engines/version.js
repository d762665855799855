import { readFileSync } from 'node:fs';

/** The version of a rival; read from the file, since not every package exports its package.json. */
export function installedVersion(name) {
  return JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8'))
    .version;
}
