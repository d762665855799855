/*
 * All but the relaxed binary and `inspect`, which no page needs that runs a model, for build/standalone/lstm-wasm.js: a page
 * without a bundler takes it in one request. Its classes are its own, so a page takes everything from here or nothing. It is
 * its own worker too.
 */
import * as data from './data/index.js';
import * as files from './files/index.js';
import * as main from './index.js';
import { isOwnWorker } from './runtime/threads.standalone.js';
import * as worker from './worker.js';
import { serve } from './workers/serve.js';

export * from './data/index.js';
export * from './files/index.js';
export * from './index.js';
export * from './worker.js';

// Minifying shortens names, which messages and consoles show. esbuild's keepNames would keep all of them, for 10 kB (gzip).
for (const [name, value] of Object.entries({ ...main, ...data, ...files, ...worker }))
  if (typeof value === 'function') Object.defineProperty(value, 'name', { value: name });

if (isOwnWorker()) serve();
