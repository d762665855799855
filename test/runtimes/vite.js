import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { open } from './browsers.js';
import { bundled } from './bundlers.js';
import { versionOf } from './installed.js';
import { serve } from './server.js';

/** Names of package.json, by version. */
const VERSIONS = { vite5: 'vite5', vite6: 'vite6', vite7: 'vite7', vite8: 'vite' };

/** Its options for the entries of a build had the name of the bundler inside. */
async function build(vite, installation, outDir, [name]) {
  const input = name === 'bundled.js' ? join(installation, 'index.html') : join(installation, name);
  const options = 'rolldownVersion' in vite ? { rolldownOptions: { input } } : { rollupOptions: { input } };
  // The page has a worker of its own, which loads parts on demand: Vite 5 to 7 bundle such a worker only as a module.
  const worker = { format: 'es' };
  await vite.build({
    root: installation,
    configFile: false,
    logLevel: 'warn',
    worker,
    build: { outDir, ...options },
  });
}

/** The development server, which bundles only what comes from packages. */
async function develop(vite, installation) {
  const reportServer = await serve(installation);
  rmSync(join(installation, 'node_modules/.vite'), { recursive: true, force: true });
  const server = await vite.createServer({
    root: installation,
    configFile: false,
    logLevel: 'error',
    server: { host: '127.0.0.1', port: 0 },
  });
  try {
    await server.listen();
    const address = `http://127.0.0.1:${server.httpServer.address().port}/index.html?reportServer=${reportServer.address}`;
    return await open('chromium', address, reportServer, ['page', 'web worker']);
  } finally {
    await server.close();
    reportServer.close();
  }
}

async function run(name, installation) {
  const vite = await import(VERSIONS[name]);
  const built = await bundled(name, installation, (...given) => build(vite, ...given), true);
  const { reports } = await develop(vite, installation);
  const developed = Object.entries(reports).map(([where, report]) => [`dev server, ${where}`, report]);
  return {
    ...built,
    version: versionOf(VERSIONS[name]),
    reports: { ...built.reports, ...Object.fromEntries(developed) },
  };
}

export const rows = Object.keys(VERSIONS).map((name) => ({
  name,
  run: (installation) => run(name, installation),
}));
