import { threadOf } from './page-worker.js';
import type { OnFailure, OnMessage, Thread } from './thread.js';

export { listen, missing } from './page-worker.js';

/** Starts a worker. Its script is one file: the import map of a page does not apply in workers. */
export async function openThread(onMessage: OnMessage, onFailure: OnFailure): Promise<Thread> {
  // Bundlers recognise this form, and only as it is written here.
  const worker = new Worker(new URL('./web-worker.js', import.meta.url), {
    type: 'module',
    name: 'lstm-wasm',
  });
  return threadOf(worker, 'web-worker.js', onMessage, onFailure);
}
