import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EdgeRuntime, runServer } from 'edge-runtime';
import { bundleForVercel } from './bundle.js';
import { folder, serve } from './process.js';
import { WORKERD, workerd } from './workerd.js';

const DENO = 'node_modules/@deno/linux-x64-glibc/deno';
const BUN = 'node_modules/@oven/bun-linux-x64/bin/bun';

/** The programs that are installed on Linux x64 alone. */
export const missing = {
  deno: !existsSync(join(folder, DENO)),
  bun: !existsSync(join(folder, BUN)),
  workerd: !existsSync(join(folder, WORKERD)),
};

/** Each runtime's server on a port of its own: `base`, and `stop()`. `v8Flags` are for the engine, where it is V8. */
export const runtimes = {
  node: (v8Flags = []) => serve(process.execPath, [...v8Flags, 'runtimes/node.js', '127.0.0.1', '0']),
  deno: (v8Flags = []) => {
    const flags = ['run', '--no-lock', '--allow-read', '--allow-net=127.0.0.1'];
    if (v8Flags.length > 0) flags.push(`--v8-flags=${v8Flags}`);
    return serve(DENO, [...flags, 'runtimes/deno.js', '127.0.0.1', '0'], { DENO_NO_UPDATE_CHECK: '1' });
  },
  bun: () => serve(BUN, ['runtimes/bun.js', '127.0.0.1', '0']),
  workerd,
  'vercel edge': edge,
};

async function edge() {
  const { code, wasm } = await bundleForVercel();
  const extend = (context) => Object.assign(context, { wasm });
  const runtime = new EdgeRuntime({ initialCode: code, extend });
  const { url, close } = await runServer({ runtime, host: '127.0.0.1', port: 0 });
  return { base: `http://127.0.0.1:${new URL(url).port}`, stop: close };
}
