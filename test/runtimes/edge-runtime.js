import { join } from 'node:path';
import { build } from 'esbuild';
import { subfolder } from './install-package.js';
import { laterNode, versionOf } from './installed.js';
import { run } from './processes.js';

export const rows = [
  {
    name: 'edge-runtime',
    async run(installation) {
      const version = versionOf('edge-runtime');
      const bundle = join(subfolder(installation, 'edge-runtime'), 'edge-handler.js');
      await build({
        entryPoints: [join(installation, 'edge-handler.js')],
        outfile: bundle,
        bundle: true,
        format: 'iife',
        conditions: ['edge-light'],
        plugins: [compiledBefore],
      });
      const began = Date.now();
      const program = join(import.meta.dirname, 'edge-function.js');
      const binaries = join(installation, 'node_modules/lstm-wasm/build/wasm');
      const printed = await run(laterNode(), [program, bundle, binaries]);
      return { version, began, reports: { '': JSON.parse(printed) } };
    },
  },
];

/** As Vercel does: what is imported as `x.wasm?module` is compiled when the function is deployed, and is a global of it. */
const compiledBefore = {
  name: 'compiled-before',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\.wasm\?module$/ }, ({ path }) => ({ path: nameOf(path), namespace: 'compiled' }));
    onLoad({ filter: /./, namespace: 'compiled' }, ({ path }) => ({ contents: `export default ${path};` }));
  },
};

const nameOf = (path) => `wasm_${path.match(/(\w+)\.wasm/)[1]}`;
