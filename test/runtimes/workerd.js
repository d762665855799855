import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { subfolder } from './install-package.js';
import { packaged, versionOf } from './installed.js';
import { run } from './processes.js';

export const rows = [
  {
    name: 'workerd',
    async run(installation) {
      const version = versionOf('@cloudflare/workerd-linux-64');
      const folder = subfolder(installation, 'workerd');
      await build({
        entryPoints: [join(installation, 'fetch-handler.js')],
        outdir: folder,
        bundle: true,
        format: 'esm',
        conditions: ['workerd', 'worker', 'browser'],
        loader: { '.wasm': 'copy' }, // workerd compiles it, and gives the module
        assetNames: '[name]',
      });
      return { version, ...(await inWorkerd(folder, 'fetch-handler.js')) };
    },
  },
];

const TESTER = `export default { async test(_, { main }) {
  const response = await main.fetch('http://main/');
  console.log(await response.text());
} };`;

/** What the worker of a folder answers: its handler is asked by a second worker, since without one workerd needs a port. */
export async function inWorkerd(folder, entry) {
  writeFileSync(join(folder, 'tester.mjs'), TESTER);
  writeFileSync(join(folder, 'config.capnp'), configuration(folder, entry));
  const workerd = packaged('@cloudflare/workerd-linux-64/bin/workerd');
  const began = Date.now();
  const printed = await run(workerd, ['test', 'config.capnp'], { cwd: folder });
  const line = printed.split('\n').find((line) => line.startsWith('{'));
  if (line === undefined) throw new Error(`workerd printed no report: ${printed.slice(-1000)}`);
  return { began, reports: { '': JSON.parse(line) } };
}

/** The entry comes first: workerd takes the first module for the worker. */
function configuration(folder, entry) {
  const binaries = readdirSync(folder).filter((name) => name.endsWith('.wasm'));
  const modules = [
    `(name = "${entry}", esModule = embed "${entry}")`,
    ...binaries.map((name) => `(name = "${name}", wasm = embed "${name}")`),
  ];
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = .main), (name = "tester", worker = .tester)]);
const main :Workerd.Worker = (compatibilityDate = "${COMPATIBILITY}", modules = [${modules.join(', ')}]);
const tester :Workerd.Worker = (compatibilityDate = "${COMPATIBILITY}",
  bindings = [(name = "main", service = "main")], modules = [(name = "tester.mjs", esModule = embed "tester.mjs")]);
`;
}

/** A project's first day: what later dates allow must not be needed. */
export const COMPATIBILITY = '2024-01-01';
