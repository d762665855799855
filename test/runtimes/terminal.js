import { packaged } from './installed.js';
import { run } from './processes.js';

/** Runtimes that run a file and print: Node, Deno, Bun. */
const program = (name, path, args, versionArgs) => ({
  name,
  async run(installation) {
    const command = packaged(path);
    const version = (await run(command, versionArgs)).match(/\d+\.\d+\.\d+/)[0];
    const began = Date.now();
    const reports = { '': JSON.parse(await run(command, [...args, 'terminal.js'], { cwd: installation })) };
    return { version, began, reports };
  },
});

const node = (major) => program(`node${major}`, `node${major}/bin/node`, [], ['--version']);

export const rows = [
  ...[20, 22, 24, 26].map(node),
  program(
    'deno',
    '@deno/linux-x64-glibc/deno',
    ['run', '--quiet', '--no-remote', '--allow-read', '--allow-env'],
    ['--version'],
  ),
  program('bun', '@oven/bun-linux-x64/bin/bun', ['run'], ['--version']),
];
