import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** What a page's name says of its Content-Security-Policy. */
const POLICIES = {
  '/standalone/one-file.html': "script-src 'self' 'wasm-unsafe-eval'",
  '/standalone/locked.html': "script-src 'self'",
};

/** Plain static files, and a place for pages to tell what they found: no driver of the browser is needed then. */
export async function serve(root) {
  const told = {};
  let changed = () => {};
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://page');
    if (request.method === 'POST') {
      told[searchParams.get('place')] = JSON.parse(await textOf(request));
      changed();
      response.end();
    } else await sendFile(response, root, pathname);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${server.address().port}/`,
    reports: (places, timeout) =>
      new Promise((resolve) => {
        const missing = () => places.filter((place) => !(place in told));
        const end = () => {
          clearTimeout(timer);
          for (const place of missing()) told[place] = { failed: `no report within ${timeout / 1000} s` };
          resolve(told);
        };
        const timer = setTimeout(end, timeout);
        changed = () => missing().length === 0 && end();
        changed();
      }),
    close: () => server.close().closeAllConnections(),
  };
}

async function textOf(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

async function sendFile(response, root, pathname) {
  try {
    const bytes = await readFile(join(root, normalize(pathname)));
    response.setHeader('Content-Type', TYPES[extname(pathname)] ?? 'application/octet-stream');
    if (pathname in POLICIES) response.setHeader('Content-Security-Policy', POLICIES[pathname]);
    response.end(bytes);
  } catch {
    response.statusCode = 404;
    response.end();
  }
}
