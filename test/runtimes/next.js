import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { open } from './browsers.js';
import { subfolder } from './install-package.js';
import { Missing, packaged, versionOf } from './installed.js';
import { run, start } from './processes.js';
import { serve } from './server.js';

/** A project as create-next-app makes one: a page that computes in the browser, and a handler that does on the server. */
const FILES = {
  'app/layout.js': `export default function Layout({ children }) { return <html lang="en"><body>{children}</body></html>; }`,
  'app/page.js': `'use client';
import { useEffect } from 'react';
import { suite } from './suite.js';
import { sendReport } from './send-report.js';
import { trainElsewhere } from './train-elsewhere.js';
export default function Page() {
  useEffect(() => { sendReport('page', async () => ({ ...(await suite()), also: { 'trains in a worker': await trainElsewhere() } })); }, []);
  return <p>A page</p>;
}`,
  'app/server/route.js': `import { suite } from '../suite.js';
import { trainElsewhere } from '../train-elsewhere.js';
export const dynamic = 'force-dynamic';
export async function GET() {
  const began = Date.now();
  const report = await suite().catch((error) => ({ failed: String(error.stack) }));
  return Response.json({ began, ...report, also: { 'trains in a worker': await trainElsewhere() } });
}`,
};

/** Node runs the package as it is, so that its workers find their script. Packages that lie elsewhere are linked: Turbopack follows links from its root on. */
const CONFIG = "export default { serverExternalPackages: ['lstm-wasm'], turbopack: { root: '/' } };";

async function next(installation) {
  const version = versionOf('next');
  const project = subfolder(installation, 'next');
  const reportServer = await serve(installation);
  try {
    writeProject(installation, project);
    const env = { CI: '1', NEXT_TELEMETRY_DISABLED: '1' };
    const program = packaged('next/dist/bin/next');
    await run(process.execPath, [program, 'build'], { cwd: project, env, timeout: 240_000 });
    const port = await freePort();
    const server = start(process.execPath, [program, 'start', '--port', String(port)], { cwd: project, env });
    try {
      return { ...(await ask(`http://127.0.0.1:${port}/`, reportServer)), version };
    } finally {
      server.stop();
    }
  } finally {
    reportServer.close();
  }
}

function writeProject(installation, project) {
  cpSync(join(installation, 'node_modules'), join(project, 'node_modules'), { recursive: true });
  for (const name of ['next', 'react', 'react-dom', '@next', '@swc', 'styled-jsx'])
    symlinkSync(packaged(name), join(project, 'node_modules', name));
  writeFileSync(join(project, 'package.json'), '{ "private": true }');
  writeFileSync(join(project, 'next.config.mjs'), CONFIG);
  for (const [name, text] of Object.entries(FILES)) {
    subfolder(installation, join('next', name, '..'));
    writeFileSync(join(project, name), text);
  }
  for (const name of ['suite.js', 'send-report.js', 'train-elsewhere.js'])
    cpSync(join(installation, name), join(project, 'app', name));
}

async function ask(address, reportServer) {
  await answering(address);
  const seen = await open('chromium', `${address}?reportServer=${reportServer.address}`, reportServer, [
    'page',
  ]);
  const response = await fetch(`${address}server`);
  return { ...seen, reports: { page: seen.reports.page, server: await response.json() } };
}

async function answering(address) {
  for (let tries = 0; tries < 100; tries++) {
    if (await fetch(address).catch(() => undefined)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Missing(`no server at ${address}`);
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export const rows = [{ name: 'next', run: next }];
