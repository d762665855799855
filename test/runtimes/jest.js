import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { subfolder } from './install-package.js';
import { packaged, versionOf } from './installed.js';
import { run } from './processes.js';

const require = createRequire(import.meta.url);

/** As Jest's own guide sets a project up, modules by Babel, and nothing said of this package. */
const BABEL = `module.exports = { presets: [[${JSON.stringify(require.resolve('@babel/preset-env'))}, { targets: { node: 'current' } }]] };`;

async function jest(installation) {
  const version = versionOf('jest');
  const project = subfolder(installation, 'jest');
  for (const name of ['suite.js', 'jest.test.js']) cpSync(join(installation, name), join(project, name));
  cpSync(join(installation, 'node_modules'), join(project, 'node_modules'), { recursive: true });
  writeFileSync(join(project, 'package.json'), '{ "private": true }');
  writeFileSync(join(project, 'babel.config.js'), BABEL);
  const began = Date.now();
  const args = [packaged('jest/bin/jest.js'), '--rootDir', project, '--no-cache'];
  await run(process.execPath, args, { cwd: project, env: { CI: '1' } });
  return { version, began, reports: { '': JSON.parse(readFileSync(join(project, 'report.json'), 'utf8')) } };
}

export const rows = [{ name: 'jest', run: jest }];
