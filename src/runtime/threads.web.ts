import { addressOf, loadErrorOf, threadOf } from './page-worker.js';
import type { OnFailure, OnMessage, Thread } from './thread.js';

export { listen, missingFeature } from './page-worker.js';

const SCRIPT = 'web-worker.js';

/** Starts a worker. Its script is one file: the import map of a page does not apply in workers. */
export async function openThread(onMessage: OnMessage, onFailure: OnFailure): Promise<Thread> {
  // Bundlers recognize this form, and only as it is written here.
  const worker = new Worker(new URL('./web-worker.js', import.meta.url), {
    type: 'module',
    name: 'lstm-wasm',
  });
  const error = await loadErrorOf(worker, SCRIPT);
  const source = error && (await sourceOfWorker());
  if (source === undefined) {
    const thread = threadOf(worker, SCRIPT, onMessage, onFailure);
    if (error) onFailure(error);
    return thread;
  }
  const fromText = new Worker(addressOf(source), { type: 'module', name: 'lstm-wasm' });
  return threadOf(fromText, `${SCRIPT} or a Blob of it`, onMessage, onFailure);
}

/** Vite 5 to 7 in development, esbuild and rollup move this file and leave the script behind, but not what it imports. */
async function sourceOfWorker(): Promise<string | undefined> {
  try {
    return (await import('#web-worker-source')).source;
  } catch {
    return undefined; // a page whose import map does not have it
  }
}
