import { copyFileSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build as esbuild } from 'esbuild';
import { rollup } from 'rollup';
import webpack from 'webpack';
import { visit } from './browsers.js';
import { subfolder } from './install-package.js';
import { laterNode, packaged, versionOf } from './installed.js';
import { run } from './processes.js';
import { checkTreeShaking } from './tree-shaking.js';
import { COMPATIBILITY, inWorkerd } from './workerd.js';

/** Each bundler bundles entries of the installation with its default options. */
const bundlers = {
  async esbuild(installation, outdir, names) {
    const entryPoints = names.map((name) => join(installation, name));
    await esbuild({ entryPoints, outdir, bundle: true, minify: true, format: 'esm' });
  },
  async rollup(installation, dir, names) {
    const bundle = await rollup({
      input: names.map((name) => join(installation, name)),
      plugins: [nodeResolve()],
    });
    await bundle.write({ dir, format: 'es' });
  },
  async parcel(installation, dist, names) {
    for (const name of names) await parcel(installation, dist, name);
  },
  async webpack(installation, path, [name]) {
    const compiler = webpack({
      mode: 'production',
      context: installation,
      entry: { [name.replace('.js', '')]: `./${name}` },
      output: { path },
    });
    const stats = await new Promise((resolve, reject) =>
      compiler.run((error, stats) => (error ? reject(error) : resolve(stats))),
    );
    if (stats.hasErrors() || stats.hasWarnings())
      throw new Error(stats.toString({ all: false, errors: true, warnings: true }));
  },
};

/** A page bundled by `bundle`, which makes the HTML itself or leaves it. */
export async function bundled(name, installation, bundle, makesHtml = false) {
  const [app, layer] = [subfolder(installation, `${name}/app`), subfolder(installation, `${name}/layer`)];
  if (!makesHtml) copyFileSync(join(installation, 'index.html'), join(app, 'index.html'));
  await bundle(installation, app, ['bundled.js', 'worker.js']);
  await bundle(installation, layer, ['one-layer.js']);
  const seen = await visit('chromium', app, 'index.html', ['page', 'web worker']);
  seen.reports.page.also = {
    ...seen.reports.page.also,
    'tree-shaken': checkTreeShaking(
      loadedBy(layer, 'one-layer'),
      join(installation, 'node_modules/lstm-wasm/build'),
    ),
  };
  return seen;
}

/** Its own process, since it finds its plugins by where it is started; package.json has to let it read `exports`. */
async function parcel(installation, dist, name) {
  const project = subfolder(installation, `parcel/${name}`);
  const inputs = readdirSync(installation).filter((file) => /\.js$|^node_modules$/.test(file));
  for (const file of inputs) cpSync(join(installation, file), join(project, file), { recursive: true });
  const settings = { private: true, type: 'module', '@parcel/resolver-default': { packageExports: true } };
  writeFileSync(join(project, 'package.json'), JSON.stringify(settings));
  writeFileSync(join(project, 'package-lock.json'), '{}'); // the root of a project, whose settings count
  const args = [
    'build',
    name,
    '--dist-dir',
    dist,
    '--no-cache',
    '--no-source-maps',
    '--config',
    packaged('@parcel/config-default/index.json'),
  ];
  await run(process.execPath, [packaged('parcel/lib/bin.js'), ...args], { cwd: project });
}

/** The code that a page loads: a script and what it imports at once; what lies beside for later is not in it. */
function loadedBy(folder, entry) {
  const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.js'));
  const first = names.find((name) => basename(name).startsWith(entry));
  const loaded = new Map();
  const load = (path) => {
    if (loaded.has(path)) return;
    const code = readFileSync(path, 'utf8');
    loaded.set(path, code);
    for (const [, imported] of code.matchAll(/\b(?:from|import)\s*["'](\.[^"']+)["']/g))
      load(join(dirname(path), imported));
  };
  load(join(folder, first));
  return [...loaded.values()].join('\n');
}

/** A project of its own, deployed without deploying: what would have been sent then runs in workerd. */
async function wrangler(installation) {
  const version = versionOf('wrangler');
  const project = subfolder(installation, 'wrangler');
  for (const name of ['fetch-handler.js', 'suite.js']) cpSync(join(installation, name), join(project, name));
  const settings = { name: 'predicts', main: 'fetch-handler.js', compatibility_date: COMPATIBILITY };
  writeFileSync(join(project, 'wrangler.json'), JSON.stringify(settings));
  const args = [packaged('wrangler/bin/wrangler.js'), 'deploy', '--dry-run', '--outdir', 'out'];
  const env = { CI: '1', WRANGLER_SEND_METRICS: 'false', HOME: project };
  await run(laterNode(), args, { cwd: project, env, timeout: 300_000 });
  return { version, ...(await inWorkerd(join(project, 'out'), 'fetch-handler.js')) };
}

export const rows = [
  ...Object.entries(bundlers).map(([name, bundle]) => ({
    name,
    run: async (installation) => ({
      ...(await bundled(name, installation, bundle)),
      version: versionOf(name),
    }),
  })),
  { name: 'wrangler', run: wrangler },
];
