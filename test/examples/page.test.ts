import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript, without declarations
import { serve as serveBrowser } from '../browser/server.js';
// @ts-expect-error: plain JavaScript, without declarations
import { serve as serveRuntimes } from '../runtimes/server.js';

/* The static servers of the repository: examples/page, and those of the tests in browsers, under bad requests. */

const root = join(import.meta.dirname, '../..');

/** A request as it is written: fetch would resolve `..` and refuse a malformed path. */
function ask(
  origin: string,
  path: string,
  method = 'GET',
  body = '',
): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject).end(body);
  });
}

/** What a server answers to bytes that are no request, and to a client that leaves in the middle. */
function write(origin: string, bytes: string, leaves = false): Promise<string> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => {
      socket.write(bytes);
      if (leaves) setTimeout(() => socket.destroy(), 50);
    });
    socket.on('data', (chunk) => (text += chunk));
    socket.on('error', () => {}).on('close', () => resolve(text));
  });
}

const MALFORMED = [
  '//[',
  '//',
  '/%',
  '/%zz',
  '/%ff',
  '/%00',
  '/build%00',
  '//[::1',
  '/\\',
  '/?%',
  '/#',
  '*',
  'http://[',
  '/'.repeat(9000),
];

/** Ways to `path` that a server must not follow. */
function ways(path: string): string[] {
  const encoded = encodeURIComponent(path).replaceAll('.', '%2e');
  const up = Array(12).fill('..');
  return [
    `/${path}`,
    `//${path}`,
    `/./${path}`,
    `/build/../${path}`,
    `/build/..%2f${encoded}`,
    `/build/%2e%2e/${encoded}`,
    `/build/..\\${path}`,
    `/build/..%5c${encoded}`,
    `/${encoded}`,
    `/${encoded}/`,
    `/${encoded}?x=.js`,
    `/${up.join('/')}${root}/${path}`,
    `/${up.join('%2f')}${root}/${path}`,
    `${root}/${path}`,
  ];
}

it('the policy of import-map.html allows its import map', () => {
  const page = readFileSync(join(root, 'examples/page/import-map.html'), 'utf8');
  const [, map] = /<script type="importmap">([\s\S]*?)<\/script>/.exec(page) as string[];
  expect(page).toContain(
    `'sha256-${createHash('sha256')
      .update(map as string)
      .digest('base64')}'`,
  );
});

describe('node examples/page/server.js', () => {
  let server: ChildProcess;
  let origin: string;
  beforeAll(async () => {
    server = spawn(process.execPath, ['examples/page/server.js', '0'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    origin = await new Promise((resolve, reject) => {
      server.stdout?.on('data', (text) => {
        const [found] = /http:\/\/localhost:\d+/.exec(String(text)) ?? [];
        if (found) resolve(found.replace('localhost', '127.0.0.1'));
      });
      server.on('exit', () => reject(new Error('the server ended')));
    });
  });
  afterAll(() => void server.kill());

  it('serves its pages and what they load', async () => {
    const { status, text } = await ask(origin, '/examples/page/single-file.html?epochs=3');
    expect([status, text.slice(0, 15)]).toEqual([200, '<!doctype html>']);
    expect(await ask(origin, '/examples/page/page.js', 'HEAD')).toEqual({ status: 200, text: '' });
    expect((await ask(origin, '/build/wasm/simd.js')).status).toBe(200);
  });

  it('survives malformed URLs', async () => {
    for (const path of MALFORMED) expect([path, (await ask(origin, path)).status]).toEqual([path, 404]);
    expect((await ask(origin, '/examples/page/page.js')).status).toBe(200);
  });

  it.each([
    '.git/HEAD',
    '.git',
    '.ci/run',
    'package.json',
    'src/index.ts',
    'examples/edge/service.js',
    'examples/page',
    'build',
    '',
  ])('does not serve %j, however it is written', async (path) => {
    for (const way of ways(path)) expect([way, (await ask(origin, way)).status]).toEqual([way, 404]);
  });

  it('does not serve files of the machine', async () => {
    for (const way of ways('../../../../../../../../etc/passwd'))
      expect([way, (await ask(origin, way)).status]).toEqual([way, 404]);
  });

  it('answers other methods with 405', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'])
      expect((await ask(origin, '/examples/page/page.js', method)).status).toBe(405);
  });
});

const servers = [
  ['test/browser', async () => await serveBrowser()],
  ['test/runtimes', async (folder: string) => await serveRuntimes(folder)],
] as const;

describe.each(servers)('the server of %s', (_, serve) => {
  let folder: string;
  let server: { origin?: string; address?: string; close(): void };
  let origin: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-served-'));
    mkdirSync(join(folder, '.hidden'));
    writeFileSync(join(folder, '.hidden/secret.js'), 'secret');
    writeFileSync(join(folder, 'page.js'), '1');
    symlinkSync('/etc/passwd', join(folder, 'passwd'));
    symlinkSync('.hidden/secret.js', join(folder, 'secret.js'));
    symlinkSync('loop', join(folder, 'loop'));
    server = await serve(folder);
    origin = server.origin ?? (server.address as string);
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  it('survives malformed URLs', async () => {
    for (const path of MALFORMED) expect([path, (await ask(origin, path)).status]).toEqual([path, 404]);
  });

  it('serves neither hidden files, nor directories, nor what lies outside, through a symlink either', async () => {
    for (const path of [
      '.git/HEAD',
      '.hidden/secret.js',
      'passwd',
      'secret.js',
      'loop',
      '',
      'src/index.ts',
      '../../etc/passwd',
    ])
      for (const way of ways(path)) expect([way, (await ask(origin, way)).status]).toEqual([way, 404]);
  });

  it('refuses reports that are not JSON, have no name, break off or never end', async () => {
    for (const body of ['', '{', 'x', '['.repeat(100_000)])
      expect((await ask(origin, '/?report=a', 'POST', body)).status).toBe(400);
    for (const path of ['/', '//[', '/?%', '*'])
      expect((await ask(origin, path, 'POST', '1')).status).toBe(400);
    const head = 'POST /?report=a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{';
    await write(origin, head, true);
    expect(await write(origin, 'GET\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
    const endless = ask(origin, '/?report=a', 'POST', ' '.repeat(2 ** 24 + 1));
    expect((await endless.catch(() => ({ status: 400 }))).status).toBe(400);
    expect((await ask(origin, '/?report=__proto__', 'POST', '[]')).status).toBe(200);
  });
});
