import { addressOf, threadOf } from './page-worker.js';
import type { OnFailure, OnMessage, Thread } from './thread.js';

export { listen, missingFeature } from './page-worker.js';

/** The name of the workers that the standalone file starts from itself, by which it recognizes them. */
const NAME = 'lstm-wasm/standalone worker';

/** Whether this thread is such a worker. */
export function isOwnWorker(): boolean {
  return typeof document === 'undefined' && typeof self !== 'undefined' && self.name === NAME;
}

/** Starts a worker from the file that holds this code. */
export async function openThread(onMessage: OnMessage, onFailure: OnFailure): Promise<Thread> {
  const url = import.meta.url;
  const foreign = isForeign(url);
  const worker = new Worker(foreign ? addressOf(`import ${JSON.stringify(url)};`) : url, {
    type: 'module',
    name: NAME,
  });
  return threadOf(worker, foreign ? `a Blob that imports ${url}` : url, onMessage, onFailure);
}

/** A page may only start a worker from its own origin, but the worker may import from any origin the page may. */
function isForeign(url: string): boolean {
  return globalThis.location !== undefined && new URL(url).origin !== location.origin;
}
