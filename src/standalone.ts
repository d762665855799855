/*
 * All but the relaxed binary and `inspect`, which no page needs that runs a model, for build/standalone/lstm-wasm.js: a page
 * without a bundler takes it in one request. Its classes are its own, so a page takes everything from here or nothing. It is
 * its own worker too.
 */
import { isOwnWorker } from './runtime/threads.standalone.js';
import { serve } from './workers/serve.js';

export * from './data/index.js';
export * from './files/index.js';
export * from './index.js';
export * from './worker.js';

if (isOwnWorker()) serve();
