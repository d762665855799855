// Any static server does; this one is here so that the pages run without one: node examples/page/server.js [port]

import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** What the pages load. Nothing else of the repository is served. */
const FOLDERS = ['build', 'examples/page', 'examples/audio-worklet'];

const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/**
 * Answers GET and HEAD with a file below `root`: 404 for a directory, a hidden file, a path or a symlink that leads outside,
 * and a malformed URL; 405 for other methods. Never throws.
 *
 * @param options - `folders` below `root` that are served, default all; `headersOf(path)` gives more headers
 */
export async function sendFile(request, response, { root, folders = [''], headersOf = () => ({}) }) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD' }).end();
    return;
  }
  try {
    const { file, path, size } = await find(request.url, root, folders);
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    response.writeHead(200, { 'Content-Type': type, 'Content-Length': size, ...headersOf(path) });
    if (request.method === 'HEAD') response.end();
    else await pipeline(createReadStream(file), response);
  } catch {
    // Once the headers are sent, all that is left is to mark the answer as incomplete.
    if (response.headersSent) response.destroy();
    else response.writeHead(404).end();
  }
}

/** Judges the real path: neither an encoding nor a symlink can hide where it leads. @throws Error where there is no such file */
async function find(url, root, folders) {
  const file = await realpath(join(root, decodeURIComponent(url.split(/[?#]/)[0])));
  const names = relative(await realpath(root), file).split(sep);
  const path = names.join('/');
  const served = folders.some((folder) => folder === '' || path.startsWith(`${folder}/`));
  const hidden = names.some((name) => name.startsWith('.')); // `..` too
  const found = await stat(file);
  if (!served || hidden || !found.isFile()) throw new Error(`${path} is not served`);
  return { file, path, size: found.size };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const port = Number(process.argv[2] ?? 8080);
  const options = { root: repository, folders: FOLDERS };
  const server = createServer((request, response) => sendFile(request, response, options));
  server.listen(port, 'localhost', () => {
    for (const page of ['import-map', 'single-file'])
      console.log(`http://localhost:${server.address().port}/examples/page/${page}.html`);
  });
}
