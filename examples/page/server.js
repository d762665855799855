// Any static server does; this one is here so that the pages run without one: node examples/page/server.js [port]

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
};

/** Answers with a file of the repository; `headers` go with each. */
export async function sendFile(request, response, headers = {}) {
  const { pathname } = new URL(request.url, 'http://localhost');
  try {
    const bytes = await readFile(join(root, normalize(decodeURIComponent(pathname))));
    const type = TYPES[extname(pathname)] ?? 'application/octet-stream';
    response.writeHead(200, { 'Content-Type': type, ...headers }).end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const port = Number(process.argv[2] ?? 8080);
  createServer((request, response) => sendFile(request, response)).listen(port, 'localhost', () => {
    for (const page of ['import-map', 'single-file'])
      console.log(`http://localhost:${port}/examples/page/${page}.html`);
  });
}
