import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { folder } from './process.js';

/** What `wrangler deploy` would upload, written to out/; gives what it prints. */
export async function bundleForCloudflare() {
  const wrangler = ['node_modules/wrangler/bin/wrangler.js', 'deploy', '--dry-run', '--outdir', 'out'];
  const env = { ...process.env, CI: '1', WRANGLER_SEND_METRICS: 'false' };
  const { stdout } = await promisify(execFile)(process.execPath, wrangler, { cwd: folder, env });
  return stdout;
}

/** The wasm is compiled before the program begins, which then, as on the platform, compiles nothing. */
const BEFORE = `const compiledBefore = new WebAssembly.Module(wasm);
  const { prototype } = WebAssembly.Module;
  WebAssembly.Module = Object.assign(() => { throw new Error('no bytes are compiled here'); }, { prototype });
  WebAssembly.compile = WebAssembly.instantiate = WebAssembly.Module;`;

/** runtimes/vercel.js as one script, which finds the bytes of the binary under the name `wasm`. */
export async function bundleForVercel() {
  let wasm;
  const imported = {
    name: 'imported-wasm',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\.wasm\?module$/ }, ({ path, resolveDir }) => ({
        path: join(resolveDir, path.replace('?module', '')),
        namespace: 'wasm',
      }));
      onLoad({ filter: /./, namespace: 'wasm' }, async ({ path }) => {
        wasm = await readFile(path);
        return { contents: 'export default compiledBefore' };
      });
    },
  };
  const contents = `import handler from './runtimes/vercel.js';
    addEventListener('fetch', (event) => event.respondWith(handler(event.request)));`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: folder },
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    conditions: ['edge-light'],
    loader: { '.safetensors': 'binary' },
    banner: { js: BEFORE },
    plugins: [imported],
    tsconfigRaw: {}, // this repository's, which stands above, is for its sources
    logLevel: 'silent',
  });
  return { code: outputFiles[0].text, wasm };
}
