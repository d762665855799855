import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleForCloudflare } from './bundle.js';
import { folder, serve } from './process.js';

export const WORKERD = 'node_modules/@cloudflare/workerd-linux-64/bin/workerd';

/** How workerd takes each kind of file. */
const KINDS = { js: 'esModule', wasm: 'wasm', safetensors: 'data' };

/** What would be uploaded, in the program that runs it at Cloudflare: nothing of wrangler's stands between. */
export async function workerd(v8Flags = []) {
  await bundleForCloudflare();
  const names = (await readdir(join(folder, 'out'))).filter((name) => Object.hasOwn(KINDS, kindOf(name)));
  // The first one is the Worker.
  names.sort((a, b) => (b === 'worker.js') - (a === 'worker.js'));
  const { compatibility_date: date } = JSON.parse(await readFile(join(folder, 'wrangler.jsonc'), 'utf8'));
  await writeFile(join(folder, 'out/workerd.capnp'), configOf({ names, date, v8Flags }));
  return serve(WORKERD, ['serve', 'out/workerd.capnp', '--control-fd=1']);
}

function configOf({ names, date, v8Flags }) {
  const modules = names.map((name) => `(name = "${name}", ${KINDS[kindOf(name)]} = embed "${name}")`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
  v8Flags = ${JSON.stringify(v8Flags)},
);
const worker :Workerd.Worker = (
  modules = [${modules.join(',\n    ')}],
  compatibilityDate = "${date}",
  bindings = [(name = "SESSIONS", durableObjectNamespace = "Session")],
  durableObjectNamespaces = [(className = "Session", uniqueKey = "session", enableSql = true)],
  durableObjectStorage = (inMemory = void),
);
`;
}

function kindOf(name) {
  return name.slice(name.lastIndexOf('.') + 1);
}
